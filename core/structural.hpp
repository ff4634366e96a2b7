#pragma once
// The ops that recording and differentiating themselves need: add, sum, reshape and broadcast_to.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y = a + b, elementwise with broadcasting.  dy/da = dy/db = 1
[[nodiscard]] Var operator+(Operand a, Operand b);

/// The sum over `axes` (none given: all).  y = sum_i x_i,  dy/dx_i = 1.  float32 is summed in pieces whose sums are
/// carried in float64; uint8 gives int64, so masks are counted, and int64 wraps around when it is full.
[[nodiscard]] Var sum(Operand x, const Dims& axes = {}, KeepDims keep = {});

/// The same elements, in row-major order, in another shape.
[[nodiscard]] Var reshape_to(Operand x, const Shape& shape);

/// The elements of x repeated along new axes and along axes of extent 1.
[[nodiscard]] Var broadcast_to(Operand x, const Shape& shape);

/// Undoes broadcasting: sums x over the axes along which `shape` would have to be repeated to give x's shape.
/// It is an error if it does not broadcast to that.
[[nodiscard]] Var sum_to(Operand x, const Shape& shape);

/// The same value, whose derivative is zero.
[[nodiscard]] Var stop_gradient(Operand x);

/// x with its elements converted to another dtype; a real number becomes an integer by dropping its fraction.
/// dy/dx = 1 between floating dtypes, none to and from integers.
[[nodiscard]] Var cast(Operand x, DType to);

} // namespace xgrad
#pragma GCC visibility pop
