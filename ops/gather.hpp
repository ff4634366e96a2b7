#pragma once
// Integers that choose: taking elements by index and adding to them. Indices are int64 Vars, negative ones count from
// the end (as NumPy); one that is out of range is an error when the program runs, before any parameter or state has
// changed.
// See also pick and one_hot in index.hpp.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// Slices of x along an axis: x (A..., n, B...), indices (I...) -> (A..., I..., B...).  y[a, i, b] = x[a, indices[i],
/// b].
/// dx = the adjoint added up in x's slices.  numpy.take; without an axis from the flattened array.
[[nodiscard]] Var take(Operand x, Operand indices, std::int64_t axis);
[[nodiscard]] Var take(Operand x, Operand indices);

/// One element at a time: y[i, j, k] = x[i, indices[i, j, k], k] for axis 1. The other axes broadcast
/// (torch.take_along_dim).
/// dx = the adjoint added up where the elements stand.
[[nodiscard]] Var take_along_axis(Operand x, Operand indices, std::int64_t axis);

/// Elements of x by an index for each of its first K axes: x (E1, ..., EK, B...), indices (I..., K) -> (I..., B...).
/// y[i] = x[indices[i, 0], ..., indices[i, K - 1]].  dx = the adjoint added up in x's slices.  x[a, b] of NumPy with
/// the indices stacked along a last axis; GatherND of ONNX, gather_nd of TensorFlow.
[[nodiscard]] Var gather_nd(Operand x, Operand indices);

/// x with updates added: y = x, then y[i, indices[i, j, k], k] += updates[i, j, k] for axis 1; indices that meet add
/// up.
/// Along the other axes the indices may be shorter than x (torch.scatter_add); updates have the shape of the indices,
/// or broadcast to it.  dx = g, dupdates[i, j, k] = g[i, indices[i, j, k], k]
[[nodiscard]] Var scatter_add(Operand x, Operand indices, Operand updates, std::int64_t axis);

/// one_hot with the classes along the new axis `axis` of the result.
[[nodiscard]] Var one_hot(Operand labels, std::size_t classes, std::int64_t axis, DType dtype = DType::float32);

} // namespace xgrad
#pragma GCC visibility pop
