#pragma once

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// The matrix product over the last two axes; leading axes broadcast. Either operand may be taken transposed (its last
/// two axes). A vector on the left counts as a row, on the right as a column, and that axis is left out of the result.
/// y = a b:  da = g b^T, db = a^T g
[[nodiscard]] Var matmul(Operand a, Operand b, bool transpose_a = false, bool transpose_b = false);

/// Which operands of a matrix product are taken transposed: matmul(a, b, {.transpose_b = true}).
struct MatMulOptions {
    bool transpose_a = false, transpose_b = false;
};
[[nodiscard]] inline Var matmul(const Operand& a, const Operand& b, MatMulOptions options) {
    return matmul(a, b, options.transpose_a, options.transpose_b);
}

/// numpy.dot: of vectors their inner product, of matrices their matrix product; a scalar multiplies; otherwise the sum
/// over the last axis of a and the last but one of b (the only one of a vector): (A..., k) and (B..., k, n) -> (A...,
/// B..., n). See also matmul.
[[nodiscard]] Var dot(Operand a, Operand b);
/// All products of elements, both arrays flattened: y_ij = a_i b_j.  da_i = sum_j g_ij b_j
[[nodiscard]] Var outer(Operand a, Operand b);
/// The sum of x[i, i + offset] over two axes, which are left out.  dx = g on that diagonal
[[nodiscard]] Var trace(Operand x, std::int64_t offset = 0, std::int64_t axis1 = 0, std::int64_t axis2 = 1);

} // namespace xgrad
#pragma GCC visibility pop
