#pragma once

#include <array>
#include <cmath>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/special.hpp>
#include <xgrad/ops/trigonometry.hpp>

namespace xgrad {

struct Sin {
    static constexpr auto name = "sin";
    static auto forward(auto x) {
        using std::sin;
        return sin(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * cos(x); }
};

struct Cos {
    static constexpr auto name = "cos";
    static auto forward(auto x) {
        using std::cos;
        return cos(x);
    }
    static auto vjp(Var g, Var, Var x) { return -g * sin(x); }
};

struct Tan {
    static constexpr auto name = "tan";
    static auto forward(auto x) {
        using std::tan;
        return tan(x);
    }
    static auto vjp(Var g, Var y, Var) { return g * (1 + square(y)); }
};

/// y = 1 - x^2 as (1 - x)(1 + x), right also where x is near -1 or 1.  dy/dx = -2x
struct OneMinusSquare {
    static constexpr auto name = "one_minus_square";
    static auto forward(auto x) {
        using T = decltype(x);
        return T((T(1) - x) * (T(1) + x));
    }
    static auto vjp(Var g, Var, Var x) { return g * (-2 * x); }
};
inline Var one_minus_square(Var x) { return record(OneMinusSquare{}, x); }

struct Asin {
    static constexpr auto name = "asin";
    static auto forward(auto x) {
        using std::asin;
        return asin(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * rsqrt(one_minus_square(x)); }
};

struct Acos {
    static constexpr auto name = "acos";
    static auto forward(auto x) {
        using std::acos;
        return acos(x);
    }
    static auto vjp(Var g, Var, Var x) { return -g * rsqrt(one_minus_square(x)); }
};

struct Atan {
    static constexpr auto name = "atan";
    static auto forward(auto x) {
        using std::atan;
        return atan(x);
    }
    static auto vjp(Var g, Var, Var x) { return g / (1 + square(x)); }
};

struct Sinh {
    static constexpr auto name = "sinh";
    static auto forward(auto x) {
        using std::sinh;
        return sinh(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * cosh(x); }
};

struct Cosh {
    static constexpr auto name = "cosh";
    static auto forward(auto x) {
        using std::cosh;
        return cosh(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * sinh(x); }
};

struct Asinh {
    static constexpr auto name = "asinh";
    static auto forward(auto x) {
        using std::asinh;
        return asinh(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * rsqrt(1 + square(x)); }
};

struct Acosh {
    static constexpr auto name = "acosh";
    static auto forward(auto x) {
        using std::acosh;
        return acosh(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * rsqrt((x - 1) * (x + 1)); }
};

struct Atanh {
    static constexpr auto name = "atanh";
    static auto forward(auto x) {
        using std::atanh;
        return atanh(x);
    }
    static auto vjp(Var g, Var, Var x) { return g / one_minus_square(x); }
};

struct Atan2 {
    static constexpr auto name = "atan2";
    static auto forward(auto y, auto x) {
        using std::atan2;
        return atan2(y, x);
    }
    static auto vjp(Var g, Var, Var y, Var x) {
        const Var scaled = g / (square(x) + square(y));
        return std::array{scaled * x, -scaled * y};
    }
};

struct Hypot {
    static constexpr auto name = "hypot";
    static auto forward(auto a, auto b) {
        using std::hypot;
        return hypot(a, b);
    }
    static auto vjp(Var g, Var y, Var a, Var b) { return std::array{g * (a / y), g * (b / y)}; }
};

} // namespace xgrad
