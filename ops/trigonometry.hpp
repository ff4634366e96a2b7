#pragma once
// Trigonometric and hyperbolic functions and their inverses, elementwise, of float32 and float64; see also tanh in
// elementary.hpp.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// Sine.  dy/dx = cos x
[[nodiscard]] Var sin(Operand x);
/// Cosine.  dy/dx = -sin x
[[nodiscard]] Var cos(Operand x);
/// Tangent.  dy/dx = 1 + y^2
[[nodiscard]] Var tan(Operand x);
/// Inverse sine, NaN outside [-1, 1].  dy/dx = 1/sqrt(1 - x^2), infinite at -1 and 1
[[nodiscard]] Var asin(Operand x);
/// Inverse cosine, NaN outside [-1, 1].  dy/dx = -1/sqrt(1 - x^2), infinite at -1 and 1
[[nodiscard]] Var acos(Operand x);
/// Inverse tangent.  dy/dx = 1/(1 + x^2)
[[nodiscard]] Var atan(Operand x);
/// Hyperbolic sine.  dy/dx = cosh x
[[nodiscard]] Var sinh(Operand x);
/// Hyperbolic cosine.  dy/dx = sinh x
[[nodiscard]] Var cosh(Operand x);
/// Inverse hyperbolic sine.  dy/dx = 1/sqrt(x^2 + 1)
[[nodiscard]] Var asinh(Operand x);
/// Inverse hyperbolic cosine, NaN below 1.  dy/dx = 1/sqrt(x^2 - 1), infinite at 1
[[nodiscard]] Var acosh(Operand x);
/// Inverse hyperbolic tangent, NaN outside [-1, 1].  dy/dx = 1/(1 - x^2), infinite at -1 and 1
[[nodiscard]] Var atanh(Operand x);

/// The angle of the point (x, y), from -pi to pi.  With r^2 = x^2 + y^2: d/dy = x/r^2, d/dx = -y/r^2; NaN at the origin
/// (as PyTorch).
[[nodiscard]] Var atan2(Operand y, Operand x);
/// h = sqrt(a^2 + b^2) without overflow.  dh/da = a/h, dh/db = b/h; NaN where h = 0 (as PyTorch; norm has 0 there).
[[nodiscard]] Var hypot(Operand a, Operand b);

} // namespace xgrad
#pragma GCC visibility pop
