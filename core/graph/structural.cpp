#include <xgrad/core/structural.hpp>

#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/match.hpp>
#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad {

Var operator+(Operand a, Operand b) { return record(Add{}, a, b); }

Var sum(Operand x, const Dims& axes, KeepDims keep) {
    const Call call("sum", x.where);
    if (x.var.valid() && x.dtype() == DType::uint8) { return reduce(Sum{}, cast(x, DType::int64), axes, keep); }
    return reduce(Sum{}, x, axes, keep);
}

Var reshape_to(Operand x, const Shape& shape) {
    const Call call("reshape_to", x.where);
    if (x.var.valid() && x.shape() == shape) return x.var;
    if (x.var.valid() && x.shape().rank() == 0 && number_of(x)) return broadcast_to(x, shape); // numbers stay numbers
    if (const Var inner = input_of<Reshape>(x.var); inner.valid())
        return rewritten(reshape_to(Operand(inner, x.where), shape), x.var);
    if (const Var inner = input_of<BroadcastTo>(x.var);
        inner.valid() && inner.shape().numel() == 1 && shape.numel() == x.shape().numel())
        return rewritten(broadcast_to(Operand(reshape_to(Operand(inner, x.where), {}), x.where), shape), x.var);
    return record(Reshape{shape}, x);
}

Var broadcast_to(Operand x, const Shape& shape) {
    const Call call("broadcast_to", x.where);
    if (x.var.valid() && x.shape() == shape) return x.var;
    if (const Var inner = input_of<BroadcastTo>(x.var); inner.valid())
        return rewritten(broadcast_to(Operand(inner, x.where), shape), x.var);
    return record(BroadcastTo{shape}, x);
}

Var sum_to(Operand x, const Shape& shape) {
    const Call call("sum_to", x.where);
    const Shape& from = x.shape();
    if (from == shape) return x.var;
    Shape both;
    if (!broadcast(shape, from, both) || both != from)
        throw Error(
            fmt::format("sum_to: shape {} does not come of {} by broadcasting; counted from the last axis, each extent "
                        "asked for must be equal or 1",
                        from.str(), shape.str()),
            x.where);
    Dims axes;
    const std::size_t skip = from.rank() - shape.rank();
    for (std::size_t i = 0; i < from.rank(); ++i)
        if (i < skip || (shape[i - skip] == 1 && from[i] != 1)) axes.push_back(static_cast<std::int64_t>(i));
    return reshape_to(Operand(axes.empty() ? x.var : sum(x, axes, keepdims), x.where), shape);
}

Var cast(Operand x, DType to) {
    const Call call("cast", x.where);
    if (x.var.valid() && x.dtype() == to) return x.var;
    switch (to) {
    case DType::float32: return record(Cast<float>{}, x);
    case DType::float64: return record(Cast<double>{}, x);
    case DType::int64: return record(Cast<std::int64_t>{}, x);
    case DType::uint8: return record(Cast<std::uint8_t>{}, x);
    }
    throw Error("cast: not a dtype", x.where);
}

Var stop_gradient(Operand x) { return record(StopGradient{}, x); }

Shape BatchedInputs::batch_of(const Shape& example) const {
    Shape result(examples);
    for (const std::size_t extent : example)
        result.append(static_cast<std::int64_t>(extent));
    return result;
}

Var BatchedInputs::all(std::size_t k) const {
    if (batched[k]) return x[k];
    return broadcast_to(x[k], batch_of(x[k].shape()));
}

Var BatchedInputs::aligned(std::size_t k, std::size_t rank) const {
    const Shape& from = x[k].shape();
    if (!batched[k] || from.rank() > rank) return x[k];
    Shape to(examples);
    for (std::size_t axis = from.rank(); axis <= rank; ++axis)
        to.append(1);
    for (std::size_t axis = 1; axis < from.rank(); ++axis)
        to.append(static_cast<std::int64_t>(from[axis]));
    return reshape_to(x[k], to);
}

} // namespace xgrad
