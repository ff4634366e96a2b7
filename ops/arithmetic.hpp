#pragma once
// Elementwise arithmetic, comparisons and selection. All broadcast as NumPy does.

#include <xgrad/core/op.hpp>
#include <xgrad/core/structural.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y = a - b.  dy/da = 1, dy/db = -1
[[nodiscard]] Var operator-(Operand a, Operand b);
/// y = a b.  dy/da = b, dy/db = a
[[nodiscard]] Var operator*(Operand a, Operand b);
/// y = a / b.  dy/da = 1/b, dy/db = -a/b^2.  Integers are divided as in C++, and by zero give 0.
[[nodiscard]] Var operator/(Operand a, Operand b);
/// y = -x.  dy/dx = -1
[[nodiscard]] Var operator-(Operand x);

/// y = a^b, of integers exact, short of overflow, and as a division leaves it where b < 0 (2^-1 is 0).  dy/da = b
/// a^(b-1), and 0 where b = 0;  dy/db = a^b log a, and 0 where a = 0 and b >= 0 (as PyTorch).
[[nodiscard]] Var pow(Operand a, Operand b);
/// y = x^2.  dy/dx = 2x
[[nodiscard]] Var square(Operand x);
/// y = sqrt(x), NaN below 0.  dy/dx = 1/(2y), infinite at 0.  sqrt(x * x) and sqrt(square(x)) are recorded as abs(x),
/// which does not overflow and has slope 0 at 0; TapeOptions::stabilize turns that off.
[[nodiscard]] Var sqrt(Operand x);
/// y = |x|.  dy/dx = sign(x), 0 at 0
[[nodiscard]] Var abs(Operand x);
/// y = -1, 0, 1 for x below, at, above 0.  dy/dx = 0
[[nodiscard]] Var sign(Operand x);
/// The larger of the two; NaN if either is NaN.  The adjoint goes to the larger, in halves where they are equal.
[[nodiscard]] Var maximum(Operand a, Operand b);
/// The smaller of the two; NaN if either is NaN.  The adjoint goes to the smaller, in halves where they are equal.
[[nodiscard]] Var minimum(Operand a, Operand b);
/// y = min(max(x, low), high), which is `high` wherever low > high. The bounds are numbers, or Vars that broadcast with
/// x and have its dtype; Var{} is none. Of integers number bounds need not be whole.  dy/dx = 1 where low <= x <= high,
/// else 0; dy/dlow = 1 where x < low <= high, dy/dhigh = 1 where max(x, low) > high.  numpy.clip, torch.clamp.
[[nodiscard]] Var clip(Operand x, Operand low, Operand high);

/// Masks: uint8, 1 where the comparison holds.
[[nodiscard]] Var operator<(Operand a, Operand b);
[[nodiscard]] Var operator<=(Operand a, Operand b);
[[nodiscard]] Var operator>(Operand a, Operand b);
[[nodiscard]] Var operator>=(Operand a, Operand b);
[[nodiscard]] Var operator==(Operand a, Operand b);
[[nodiscard]] Var operator!=(Operand a, Operand b);

/// a where the mask is not 0, else b.  dy/da = 1 where a is taken, else 0;  dy/db likewise.
///
/// The adjoint of what is not taken is 0, whatever its value. But that 0 goes on into the branch, and times an infinite
/// or NaN slope there it is NaN: the gradient of where(x > 0, sqrt(x), 0) is NaN at 0, because the slope of sqrt there
/// is infinite. Give the branch an argument that it can take everywhere:
///
///     Var y = where(x > 0, sqrt(where(x > 0, x, 1)), 0);
[[nodiscard]] Var where(Operand mask, Operand a, Operand b);

} // namespace xgrad
#pragma GCC visibility pop
