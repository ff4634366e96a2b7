#include <xgrad/ops/gather_ops.hpp>

#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/ops/index.hpp>
#include <xgrad/ops/rearrange.hpp>

namespace xgrad {

namespace {

std::string out_of_range(const Shape& shape, std::size_t i, std::int64_t index, std::int64_t axis,
                         std::int64_t extent) {
    return fmt::format("index {} at position {} is out of range; axis {} has extent {}, {}", index, shape.position(i),
                       axis, extent, places_of("indices", extent));
}

} // namespace

void CheckedIndices::fail(const char* op, const Shape& shape, std::size_t i, std::int64_t axis) const {
    throw Error(fmt::format("{}: {}", op, out_of_range(shape, i, data_[i], axis, extent_)));
}

template <class T>
void take_rows_kernel(const Tile& t) {
    const auto extent = static_cast<std::int64_t>(static_cast<const TakeRows*>(t.op)->extent);
    const auto* indices = static_cast<const std::int64_t*>(t.in[1]);
    for (std::size_t r = 0; r < t.rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        const std::int64_t index = indices[row * t.in_stride[1]];
        T* out = static_cast<T*>(t.out) + row * t.out_stride;
        if (index < -extent || index >= extent) {
            t.fault->report(t.first_row + r);
            std::fill_n(out, t.cols, T(0));
        } else
            std::copy_n(static_cast<const T*>(t.in[0]) +
                            static_cast<std::size_t>(index < 0 ? index + extent : index) * t.cols,
                        t.cols, out);
    }
}

Kernel TakeRows::kernel(Types in) {
    return detail::visit_bits(in[0].dtype, []<class T>(T) -> Kernel { return take_rows_kernel<T>; });
}

std::string TakeRows::fault(Types in, std::int64_t value, std::uint64_t position) const {
    return out_of_range(in[1].shape, position, value, 0, static_cast<std::int64_t>(extent));
}

namespace {

std::int64_t axis_of(const char* op, const Operand& x, std::int64_t axis) {
    return detail::normalized_axes(op, x, Dims(axis))[0];
}

void require_int64(const char* op, const Operand& x, const Operand& indices) {
    if (indices.var.valid() && is_floating(indices.dtype()) && x.dtype() == DType::int64)
        throw Error(fmt::format("{}: {} {} were given as indices of int64 {}; the array comes first, and the indices "
                                "second",
                                op, name(indices.dtype()), indices.shape().str(), x.shape().str()),
                    x.where);
    if (!indices.var.valid() || indices.dtype() != DType::int64)
        throw Error(fmt::format("{}: the indices are {}; they must be an int64 Var", op,
                                indices.var.valid() ? fmt::format("{} {}", name(indices.dtype()), indices.shape().str())
                                                    : "a number"),
                    indices.where);
}

} // namespace

/// With other indices for each example, the result has the axis of the examples where the indices' axes are.
Var Take::vmap(const BatchedInputs& in) const {
    if (in.batched[0] && in.batched[1]) return {};
    return in.batched[0] ? take(in.x[0], in.x[1], axis + 1) : moveaxis(take(in.x[0], in.x[1], axis), axis, 0);
}

Var take(Operand x, Operand indices, std::int64_t axis) {
    const Call call("take", x.where);
    require_int64("take", x, indices);
    const std::int64_t a = axis_of("take", x, axis);
    const Shape& shape = x.shape();
    if (a == 0 && shape.numel() != 0 && indices.shape().numel() != 0) return record(TakeRows{shape[0]}, x, indices);
    return record(Take{a}, x, indices);
}

Var take(Operand x, Operand indices) {
    const Call call("take", x.where);
    return take(reshape(x, -1), indices, 0);
}

Var take_along_axis(Operand x, Operand indices, std::int64_t axis) {
    const Call call("take_along_axis", x.where);
    const std::int64_t a = axis_of("take_along_axis", x, axis);
    require_int64("take_along_axis", x, indices);
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
    common[at_axis] = extent;
    const Var wide = broadcast_to(x, common);
    common[at_axis] = count;
    return record(TakeAlongAxis{a}, wide, broadcast_to(indices, common));
}

ScatterOperands scatter_operands(const char* op, const Operand& x, const Operand& indices, const Operand& updates,
                                 std::int64_t axis) {
    const Call call(op, x.where);
    const std::int64_t a = axis_of(op, x, axis);
    require_int64(op, x, indices);
    const Shape to = x.shape(), of = indices.shape();
    bool fits = to.rank() == of.rank();
    for (std::size_t d = 0; fits && d < to.rank(); ++d)
        fits = static_cast<std::int64_t>(d) == a || of[d] <= to[d];
    if (!fits)
        throw Error(
            fmt::format("{}: x is {} and the indices are {}; they need the same number of axes, and along those "
                        "other than axis {} the indices may not be longer",
                        op, to.str(), of.str(), a),
            x.where);
    if (updates.var.valid() && updates.dtype() != x.dtype())
        throw Error(fmt::format("{}: dtypes differ, x is {} {}, the updates are {} {}; {}", op, name(x.dtype()),
                                to.str(), name(updates.dtype()), updates.shape().str(),
                                detail::advice_to_cast(x.dtype(), updates.dtype())),
                    x.where);
    const GraphUse graph(x.var, x.where);
    const Var terms = graph->var(graph->operand(updates, x.dtype()));
    return {a, broadcast_to(Operand(terms, x.where), of)};
}

Var scatter_add(Operand x, Operand indices, Operand updates, std::int64_t axis) {
    const Call call("scatter_add", x.where);
    const ScatterOperands o = scatter_operands("scatter_add", x, indices, updates, axis);
    return x + record(ScatterAdd{o.axis, x.shape()}, o.updates, indices);
}

namespace {

/// Indices (..., K) of the first K axes of an array as one index (...) of these axes together.
struct FlatIndices {
    static constexpr auto name = "gather_nd";
    Shape over;

