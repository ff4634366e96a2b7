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

// All derivatives of the following ones are again among them.

/// y = log |Gamma(x)|, infinite at 0, -1, -2 ...  dy/dx = digamma(x).  scipy.special.gammaln, torch.lgamma
[[nodiscard]] Var lgamma(Operand x);
/// The logarithmic derivative of Gamma, to 5 eps max(1, |y|); minus infinity at 0 (infinity at -0), NaN at -1, -2 ...
/// dy/dx = polygamma(1, x).  torch.digamma
[[nodiscard]] Var digamma(Operand x);
/// The n-th derivative of digamma, n from 0 to 100; infinite at 0, -1, -2 ... for odd n, NaN at -1, -2 ... for even n.
/// dy/dx = polygamma(n + 1, x).  scipy.special.polygamma, which leaves out x < 0
[[nodiscard]] Var polygamma(std::int64_t n, Operand x);
/// y = log B(a, b) = lgamma(a) + lgamma(b) - lgamma(a + b) for a, b >= 0, also where these cancel: infinite where one is
/// 0, NaN where one is negative.  dy/da = digamma(a) - digamma(a + b).  scipy.special.betaln
[[nodiscard]] Var betaln(Operand a, Operand b);
/// B(a, b) = integral_0^1 t^(a-1) (1-t)^(b-1) dt = e^betaln(a, b).  dy/da = y (digamma(a) - digamma(a + b)).
/// scipy.special.beta
[[nodiscard]] Var beta(Operand a, Operand b);
/// The y with erf(y) = x: infinite at -1 and 1, NaN beyond.  dy/dx = sqrt(pi)/2 e^(y^2).  torch.erfinv
[[nodiscard]] Var erfinv(Operand x);
/// The x with ndtr(x) = p: infinite at 0 and 1, NaN outside.  dx/dp = sqrt(2 pi) e^(x^2 / 2).
/// scipy.special.ndtri, torch.special.ndtri
[[nodiscard]] Var ndtri(Operand p);
/// The modified Bessel functions of the first kind, e^-|x| I_0(x) and e^-|x| I_1(x).
/// i0e' = i1e - sign(x) i0e,  i1e' = (i0e + i2e)/2 - sign(x) i1e; sign(0) = 0.  torch.special.i0e, i1e
[[nodiscard]] Var i0e(Operand x);
[[nodiscard]] Var i1e(Operand x);

} // namespace xgrad
#pragma GCC visibility pop
