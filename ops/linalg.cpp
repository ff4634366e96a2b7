#include <xgrad/ops/linalg_ops.hpp>

#include <xgrad/core/structural.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad {

Var matmul(Operand a, Operand b, bool transpose_a, bool transpose_b) {
    const bool row = a.var && a.var.shape().rank() == 1, column = b.var && b.var.shape().rank() == 1;
    if (!row && !column) return record(MatMul{transpose_a, transpose_b}, a, b);
    const At at(a);
    const Var left = row ? expand_dims(a, 0) : a.var, right = column ? expand_dims(b, 1) : b.var;
    const Var product = matmul(left, right, !row && transpose_a, !column && transpose_b);
    Dims axes;
    if (row) axes.push_back(-2);
    if (column) axes.push_back(-1);
    return squeeze(product, axes);
}

} // namespace xgrad