    static Shape shape(Types in) {
        Shape result;
        for (std::size_t i = 0; i + 1 < in[0].shape.rank(); ++i)
            result.append(static_cast<std::int64_t>(in[0].shape[i]));
        return result;
    }
    void eval(ConstArrays in, Array out) const {
        const auto* from = in[0].pointer<std::int64_t>();
        auto* to = out.pointer<std::int64_t>();
        const std::size_t count = out.shape().numel(), k = over.rank();
        for (std::size_t i = 0; i < count; ++i) {
            to[i] = 0;
            for (std::size_t axis = 0; axis < k; ++axis, ++from) {
                const auto extent = static_cast<std::int64_t>(over[axis]);
                if (*from < -extent || *from >= extent)
                    throw Error(fmt::format("gather_nd: {}", out_of_range(in[0].shape(), i * k + axis, *from,
                                                                          static_cast<std::int64_t>(axis), extent)));
                to[i] = to[i] * extent + (*from < 0 ? *from + extent : *from);
            }
        }
    }
    std::size_t hash() const { return over.hash(); }
    std::string str() const { return over.str(); }
    bool operator==(const FlatIndices&) const = default;
};

} // namespace

Var gather_nd(Operand x, Operand indices) {
    const Call call("gather_nd", x.where);
    require_int64("gather_nd", x, indices);
    const Shape &from = x.shape(), &of = indices.shape();
    const std::size_t k = of.rank() == 0 ? 0 : of.back();
    if (k == 0 || k > from.rank())
        throw Error(
            fmt::format("gather_nd: x is {} and the indices are {}; their last axis must hold an index for each "
                        "of the first axes of x, from 1 to {} of them",
                        from.str(), of.str(), from.rank()),
            x.where);
    Shape over;
    Dims rest(1);
    for (std::size_t axis = 0; axis < from.rank(); ++axis)
        if (axis < k) {
            over.append(static_cast<std::int64_t>(from[axis]));
            rest[0] *= static_cast<std::int64_t>(from[axis]);
        } else
            rest.push_back(static_cast<std::int64_t>(from[axis]));
    return take(reshape_to(x, Shape(rest)), record(FlatIndices{over}, indices), 0);
}

Var one_hot(Operand labels, std::size_t classes, std::int64_t axis, DType dtype) {
    const Call call("one_hot", labels.where);
    const Var hot = one_hot(labels, classes, dtype);
    const auto rank = static_cast<std::int64_t>(hot.shape().rank());
    if (axis < -rank || axis >= rank)
        throw Error(
            fmt::format("one_hot: axis {} does not exist in the result of labels {}, which has one axis more; {}", axis,
                        labels.shape().str(), axes_of_rank(hot.shape().rank())),
            labels.where);
    return moveaxis(hot, -1, axis);
}

} // namespace xgrad
