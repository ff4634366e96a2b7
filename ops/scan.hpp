#pragma once
// Running sums and products along one axis.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y_i = x_0 + ... + x_i along the axis.  dx_i = g_i + g_{i+1} + ...  float32 is summed in float64; uint8 gives int64.
[[nodiscard]] Var cumsum(Operand x, std::int64_t axis);
/// y_i = x_0 ... x_i along the axis.  dy_k/dx_i = the product of the others up to k, made without a division: right
/// where factors are 0. float32 is multiplied in float64; uint8 gives int64.
[[nodiscard]] Var cumprod(Operand x, std::int64_t axis);

namespace detail {
/// For each element the product of all others over `axes` (sorted, not negative), made without a division.
[[nodiscard]] Var product_of_others(Var x, const Dims& axes);
} // namespace detail

} // namespace xgrad
#pragma GCC visibility pop
