#include <xgrad/ops/linalg_ops.hpp>

#include <algorithm>

#include <xgrad/core/derivative/identity.hpp>
#include <xgrad/core/graph/match.hpp>
#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/core/graph/structural_ops.hpp>
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

namespace {

/// The extents of all but the last two axes, and two others.
Shape with_matrix(const Shape& shape, std::size_t rows, std::size_t columns) {
    Shape result = shape;
    result[shape.rank() - 2] = rows;
    result[shape.rank() - 1] = columns;
    return result;
}

/// x as one matrix: its last axis, and all others as one.
Var as_matrix(Var x, std::size_t columns) {
    return reshape_to(x, Shape(columns == 0 ? 0 : x.shape().numel() / columns, columns));
}

/// rows times m, or m transposed. The rows may be those of the identity, or of a diagonal matrix as the identity times
/// its diagonal: the first product in a Jacobian is one of these, and none is needed.
Var times(Var rows, Var m, bool transposed) {
    const auto matrix = [&] { return transposed ? transpose(m) : m; };
    if (is_identity_matrix(rows)) return matrix();
    const std::vector<Var> factors = inputs_of<Multiply>(rows);
    for (std::size_t k = 0; k < factors.size(); ++k) {
        const Shape diagonal = factors[1 - k].shape();
        const std::size_t extent = rows.shape()[0];
        if (is_identity_matrix(factors[k]) && diagonal.rank() != 0 && diagonal.numel() == extent &&
            diagonal.back() == extent)
            return reshape_to(factors[1 - k], Shape(extent, 1)) * matrix();
    }
    return matmul(rows, m, false, transposed);
}

} // namespace

/// Where there is a way to make one product of matrices of all the examples' products, or none at all.
Var MatMul::vmap(const BatchedInputs& in) const {
    const std::size_t rank = std::max(in.x[0].shape().rank() - static_cast<std::size_t>(in.batched[0]),
                                      in.x[1].shape().rank() - static_cast<std::size_t>(in.batched[1]));
    const Shape a = in.x[0].shape(), b = in.x[1].shape();
    const std::size_t rows = a[a.rank() - (ta ? 1 : 2)], inner = a[a.rank() - (ta ? 2 : 1)],
                      columns = b[b.rank() - (tb ? 2 : 1)];
    const auto one_matrix = [&](std::size_t k) { return !in.batched[k] && in.x[k].shape().rank() == 2; };
    if (inner == 0) return {};
    if (inner == 1) { // all products of elements
        const Var left = in.aligned(0, rank), right = in.aligned(1, rank);
        return reshape_to(left, with_matrix(left.shape(), rows, 1)) *
               reshape_to(right, with_matrix(right.shape(), 1, columns));
    }
    if (one_matrix(1) && (!ta || rows == 1)) // the rows of all examples, times the matrix
        return reshape_to(times(as_matrix(in.x[0], inner), in.x[1], tb), with_matrix(a, rows, columns));
    if (one_matrix(0) && columns == 1) // the matrix times a vector of each example
        return reshape_to(times(as_matrix(in.x[1], inner), in.x[0], !ta), with_matrix(b, rows, columns));
    if (rows == 1 && columns == 1) { // a product of two vectors of each example
        const Var left = in.aligned(0, rank), right = in.aligned(1, rank);
        return sum(reshape_to(left, with_matrix(left.shape(), 1, inner)) *
                       reshape_to(right, with_matrix(right.shape(), 1, inner)),
                   -1, keepdims);
    }
    return {};
}

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
