#pragma once

#include <xgrad/core/op.hpp>
#include <xgrad/ops/windows.hpp>

namespace xgrad {

struct MaxPool2dOptions {
    HeightWidth stride = 0; // 0: that of the window
    HeightWidth padding = 0, dilation = 1;
    bool ceil_mode = false; // a last window may reach beyond the end
};

/// The largest element under each window: x (N, C, H, W) or (C, H, W) -> (N, C, H', W') with
/// H' = (H + 2p - d (h - 1) - 1) / s + 1, rounded down (up with ceil_mode). What is in the padding does not count; a NaN does.
/// The adjoint goes to the first of equal elements.  torch's max_pool2d.
Var max_pool2d(Operand x, HeightWidth window, const MaxPool2dOptions& options = {});

struct AvgPool2dOptions {
    HeightWidth stride = 0; // 0: that of the window
    HeightWidth padding = 0;
    bool ceil_mode = false;
    bool count_include_pad = true; // whether the zeros in the padding count
};

/// The mean under each window; shapes as max_pool2d.  torch's avg_pool2d.
Var avg_pool2d(Operand x, HeightWidth window, const AvgPool2dOptions& options = {});

/// The mean over the last two axes, which stay with extent 1: (N, C, H, W) -> (N, C, 1, 1).  torch's adaptive_avg_pool2d of 1.
Var global_avg_pool2d(Operand x);
/// The maximum over the last two axes, alike; the adjoint is shared evenly among ties.
Var global_max_pool2d(Operand x);

} // namespace xgrad
