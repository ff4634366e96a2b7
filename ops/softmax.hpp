#pragma once
// Composites: functions of Vars, made of the ops.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y = ln sum_i e^(x_i) over `axes`, computed from x - max x so that nothing overflows; -infinity of nothing.  dy/dx =
/// softmax(x)
[[nodiscard]] Var logsumexp(Operand x, const Dims& axes = {}, KeepDims keep = {});
/// y_i = e^(x_i) / sum_j e^(x_j) along one axis (the last).  dy_i/dx_j = y_i ([i = j] - y_j)
[[nodiscard]] Var softmax(Operand x, std::int64_t axis = -1);
/// y = x - logsumexp(x) along one axis (the last).  dy_i/dx_j = [i = j] - softmax(x)_j
[[nodiscard]] Var log_softmax(Operand x, std::int64_t axis = -1);
/// Zeros with a one where the largest element stands along one axis (the last), the first of equal ones; of x's dtype.
/// No derivative.
[[nodiscard]] Var hardmax(Operand x, std::int64_t axis = -1);

namespace detail {
/// What may be subtracted from x without changing a softmax: its maximum over the axes, which stay with extent 1, or 0
/// where that is infinite or there is none. It has no gradient, because the result does not depend on it.
[[nodiscard]] Var softmax_shift(Operand x, const Dims& axes);
} // namespace detail

} // namespace xgrad
#pragma GCC visibility pop
