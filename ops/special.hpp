#pragma once
// More elementary functions, elementwise, of float32 and float64.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y = 2/sqrt(pi) integral_0^x e^(-t^2) dt.  dy/dx = 2/sqrt(pi) e^(-x^2)
[[nodiscard]] Var erf(Operand x);
/// y = 1 - erf(x), right to its last digits also where it is tiny.  dy/dx = -2/sqrt(pi) e^(-x^2)
[[nodiscard]] Var erfc(Operand x);
/// The distribution function of the normal distribution, (1 + erf(x / sqrt(2))) / 2, right to its last digits also
/// where it is tiny.  dy/dx = e^(-x^2 / 2) / sqrt(2 pi).  torch.special.ndtr, scipy.stats.norm.cdf
[[nodiscard]] Var ndtr(Operand x);
/// y = 2^x.  dy/dx = y ln 2
[[nodiscard]] Var exp2(Operand x);
/// The logarithm to base 2.  dy/dx = 1/(x ln 2)
[[nodiscard]] Var log2(Operand x);
/// The logarithm to base 10.  dy/dx = 1/(x ln 10)
[[nodiscard]] Var log10(Operand x);
/// The cube root, also of negative numbers.  dy/dx = 1/(3 y^2), infinite at 0
[[nodiscard]] Var cbrt(Operand x);
/// y = 1/sqrt(x).  dy/dx = -y^3/2
[[nodiscard]] Var rsqrt(Operand x);
/// y = 1/x; of integers as in C++, and 0 of 0.  dy/dx = -1/x^2
[[nodiscard]] Var reciprocal(Operand x);

/// y = ln(e^a + e^b) without overflow.  dy/da = sigmoid(a - b), dy/db = sigmoid(b - a); NaN where both are the same
/// infinity (as PyTorch).
[[nodiscard]] Var logaddexp(Operand a, Operand b);
/// z = x ln y, and 0 where x = 0 and y is not NaN.  dz/dx = ln y, and 0 where x = 0 and y <= 0;  dz/dy = x/y (NaN where
/// both are 0, as PyTorch).
[[nodiscard]] Var xlogy(Operand x, Operand y);

} // namespace xgrad
#pragma GCC visibility pop
