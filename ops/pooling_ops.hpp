#pragma once

#include <array>

#include <xgrad/ops/pooling.hpp>
#include <xgrad/ops/sliding.hpp>

namespace xgrad {

/// v where the window of x has its maximum: max_pool2d is that of x itself. Linear in v.
template <std::size_t N>
struct MaxPool {
    static constexpr auto name = std::array{"max_pool1d", "max_pool2d", "max_pool3d"}[N - 1];
    std::array<Sliding, N> axes;

    Shape shape(Types in) const { return with_last(in[1].shape, axes, &Sliding::count); } // v, x
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var g, Var, Var v, Var x) const;
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> inputs) const;
    Var vmap(const BatchedInputs& in) const { return record(*this, in.all(0), in.all(1)); }
    bool operator==(const MaxPool&) const = default;
};

/// The adjoint of MaxPool in v: zeros of the shape of x, with g added where the windows have their maxima.
template <std::size_t N>
struct MaxPoolSpread {
    static constexpr auto name = std::array{"max_pool1d_spread", "max_pool2d_spread", "max_pool3d_spread"}[N - 1];
    std::array<Sliding, N> axes;

    static Shape shape(Types in) { return in[1].shape; } // g, x
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var u, Var, Var g, Var x) const;
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> inputs) const;
    Var vmap(const BatchedInputs& in) const { return record(*this, in.all(0), in.all(1)); }
    bool operator==(const MaxPoolSpread&) const = default;
};

/// Where the windows have their maxima.
template <std::size_t N>
struct MaxPoolIndices {
    static constexpr auto name = std::array{"max_pool1d_indices", "max_pool2d_indices", "max_pool3d_indices"}[N - 1];
    std::array<Sliding, N> axes;

    Shape shape(Types in) const { return with_last(in[0].shape, axes, &Sliding::count); }
    static DType dtype(Types) { return DType::int64; }
    void eval(ConstArrays in, Array out) const;
    Var vmap(const BatchedInputs& in) const { return record(*this, in.x[0]); }
    bool operator==(const MaxPoolIndices&) const = default;
};

template <std::size_t N>
struct AvgPool {
    static constexpr auto name = std::array{"avg_pool1d", "avg_pool2d", "avg_pool3d"}[N - 1];
    static constexpr bool linear = true;
    std::array<Sliding, N> axes;
    std::int64_t include_padding;

    Shape shape(Types in) const { return with_last(in[0].shape, axes, &Sliding::count); }
    void eval(ConstArrays in, Array out) const;
    Var vjp(Var g, Var, Var x) const;
    Var vmap(const BatchedInputs& in) const { return record(*this, in.x[0]); }
    bool operator==(const AvgPool&) const = default;
};

/// The adjoint of AvgPool.
template <std::size_t N>
struct AvgPoolSpread {
    static constexpr auto name = std::array{"avg_pool1d_spread", "avg_pool2d_spread", "avg_pool3d_spread"}[N - 1];
    static constexpr bool linear = true;
    std::array<Sliding, N> axes;
    std::int64_t include_padding;

    Shape shape(Types in) const { return with_last(in[0].shape, axes, &Sliding::extent); }
    void eval(ConstArrays in, Array out) const;
    Var vjp(Var u, Var, Var g) const;
    Var vmap(const BatchedInputs& in) const { return record(*this, in.x[0]); }
    bool operator==(const AvgPoolSpread&) const = default;
};

} // namespace xgrad
