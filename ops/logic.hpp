#pragma once
// Questions about elements, answered by masks: uint8, 1 for yes. They have no derivative.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

[[nodiscard]] Var isnan(Operand x);
[[nodiscard]] Var isinf(Operand x);
/// Neither infinite nor NaN; 1 for every integer.
[[nodiscard]] Var isfinite(Operand x);

/// Of elements of any dtype: what is not 0 counts as true, NaN included.
[[nodiscard]] Var logical_and(Operand a, Operand b);
[[nodiscard]] Var logical_or(Operand a, Operand b);
[[nodiscard]] Var logical_xor(Operand a, Operand b);
[[nodiscard]] Var logical_not(Operand x);

/// The same for masks, as NumPy writes them: `where(~(x < 0) & (x < 1), x, 0)`; an operand that is not uint8 is an
/// error. (The operators &&, || and ! do not compile: a Var is neither true nor false.)
[[nodiscard]] Var operator&(Operand a, Operand b);
[[nodiscard]] Var operator|(Operand a, Operand b);
[[nodiscard]] Var operator^(Operand a, Operand b);
[[nodiscard]] Var operator~(Operand x);

} // namespace xgrad
#pragma GCC visibility pop
