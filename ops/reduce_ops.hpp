#pragma once

#include <limits>

#include <xgrad/core/graph/structural_ops.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/reduce.hpp>

namespace xgrad {

/// The adjoint of an extreme element: to where it stands, in equal parts if it stands there more than once.
inline Var share_among_ties(Var g, Var y, Var x, const Dims& axes) {
    const Var ties = cast(x == y, x.dtype());
    return ties * (g / sum(ties, axes, keepdims));
}

struct Max {
    static constexpr auto name = "max";
    static constexpr double identity = -std::numeric_limits<double>::infinity();
    static constexpr bool integers = true;
    static auto combine(auto a, auto b) {
        using simd::maximum;
        return decltype(a)(maximum(a, b));
    }
    static Var vjp(Var g, Var y, Var x, const Dims& axes) { return share_among_ties(g, y, x, axes); }
};

struct Min {
    static constexpr auto name = "min";
    static constexpr double identity = std::numeric_limits<double>::infinity();
    static constexpr bool integers = true;
    static auto combine(auto a, auto b) {
        using simd::minimum;
        return decltype(a)(minimum(a, b));
    }
    static Var vjp(Var g, Var y, Var x, const Dims& axes) { return share_among_ties(g, y, x, axes); }
};

} // namespace xgrad
