#pragma once

#include <cmath>

#include <xgrad/ops/activations.hpp>
#include <xgrad/ops/arithmetic_ops.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/special_ops.hpp>

namespace xgrad {

struct Gelu {
    static constexpr auto name = "gelu";
    static auto forward(auto x) {
        using simd::gelu;
        return gelu(x);
    }
    static auto vjp(Var g, Var, Var x) { return g * (ndtr(x) + x * normal_density(x)); }
};

/// y = x for x > 0, else alpha (e^(rate x) - 1)
struct Elu {
    static constexpr auto name = "elu";
    double alpha, rate = 1;
    auto forward(auto x) const {
        using T = decltype(x);
        using simd::select, std::expm1;
        return select(x > T(0), x, T(T(alpha) * expm1(T(T(rate) * x))));
    }
    // The inner choice keeps exp finite, and at 0 its slope 0.
    auto vjp(Var g, Var, Var x) const { return g * where(x > 0, 1, alpha * rate * exp(rate * where(x >= 0, 0, x))); }
    bool operator==(const Elu&) const = default;
};

struct LeakyRelu {
    static constexpr auto name = "leaky_relu";
    double slope;
    auto forward(auto x) const {
        using T = decltype(x);
        using simd::select;
        return select(x > T(0), x, T(T(slope) * x));
    }
    auto vjp(Var g, Var, Var x) const { return where(x > 0, g, slope * g); }
    bool operator==(const LeakyRelu&) const = default;
};

struct HardTanh {
    static constexpr auto name = "hard_tanh";
    double low, high;
    auto forward(auto x) const { return Clip{low, high}.forward(x); }
    auto vjp(Var g, Var, Var x) const { return where((x > low) * (x < high), g, 0); }
    bool operator==(const HardTanh&) const = default;
};

struct Softsign {
    static constexpr auto name = "softsign";
    static auto forward(auto x) {
        using T = decltype(x);
        using std::abs;
        return T(x / (T(1) + abs(x)));
    }
    static auto vjp(Var g, Var, Var x) { return g / square(1 + abs(x)); }
};

} // namespace xgrad
