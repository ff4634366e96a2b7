#pragma once

#include <array>

#include <xgrad/core/structural.hpp>
#include <xgrad/ops/convolution.hpp>
#include <xgrad/ops/sliding.hpp>

namespace xgrad {

/// The same weights for all examples: the images of all of them are those of one call.
template <class Op>
Var of_more_images(const Op& op, const BatchedInputs& in) {
    if (in.batched[1]) return {};
    const auto reshaped = [](Var x, std::size_t leading, std::initializer_list<std::size_t> extents) {
        Shape to(extents);
        for (std::size_t axis = leading; axis < x.shape().rank(); ++axis)
            to.append(static_cast<std::int64_t>(x.shape()[axis]));
        return reshape_to(x, to);
    };
    const std::size_t images = in.x[0].shape()[1];
    return reshaped(record(op, reshaped(in.x[0], 2, {in.examples * images}), in.x[1]), 1, {in.examples, images});
}

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
    Var vmap(const BatchedInputs& in) const { return of_more_images(*this, in); }
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
    Var vmap(const BatchedInputs& in) const { return of_more_images(*this, in); }
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
