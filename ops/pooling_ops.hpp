#pragma once

#include <array>

#include <xgrad/ops/pooling.hpp>

namespace xgrad {

/// v where the window of x has its maximum: max_pool2d is that of x itself. Linear in v.
struct MaxPool {
    static constexpr auto name = "max_pool2d";
    Sliding rows, columns;

    Shape shape(Types in) const; // v, x
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var g, Var, Var v, Var x) const;
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> inputs) const;
    bool operator==(const MaxPool&) const = default;
};

/// The adjoint of MaxPool in v: zeros of the shape of x, with g added where the windows have their maxima.
struct MaxPoolSpread {
    static constexpr auto name = "max_pool2d_spread";
    Sliding rows, columns;

    static Shape shape(Types in) { return in[1].shape; } // g, x
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var u, Var, Var g, Var x) const;
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> inputs) const;
    bool operator==(const MaxPoolSpread&) const = default;
};

struct AvgPool {
    static constexpr auto name = "avg_pool2d";
    static constexpr bool linear = true;
    Sliding rows, columns;
    std::int64_t include_padding;

    Shape shape(Types in) const;
    void eval(ConstArrays in, Array out) const;
    Var vjp(Var g, Var, Var x) const;
    bool operator==(const AvgPool&) const = default;
};

/// The adjoint of AvgPool.
struct AvgPoolSpread {
    static constexpr auto name = "avg_pool2d_spread";
    static constexpr bool linear = true;
    Sliding rows, columns;
    std::int64_t include_padding;

    Shape shape(Types in) const;
    void eval(ConstArrays in, Array out) const;
    Var vjp(Var u, Var, Var g) const;
    bool operator==(const AvgPoolSpread&) const = default;
};

} // namespace xgrad
