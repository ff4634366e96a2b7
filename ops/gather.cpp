#include <xgrad/ops/gather_ops.hpp>

#include <xgrad/core/graph.hpp>
#include <xgrad/ops/index.hpp>
#include <xgrad/ops/rearrange.hpp>

namespace xgrad {

void CheckedIndices::fail(const char* op, const Shape& shape, std::size_t i, std::int64_t axis) const {
    std::vector<std::size_t> place(shape.rank());
    for (std::size_t d = shape.rank(), rest = i; d-- > 0; rest /= shape[d])
        place[d] = rest % shape[d];
    throw Error(
        fmt::format("{}: index {} at position ({}) is out of range; axis {} has extent {}, indices go from {} to {}",
                    op, data_[i], fmt::join(place, ", "), axis, extent_, -extent_, extent_ - 1));
}

namespace {

std::int64_t axis_of(const char* op, const Operand& x, std::int64_t axis) {
    return detail::normalized_axes(op, x, Dims(axis))[0];
}

void require_int64(const char* op, const Operand& indices) {
    if (!indices.var || indices.dtype() != DType::int64)
        throw Error(
            fmt::format("{}: the indices are {}; they must be an int64 Var", op,
                        indices.var ? fmt::format("{} {}", name(indices.dtype()), indices.shape().str()) : "a number"),
            indices.where);
}

} // namespace

Var take(Operand x, Operand indices, std::int64_t axis) {
    require_int64("take", indices);
    return record(Take{axis_of("take", x, axis)}, x, indices);
}

Var take(Operand x, Operand indices) {
    const At at(x);
    return take(reshape(x, -1), indices, 0);
}

Var take_along_axis(Operand x, Operand indices, std::int64_t axis) {
    const std::int64_t a = axis_of("take_along_axis", x, axis);
    require_int64("take_along_axis", indices);
    const auto at_axis = static_cast<std::size_t>(a);
    Shape from = x.shape(), of = indices.shape(), common;
    const auto fail = [&] {
        throw Error(fmt::format("take_along_axis: x is {} and the indices are {}; they need the same number of axes, "
                                "and all extents but that "
                                "of axis {} must be equal or 1",
                                x.shape().str(), indices.shape().str(), a),
                    x.where);
    };
    if (from.rank() != of.rank()) fail();
    const std::size_t extent = from[at_axis], count = of[at_axis];
    from[at_axis] = of[at_axis] = 1;
    if (!broadcast(from, of, common)) fail();
    const At at(x);
    common[at_axis] = extent;
    const Var wide = broadcast_to(x, common);
    common[at_axis] = count;
    return record(TakeAlongAxis{a}, wide, broadcast_to(indices, common));
}

Var scatter_add(Operand x, Operand indices, Operand updates, std::int64_t axis) {
    const std::int64_t a = axis_of("scatter_add", x, axis);
    require_int64("scatter_add", indices);
    const Shape to = x.shape(), of = indices.shape();
    bool fits = to.rank() == of.rank();
    for (std::size_t d = 0; fits && d < to.rank(); ++d)
        fits = static_cast<std::int64_t>(d) == a || of[d] <= to[d];
    if (!fits)
        throw Error(fmt::format("scatter_add: x is {} and the indices are {}; they need the same number of axes, and "
                                "along those other than "
                                "axis {} the indices may not be longer",
                                to.str(), of.str(), a),
                    x.where);
    if (updates.var && updates.dtype() != x.dtype())
        throw Error(fmt::format("scatter_add: dtypes differ, x is {} {}, the updates are {} {}; cast one of them",
                                name(x.dtype()), to.str(), name(updates.dtype()), updates.shape().str()),
                    x.where);
    const At at(x);
    Graph& graph = Graph::of(x.var, x.where);
    const Var terms = graph.var(graph.operand(updates, x.dtype()));
    return x + record(ScatterAdd{a, to}, broadcast_to(Operand(terms, x.where), of), indices);
}

Var one_hot(Operand labels, std::size_t classes, std::int64_t axis, DType dtype) {
    const Var hot = one_hot(labels, classes, dtype);
    const At at(labels);
    return moveaxis(hot, -1, axis);
}

} // namespace xgrad
