#pragma once
// What ranks have, combined: ops with derivatives.
//
// Participants are the ranks of the group or, in a function of `sharded`, its shards. All of them must record the same
// ops in the same order. Sums are taken in one binary tree over the participants, so they do not depend on how these
// are spread over processes.
//
// Derivatives follow JAX: each participant differentiates the sum over all participants of their own copies of y. So
// the vjp of all_sum is all_sum, and gradient(all_mean(loss, group), w) is the derivative of the participant's own
// loss, which optim::AllMeanGradients averages.

#include <xgrad/core/group.hpp>
#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y = sum_p x_p, the same everywhere; float32, float64 or int64.  dx_p = sum_q g_q
[[nodiscard]] Var all_sum(Operand x, const Group& group);
/// y = 1/P sum_p x_p; float32 or float64.  dx_p = 1/P sum_q g_q
[[nodiscard]] Var all_mean(Operand x, const Group& group);
/// y = max_p x_p for each element, NaN if there is one.  The adjoint is shared evenly among ties.
[[nodiscard]] Var all_max(Operand x, const Group& group);
/// The x of all along a new first axis: (...) -> (P, ...).  dx_p = sum_q g_q[p], which is reduce_scatter
[[nodiscard]] Var all_gather(Operand x, const Group& group);
/// Of x (P, ...) participant p gets y = sum_q x_q[p], (...).  dx_p[q] = g_q, which is all_gather
[[nodiscard]] Var reduce_scatter(Operand x, const Group& group);
/// y = x of one participant, the same everywhere.  dx is sum_q g_q there, and 0 elsewhere
[[nodiscard]] Var broadcast_from(Operand x, const Group& group, std::size_t root = 0);

/// How many take part: the ranks of the group or, in a function of `sharded`, its shards.
std::size_t participants(const Group& group, Location where = Location::current());

} // namespace xgrad
#pragma GCC visibility pop
