#pragma once
// Pools of one, two and three dimensions.

#include <xgrad/core/op.hpp>
#include <xgrad/ops/windows.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

template <std::size_t N>
struct MaxPoolOptions {
    PerAxis<N> stride = 0; // 0: that of the window
    Padding<N> padding = 0;
    PerAxis<N> dilation = 1;
    bool ceil_mode = false; // a last window may reach beyond the end
};
using MaxPool1dOptions = MaxPoolOptions<1>;
using MaxPool2dOptions = MaxPoolOptions<2>;
using MaxPool3dOptions = MaxPoolOptions<3>;

/// The largest element under each window: x (N, C, H, W) or (C, H, W) -> (N, C, H', W') with
/// H' = (H + 2p - d (h - 1) - 1) / s + 1, rounded down (up with ceil_mode). The padding may differ on the two sides of
/// an axis, or be `same_padding`, with H' = H / s, rounded up. What is in the padding does not count; a NaN does. The
/// adjoint goes to the first of equal elements.  torch's max_pool2d.
[[nodiscard]] Var max_pool2d(Operand x, PerAxis<2> window, const MaxPool2dOptions& options = {});
/// The same of sequences (N, C, L) or (C, L), and of volumes (N, C, D, H, W) or (C, D, H, W).
[[nodiscard]] Var max_pool1d(Operand x, PerAxis<1> window, const MaxPool1dOptions& options = {});
[[nodiscard]] Var max_pool3d(Operand x, PerAxis<3> window, const MaxPool3dOptions& options = {});

struct MaxPoolResult {
    Var values, indices;
};

/// max_pool2d, and where the largest elements stand (int64): counted by rows through the last two axes of x, from 0; -1
/// for a window that shows padding alone.  torch's max_pool2d with return_indices.
[[nodiscard]] MaxPoolResult max_pool2d_with_indices(Operand x, PerAxis<2> window, const MaxPool2dOptions& options = {});
/// The same of sequences, and of volumes, counted through their last axes.
[[nodiscard]] MaxPoolResult max_pool1d_with_indices(Operand x, PerAxis<1> window, const MaxPool1dOptions& options = {});
[[nodiscard]] MaxPoolResult max_pool3d_with_indices(Operand x, PerAxis<3> window, const MaxPool3dOptions& options = {});

template <std::size_t N>
struct AvgPoolOptions {
    PerAxis<N> stride = 0; // 0: that of the window
    Padding<N> padding = 0;
    PerAxis<N> dilation = 1;
    bool ceil_mode = false;
    bool count_include_pad = true; // whether the zeros in the padding count
};
using AvgPool1dOptions = AvgPoolOptions<1>;
using AvgPool2dOptions = AvgPoolOptions<2>;
using AvgPool3dOptions = AvgPoolOptions<3>;

/// The mean under each window; shapes as max_pool2d.  torch's avg_pool2d.
[[nodiscard]] Var avg_pool2d(Operand x, PerAxis<2> window, const AvgPool2dOptions& options = {});
/// The same of sequences, and of volumes.
[[nodiscard]] Var avg_pool1d(Operand x, PerAxis<1> window, const AvgPool1dOptions& options = {});
[[nodiscard]] Var avg_pool3d(Operand x, PerAxis<3> window, const AvgPool3dOptions& options = {});

/// The mean over the last two axes, which stay with extent 1: (N, C, H, W) -> (N, C, 1, 1).  torch's
/// adaptive_avg_pool2d of 1.
[[nodiscard]] Var global_avg_pool2d(Operand x);
/// The maximum over the last two axes, alike; the adjoint is shared evenly among ties.
[[nodiscard]] Var global_max_pool2d(Operand x);
/// The same over the last axis, and over the last three.
[[nodiscard]] Var global_avg_pool1d(Operand x);
[[nodiscard]] Var global_max_pool1d(Operand x);
[[nodiscard]] Var global_avg_pool3d(Operand x);
[[nodiscard]] Var global_max_pool3d(Operand x);

} // namespace xgrad
#pragma GCC visibility pop
