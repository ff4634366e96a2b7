#pragma once

#include <array>
#include <cmath>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/special.hpp>

namespace xgrad {

inline constexpr double two_over_root_pi = 1.1283791670955126, ln_2 = 0.6931471805599453, ln_10 = 2.302585092994046;

struct Erf {
    static constexpr auto name = "erf";
    static auto forward(auto x) {
        using std::erf;
        return erf(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * (two_over_root_pi * exp(-square(x))); }
};

struct Erfc {
    static constexpr auto name = "erfc";
    static auto forward(auto x) {
        using std::erfc;
        return erfc(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * (-two_over_root_pi * exp(-square(x))); }
};

/// y = e^(-x^2 / 2) / sqrt(2 pi).  dy/dx = -x y
struct NormalDensity {
    static constexpr auto name = "normal_density";
    static auto forward(auto x) {
        using simd::normal_density;
        return normal_density(x);
    }
    static auto vjp(Var g, Var y, Var x) { return -g * (x * y); }
};
inline Var normal_density(Var x) { return record(NormalDensity{}, x); }

struct Ndtr {
    static constexpr auto name = "ndtr";
    static auto forward(auto x) {
        using simd::ndtr;
        return ndtr(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * normal_density(x); }
};

struct Exp2 {
    static constexpr auto name = "exp2";
    static auto forward(auto x) {
        using std::exp2;
        return exp2(x);
    }
    static auto vjp(Var g, Var y, Var) { return g * (ln_2 * y); }
};

struct Log2 {
    static constexpr auto name = "log2";
    static auto forward(auto x) {
        using std::log2;
        return log2(x);
    }
    static auto vjp(Var g, Var, Var x) { return g / (ln_2 * x); }
};

struct Log10 {
    static constexpr auto name = "log10";
    static auto forward(auto x) {
        using std::log10;
        return log10(x);
    }
    static auto vjp(Var g, Var, Var x) { return g / (ln_10 * x); }
};

struct Cbrt {
    static constexpr auto name = "cbrt";
    static auto forward(auto x) {
        using std::cbrt;
        return cbrt(x);
    }
    static auto vjp(Var g, Var y, Var) { return g / (3 * square(y)); }
};

struct Rsqrt {
    static constexpr auto name = "rsqrt";
    static auto forward(auto x) {
        using simd::rsqrt;
        return rsqrt(x);
    }
    static auto vjp(Var g, Var y, Var) { return g * (-0.5 * (y * square(y))); }
};

struct LogAddExp {
    static constexpr auto name = "logaddexp";
    static auto forward(auto a, auto b) {
        using T = decltype(a);
        using simd::maximum, simd::select, simd::softplus, std::abs;
        // The same infinity twice has no difference.
        return select(a == b, T(a + T(ln_2)), T(maximum(a, b) + softplus(T(-abs(T(a - b))))));
    }
    static auto vjp(Var g, Var, Var a, Var b) { return std::array{g * sigmoid(a - b), g * sigmoid(b - a)}; }
};

struct XLogY {
    static constexpr auto name = "xlogy";
    static auto forward(auto x, auto y) {
        using T = decltype(x);
        using simd::select, std::log;
        return select(x == T(0) && y == y, T(0), T(x * log(y)));
    }
    static auto vjp(Var g, Var, Var x, Var y) {
        return std::array{where((x == 0) * (y <= 0), 0, xlogy(g, y)), g * (x / y)};
    }
};

} // namespace xgrad
