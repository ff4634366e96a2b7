#pragma once
// Convolutions of one, two and three dimensions.

#include <xgrad/core/op.hpp>
#include <xgrad/ops/windows.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

template <std::size_t N>
struct ConvolutionOptions {
    PerAxis<N> stride = 1;
    Padding<N> padding = 0;
    PerAxis<N> dilation = 1;
    std::int64_t groups = 1;
};
using Conv1dOptions = ConvolutionOptions<1>;
using Conv2dOptions = ConvolutionOptions<2>;
using Conv3dOptions = ConvolutionOptions<3>;

/// Convolution (cross-correlation) of images x (N, C, H, W) with weights (K, C / groups, h, w):
/// y[n, k, i, j] = sum_c,u,v x[n, c, i s - p + u d, j s - p + v d] weights[k, c, u, v], with zeros in the padding. The
/// result is (N, K, H', W') with H' = (H + 2p - d (h - 1) - 1) / s + 1, rounded down, and W' alike; with groups, the
/// k-th part of the channels of y sees the k-th part of those of x. The padding may differ on the two sides of an axis
/// (2p is their sum, p the one before), or be `same_padding`, with H' = H / s, rounded up. One image (C, H, W) is
/// taken, too. float32 or float64.  torch's conv2d.
[[nodiscard]] Var conv2d(Operand x, Operand weights, const Conv2dOptions& options = {});
/// With a bias (K) for each channel of the result.
[[nodiscard]] Var conv2d(Operand x, Operand weights, Operand bias, const Conv2dOptions& options = {});
/// The same of sequences x (N, C, L) or (C, L) with weights (K, C / groups, l).  torch's conv1d.
[[nodiscard]] Var conv1d(Operand x, Operand weights, const Conv1dOptions& options = {});
[[nodiscard]] Var conv1d(Operand x, Operand weights, Operand bias, const Conv1dOptions& options = {});
/// The same of volumes x (N, C, D, H, W) or (C, D, H, W) with weights (K, C / groups, d, h, w).  torch's conv3d.
[[nodiscard]] Var conv3d(Operand x, Operand weights, const Conv3dOptions& options = {});
[[nodiscard]] Var conv3d(Operand x, Operand weights, Operand bias, const Conv3dOptions& options = {});

template <std::size_t N>
struct ConvolutionTransposeOptions {
    PerAxis<N> stride = 1;
    Padding<N> padding = 0;
    PerAxis<N> output_padding = 0, dilation = 1;
    std::int64_t groups = 1;
};
using ConvTranspose1dOptions = ConvolutionTransposeOptions<1>;
using ConvTranspose2dOptions = ConvolutionTransposeOptions<2>;
using ConvTranspose3dOptions = ConvolutionTransposeOptions<3>;

/// The adjoint of conv2d in its images: x (N, K, H, W), weights (K, C / groups, h, w) -> (N, C, H', W') with
/// H' = (H - 1) s - 2p + d (h - 1) + output_padding + 1, or H' = H s for `same_padding`.  torch's conv_transpose2d.
[[nodiscard]] Var conv_transpose2d(Operand x, Operand weights, const ConvTranspose2dOptions& options = {});
/// The same of sequences, and of volumes.
[[nodiscard]] Var conv_transpose1d(Operand x, Operand weights, const ConvTranspose1dOptions& options = {});
[[nodiscard]] Var conv_transpose3d(Operand x, Operand weights, const ConvTranspose3dOptions& options = {});

} // namespace xgrad
#pragma GCC visibility pop
