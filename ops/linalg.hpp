#pragma once

#include <xgrad/core/op.hpp>

namespace xgrad {

/// The matrix product over the last two axes; leading axes broadcast. Either operand may be taken transposed (its last
/// two axes). A vector on the left counts as a row, on the right as a column, and that axis is left out of the result.
/// y = a b:  da = g b^T, db = a^T g
Var matmul(Operand a, Operand b, bool transpose_a = false, bool transpose_b = false);

} // namespace xgrad
