#pragma once

#include <cmath>

#include <xgrad/ops/activations.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>

namespace xgrad {

struct Elu {
    static constexpr auto name = "elu";
    double alpha;
    auto forward(auto x) const {
        using T = decltype(x);
        using simd::select, std::expm1;
        return select(x > T(0), x, T(T(alpha) * expm1(x)));
    }
    // The inner choice keeps exp finite, and at 0 its slope 0.
    auto vjp(Var g, Var, Var x) const { return g * where(x > 0, 1, alpha * exp(where(x >= 0, 0, x))); }
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
    auto forward(auto x) const {
        using T = decltype(x);
        using simd::select;
        const T above = select(x < T(low), T(low), x);
        return select(above > T(high), T(high), above);
    }
    auto vjp(Var g, Var, Var x) const { return where((x > low) * (x < high), g, 0); }
    bool operator==(const HardTanh&) const = default;
};

} // namespace xgrad
