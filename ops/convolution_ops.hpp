#pragma once

#include <array>

#include <xgrad/ops/convolution.hpp>
#include <xgrad/ops/sliding.hpp>

namespace xgrad {

/// The three sides of one trilinear form, sum of y[n, k, i...] x[n, c, ...] weights[k, c, u...]: each is the adjoint of
/// the others, so they are closed under differentiation.
template <std::size_t N>
struct Convolution {
    static constexpr auto name = std::array{"conv1d", "conv2d", "conv3d"}[N - 1];
    static constexpr bool multilinear = true;
    std::array<Sliding, N> axes;
    std::int64_t groups;

    Shape shape(Types in) const; // x, weights
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var g, Var, Var x, Var weights) const;
    bool operator==(const Convolution&) const = default;
};

template <std::size_t N>
struct ConvolutionImages {
    static constexpr auto name = std::array{"conv1d_images", "conv2d_images", "conv3d_images"}[N - 1];
    static constexpr bool multilinear = true;
    std::array<Sliding, N> axes;
    std::int64_t groups;

    Shape shape(Types in) const; // y, weights
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var g, Var, Var y, Var weights) const;
    bool operator==(const ConvolutionImages&) const = default;
};

template <std::size_t N>
struct ConvolutionWeights {
    static constexpr auto name = std::array{"conv1d_weights", "conv2d_weights", "conv3d_weights"}[N - 1];
    static constexpr bool multilinear = true;
    std::array<Sliding, N> axes;
    std::int64_t groups;

    Shape shape(Types in) const; // x, y
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var g, Var, Var x, Var y) const;
    bool operator==(const ConvolutionWeights&) const = default;
};

} // namespace xgrad
