#pragma once
// Whole numbers and remainders, elementwise. Integers, too, are taken, and are their own whole numbers.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// The largest whole number <= x.  dy/dx = 0
[[nodiscard]] Var floor(Operand x);
/// The smallest whole number >= x.  dy/dx = 0
[[nodiscard]] Var ceil(Operand x);
/// The nearest whole number, halves to the even one.  dy/dx = 0
[[nodiscard]] Var round(Operand x);
/// x without its fraction.  dy/dx = 0
[[nodiscard]] Var trunc(Operand x);

/// y = a - b trunc(a / b), exactly, with the sign of a; NaN for b = 0, of integers 0.  dy/da = 1, dy/db = -trunc(a / b)
[[nodiscard]] Var fmod(Operand a, Operand b);

} // namespace xgrad
#pragma GCC visibility pop
