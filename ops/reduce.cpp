#include <xgrad/ops/reduce_ops.hpp>

#include <fmt/format.h>

namespace xgrad {
namespace {

void require_elements(const char* op, const Operand& x, const Dims& axes) {
    if (!x.var.valid()) return;
    for (const std::int64_t axis : detail::normalized_axes(op, x, axes))
        if (x.shape()[static_cast<std::size_t>(axis)] == 0)
            throw Error(fmt::format("{}: shape {} has no elements along axis {}; there is no {} of nothing", op,
                                    x.shape().str(), axis, op),
                        x.where);
}

} // namespace

Var mean(Operand x, const Dims& axes, KeepDims keep) {
    const Call call("mean", x.where);
    const Var total = sum(is_floating(x.dtype()) ? x : Operand(cast(x, DType::float64), x.where), axes, keep);
    return total / (static_cast<double>(x.shape().numel()) / static_cast<double>(total.shape().numel()));
}

Var max(Operand x, const Dims& axes, KeepDims keep) {
    require_elements("max", x, axes);
    return reduce(Max{}, x, axes, keep);
}

Var min(Operand x, const Dims& axes, KeepDims keep) {
    require_elements("min", x, axes);
    return reduce(Min{}, x, axes, keep);
}

} // namespace xgrad
