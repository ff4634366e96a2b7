#pragma once
// Integers that choose: labels of classes.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// One element of each row: x (..., C), labels (...) int64 -> (...).  y_i = x[i, labels_i].  A label outside 0 .. C-1
/// is an error when the program runs.  dx = one_hot(labels) * g
[[nodiscard]] Var pick(Operand x, Operand labels);
/// Rows of zeros with a one where the label says: labels (...) int64 -> (..., classes).
[[nodiscard]] Var one_hot(Operand labels, std::size_t classes, DType dtype = DType::float32);

} // namespace xgrad
#pragma GCC visibility pop
