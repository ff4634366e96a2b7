#pragma once
// Putting elements in order along one axis. A NaN counts as larger than every number, and equal elements stay in their
// order, also in descending order (as PyTorch's stable sort).

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

enum class SortOrder { ascending, descending };

/// The elements in order along an axis (the last). The adjoint goes back to where they came from.  numpy.sort,
/// torch.sort
[[nodiscard]] Var sort(Operand x, std::int64_t axis = -1, SortOrder order = SortOrder::ascending);
/// Where the elements in order stand in x, int64: sort(x, axis) is take_along_axis(x, argsort(x, axis), axis).
[[nodiscard]] Var argsort(Operand x, std::int64_t axis = -1, SortOrder order = SortOrder::ascending);

struct TopK {
    Var values, indices;
};

/// The k largest elements along an axis (the last), the largest first, and where they stand (int64); with
/// SortOrder::ascending the k smallest, the smallest first. k is from 0 to the extent. The adjoint of the values goes
/// back to where they came from.
/// jax.lax.top_k, torch.topk
[[nodiscard]] TopK top_k(Operand x, std::int64_t k, std::int64_t axis = -1, SortOrder order = SortOrder::descending);

} // namespace xgrad
#pragma GCC visibility pop
