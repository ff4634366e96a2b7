#pragma once

#include <cmath>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>

namespace xgrad {

struct Exp {
    static constexpr auto name = "exp";
    static auto forward(auto x) {
        using std::exp;
        return exp(x);
    }
    static auto vjp(Var g, Var y, Var) { return g * y; }
};

struct Log {
    static constexpr auto name = "log";
    static auto forward(auto x) {
        using std::log;
        return log(x);
    }
    static auto vjp(Var g, Var, Var x) { return g / x; }
};

struct LogOneMinusExp {
    static constexpr auto name = "log_one_minus_exp";
    static auto forward(auto x) {
        using T = decltype(x);
        using simd::select, std::exp, std::expm1, std::log, std::log1p;
        return select(x > T(-0.6931471805599453), T(log(T(-expm1(x)))), T(log1p(T(-exp(x)))));
    }
    static auto vjp(Var g, Var, Var x) { return -g / expm1(-x); }
};

struct Log1p {
    static constexpr auto name = "log1p";
    static auto forward(auto x) {
        using std::log1p;
        return log1p(x);
    }
    static auto vjp(Var g, Var, Var x) { return g / (1 + x); }
};

struct Expm1 {
    static constexpr auto name = "expm1";
    static auto forward(auto x) {
        using std::expm1;
        return expm1(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * exp(x); } // y + 1 would lose the digits of what is small
};

/// The slope of the sigmoid, y = e^x / (1 + e^x)^2 = sigmoid(x) sigmoid(-x), right to its last digits on both sides,
/// where s (1 - s) is not.  dy/dx = -y tanh(x/2)
struct SigmoidSlope {
    static constexpr auto name = "sigmoid_slope";
    static auto forward(auto x) {
        using T = decltype(x);
        using std::abs, std::exp;
        const T e = exp(-abs(x)), sum = T(1) + e;
        return T(e / (sum * sum));
    }
    static auto vjp(Var g, Var y, Var x) { return -g * (y * tanh(0.5 * x)); }
};
inline Var sigmoid_slope(Var x) { return record(SigmoidSlope{}, x); }

struct Tanh {
    static constexpr auto name = "tanh";
    static auto forward(auto x) {
        using std::tanh;
        return tanh(x);
    }
    static auto vjp(Var g, Var y, Var) { return g * (1 - y * y); }
};

struct Sigmoid {
    static constexpr auto name = "sigmoid";
    static auto forward(auto x) {
        using simd::sigmoid;
        return sigmoid(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * sigmoid_slope(x); }
};

struct Softplus {
    static constexpr auto name = "softplus";
    static auto forward(auto x) {
        using simd::softplus;
        return softplus(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * sigmoid(x); }
};

struct Relu {
    static constexpr auto name = "relu";
    static constexpr bool integers = true;
    static auto forward(auto x) {
        using simd::maximum;
        return decltype(x)(maximum(x, decltype(x)(0)));
    }
    static auto vjp(Var g, Var, Var x) { return where(x <= 0, 0, g); }
};

} // namespace xgrad
