#pragma once
// Writing elements where indices say; see scatter_add in gather.hpp for sums. For axis 1, update [i, j, k] goes to
// place
// [i, indices[i, j, k], k] of x. Indices are int64 and may be negative; along the other axes they may be shorter than
// x. Updates have x's dtype and the shape of the indices, or broadcast to it.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// x with updates in place of elements; of several for one place the last holds, in row-major order.  dx = g where
/// nothing was written, else 0; dupdates = g at their places, 0 for those that did not hold.  numpy.put_along_axis,
/// torch.scatter
[[nodiscard]] Var scatter(Operand x, Operand indices, Operand updates, std::int64_t axis);
/// The largest of the element and the updates for its place; NaN if one is. The adjoint is shared evenly among ties.
/// torch.scatter_reduce("amax"), jax's x.at[...].max
[[nodiscard]] Var scatter_max(Operand x, Operand indices, Operand updates, std::int64_t axis);
/// The smallest, alike.
[[nodiscard]] Var scatter_min(Operand x, Operand indices, Operand updates, std::int64_t axis);
/// The product of the element and the updates for its place. The adjoint of each factor is made of the others without a
/// division: right where factors are 0.  torch.scatter_reduce("prod"), jax's x.at[...].multiply
[[nodiscard]] Var scatter_multiply(Operand x, Operand indices, Operand updates, std::int64_t axis);

} // namespace xgrad
#pragma GCC visibility pop
