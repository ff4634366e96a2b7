#pragma once

#include <xgrad/core/op.hpp>
#include <xgrad/ops/windows.hpp>

namespace xgrad {

struct Conv2dOptions {
    HeightWidth stride = 1, padding = 0, dilation = 1;
    std::int64_t groups = 1;
};

/// Convolution (cross-correlation) of images x (N, C, H, W) with weights (K, C / groups, h, w):
/// y[n, k, i, j] = sum_c,u,v x[n, c, i s - p + u d, j s - p + v d] weights[k, c, u, v], with zeros in the padding. The result is
/// (N, K, H', W') with H' = (H + 2p - d (h - 1) - 1) / s + 1, rounded down, and W' alike; with groups, the k-th part of the
/// channels of y sees the k-th part of those of x. One image (C, H, W) is taken, too. float32 or float64.  torch's conv2d.
Var conv2d(Operand x, Operand weights, const Conv2dOptions& options = {});
/// With a bias (K) for each channel of the result.
Var conv2d(Operand x, Operand weights, Operand bias, const Conv2dOptions& options = {});

struct ConvTranspose2dOptions {
    HeightWidth stride = 1, padding = 0, output_padding = 0, dilation = 1;
    std::int64_t groups = 1;
};

/// The adjoint of conv2d in its images: x (N, K, H, W), weights (K, C / groups, h, w) -> (N, C, H', W') with
/// H' = (H - 1) s - 2p + d (h - 1) + output_padding + 1.  torch's conv_transpose2d.
Var conv_transpose2d(Operand x, Operand weights, const ConvTranspose2dOptions& options = {});

} // namespace xgrad
