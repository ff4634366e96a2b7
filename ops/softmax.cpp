#include <xgrad/ops/softmax.hpp>

#include <limits>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/statistics.hpp>

namespace xgrad {

Var detail::softmax_shift(Operand x, const Dims& axes) {
    if (x.shape().numel() == 0) return stop_gradient(sum(x, axes, keepdims));
    const Var top = stop_gradient(max(x, axes, keepdims));
    return where(abs(top) < std::numeric_limits<double>::infinity(), top, 0);
}

Var logsumexp(Operand x, const Dims& axes, KeepDims keep) {
    const Call call("logsumexp", x.where);
    const Var top = detail::softmax_shift(x, axes);
    const Var total = detail::plain_log(sum(exp(x - top), axes, keepdims)) + top;
    return keep.keep ? total : reshape_to(total, sum(x, axes).shape());
}

Var softmax(Operand x, std::int64_t axis) {
    const Call call("softmax", x.where);
    const Var e = exp(x - detail::softmax_shift(x, axis));
    return e / sum(e, axis, keepdims);
}

Var log_softmax(Operand x, std::int64_t axis) {
    const Call call("log_softmax", x.where);
    const Var shifted = x - detail::softmax_shift(x, axis);
    return shifted - detail::plain_log(sum(exp(shifted), axis, keepdims));
}

Var hardmax(Operand x, std::int64_t axis) {
    const Call call("hardmax", x.where);
    const std::int64_t a = detail::normalized_axes("hardmax", x, Dims(axis))[0];
    return one_hot(argmax(x, a), x.shape()[static_cast<std::size_t>(a)], a, x.dtype());
}

} // namespace xgrad
