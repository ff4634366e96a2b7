#pragma once

#include <array>
#include <string>

#include <xgrad/ops/convolution.hpp>

namespace xgrad {

/// The three sides of one trilinear form, sum of y[n, k, i, j] x[n, c, ...] weights[k, c, u, v]: each is the adjoint of the
/// others, so they are closed under differentiation.
struct Convolution {
    static constexpr auto name = "conv2d";
    static constexpr bool multilinear = true;
    Sliding rows, columns;
    std::int64_t groups;

    Shape shape(Types in) const; // x, weights
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var g, Var, Var x, Var weights) const;
    bool operator==(const Convolution&) const = default;
};

struct ConvolutionImages {
    static constexpr auto name = "conv2d_images";
    static constexpr bool multilinear = true;
    Sliding rows, columns;
    std::int64_t groups;

    Shape shape(Types in) const; // y, weights
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var g, Var, Var y, Var weights) const;
    bool operator==(const ConvolutionImages&) const = default;
};

struct ConvolutionWeights {
    static constexpr auto name = "conv2d_weights";
    static constexpr bool multilinear = true;
    Sliding rows, columns;
    std::int64_t groups;

    Shape shape(Types in) const; // x, y
    void eval(ConstArrays in, Array out) const;
    std::array<Var, 2> vjp(Var g, Var, Var x, Var y) const;
    bool operator==(const ConvolutionWeights&) const = default;
};

} // namespace xgrad
