#include <xgrad/ops/linalg_ops.hpp>

#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad {

namespace {

Type type_of(const Operand& x) { return {x.dtype(), x.shape()}; }

/// What MatMul says of matrices, said of operands of which one is a vector, which it gets as a matrix.
void check_vectors(const Operand& left, const Operand& right, bool transpose_a, bool transpose_b) {
    const Type a = type_of(left), b = type_of(right);
    MatMul::check_dtypes(a, b);
    if (a.shape.rank() == 0 || b.shape.rank() == 0)
        throw Error(fmt::format("takes matrices and vectors, was given {} x {}; each needs at least one axis",
                                a.shape.str(), b.shape.str()));
    const auto extent = [](const Shape& s, bool last) { return s.rank() == 1 ? s[0] : s[s.rank() - (last ? 1 : 2)]; };
    transpose_a &= a.shape.rank() > 1, transpose_b &= b.shape.rank() > 1;
    if (extent(a.shape, !transpose_a) != extent(b.shape, transpose_b))
        throw Error(fmt::format("inner extents differ, {}{} x {}{}", a.shape.str(), transpose_a ? " transposed" : "",
                                b.shape.str(), transpose_b ? " transposed" : ""));
}

} // namespace

Var matmul(Operand a, Operand b, bool transpose_a, bool transpose_b) {
    const Call call("matmul", a.where);
    const bool row = a.var.valid() && a.var.shape().rank() == 1, column = b.var.valid() && b.var.shape().rank() == 1;
    if (!row && !column) return record(MatMul{transpose_a, transpose_b}, a, b);
    check_vectors(a, b, transpose_a, transpose_b);
    const Var left = row ? expand_dims(a, 0) : a.var, right = column ? expand_dims(b, 1) : b.var;
    const Var product = matmul(left, right, !row && transpose_a, !column && transpose_b);
    Dims axes;
    if (row) axes.push_back(-2);
    if (column) axes.push_back(-1);
    return squeeze(product, axes);
}

Var dot(Operand a, Operand b) {
    const Call call("dot", a.where);
    if (!a.var.valid() || !b.var.valid() || a.var.shape().rank() == 0 || b.var.shape().rank() == 0) return a * b;
    const Shape first = a.var.shape(), second = b.var.shape();
    if (second.rank() <= 2) return matmul(a, b);
    MatMul::check_dtypes(type_of(a), type_of(b));
    // The summed axis of b in front, all others one: a matrix product.
    const std::size_t inner = second[second.rank() - 2];
    Dims extents;
    std::size_t columns = 1;
    for (std::size_t i = 0; i + 1 < first.rank(); ++i)
        extents.push_back(static_cast<std::int64_t>(first[i]));
    for (std::size_t i = 0; i < second.rank(); ++i)
        if (i + 2 != second.rank()) extents.push_back(static_cast<std::int64_t>(second[i])), columns *= second[i];
    if (first.back() != inner)
        throw Error(
            fmt::format("dot: inner extents differ, {} x {}; the last of a and the last but one of b must be equal",
                        first.str(), second.str()),
            a.where);
    const Shape result = checked_shape("dot", extents, a.where);
    const Var matrix = reshape_to(moveaxis(b, -2, 0), Shape(inner, columns));
    return reshape_to(matmul(a, matrix), result);
}

Var outer(Operand a, Operand b) {
    const Call call("outer", a.where);
    detail::require_one_dtype("outer", a, b);
    const Shape column(static_cast<std::int64_t>(a.shape().numel()), 1),
        row(1, static_cast<std::int64_t>(b.shape().numel()));
    return reshape_to(a, column) * reshape_to(b, row);
}

Var trace(Operand x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2) {
    const Call call("trace", x.where);
    return sum(diagonal(x, offset, axis1, axis2), -1);
}

} // namespace xgrad
