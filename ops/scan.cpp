#include <xgrad/ops/scan_ops.hpp>

#include <xgrad/ops/rearrange.hpp>

namespace xgrad {
namespace {

template <class Op>
Var scan(const Op& op, const Operand& x, std::int64_t axis) {
    const Call call(Op::name, x.where);
    const std::int64_t a = detail::normalized_axes(Op::name, x, Dims(axis))[0];
    const Var wide = x.dtype() == DType::uint8 ? cast(x, DType::int64) : x.var;
    return swap_axes(record(op, swap_axes(wide, a, -1)), a, -1);
}

} // namespace

Var cumsum(Operand x, std::int64_t axis) { return scan(CumSum{}, x, axis); }
Var cumprod(Operand x, std::int64_t axis) { return scan(CumProd{}, x, axis); }

Var detail::product_of_others(Var x, const Dims& axes) {
    Dims order, inverse;
    Shape kept;
    std::size_t count = 1, next = 0;
    for (std::size_t axis = 0; axis < x.shape().rank(); ++axis)
        if (next < axes.size() && axes[next] == static_cast<std::int64_t>(axis))
            count *= x.shape()[axis], ++next;
        else
            order.push_back(static_cast<std::int64_t>(axis)), kept.append(static_cast<std::int64_t>(x.shape()[axis]));
    for (const std::int64_t axis : axes)
        order.push_back(axis);
    inverse = order;
    for (std::size_t i = 0; i < order.size(); ++i)
        inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);

    const Var turned = transpose(x, order);
    const Var rows = reshape_to(turned, Shape(kept.numel(), count));
    const Var others = record(CumProd{false, true}, rows) * record(CumProd{true, true}, rows);
    return transpose(reshape_to(others, turned.shape()), inverse);
}

} // namespace xgrad
