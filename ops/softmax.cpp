#include <xgrad/ops/softmax.hpp>

#include <limits>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/reduce.hpp>

namespace xgrad {
namespace {

/// What may be subtracted from x without changing the result: its maximum, or 0 where that is infinite. It has no
/// gradient, because the result does not depend on it.
Var shift(const Operand& x, const Dims& axes) {
    const Var top = stop_gradient(max(x, axes, keepdims));
    return where(abs(top) < std::numeric_limits<double>::infinity(), top, 0);
}

} // namespace

Var logsumexp(Operand x, const Dims& axes, KeepDims keep) {
    const At at(x);
    const Var top = shift(x, axes);
    const Var total = detail::plain_log(sum(exp(x - top), axes, keepdims)) + top;
    return keep.keep ? total : reshape_to(total, sum(x, axes).shape());
}

Var softmax(Operand x, std::int64_t axis) {
    const At at(x);
    const Var e = exp(x - shift(x, axis));
    return e / sum(e, axis, keepdims);
}

Var log_softmax(Operand x, std::int64_t axis) {
    const At at(x);
    const Var shifted = x - shift(x, axis);
    return shifted - detail::plain_log(sum(exp(shifted), axis, keepdims));
}

} // namespace xgrad
