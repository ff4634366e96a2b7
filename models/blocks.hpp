#pragma once
// Layers without parameters, for what needs options: to stand in a Sequential. What needs none stands there as it is:
// xgrad::relu, xgrad::global_avg_pool2d, or a lambda.

#include <xgrad/ops/pooling.hpp>
#include <xgrad/ops/random.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

/// max_pool1d, max_pool2d or max_pool3d: MaxPool{2}, MaxPool{{3, 2}, {.stride = 1}}.
template <std::size_t N>
struct MaxPoolOfAxes {
    PerAxis<N> window;
    MaxPoolOptions<N> options = {};
    [[nodiscard]] Var operator()(Operand x) const;
};
using MaxPool1d = MaxPoolOfAxes<1>; // of sequences
using MaxPool = MaxPoolOfAxes<2>;   // of images
using MaxPool3d = MaxPoolOfAxes<3>; // of volumes

/// avg_pool1d, avg_pool2d or avg_pool3d, alike.
template <std::size_t N>
struct AvgPoolOfAxes {
    PerAxis<N> window;
    AvgPoolOptions<N> options = {};
    [[nodiscard]] Var operator()(Operand x) const;
};
using AvgPool1d = AvgPoolOfAxes<1>;
using AvgPool = AvgPoolOfAxes<2>;
using AvgPool3d = AvgPoolOfAxes<3>;

/// dropout in training, else x itself: Dropout{0.5, random}. Several may share a Random: each call draws numbers of its
/// own.
struct Dropout {
    double rate;
    Random random;
    [[nodiscard]] Var operator()(Operand x, bool training = true) const;
};

/// Each example as one row: x (N, a, b...) -> (N, a b...).  torch's Flatten
struct Flatten {
    [[nodiscard]] Var operator()(Operand x) const;
};

} // namespace xgrad::models
#pragma GCC visibility pop
