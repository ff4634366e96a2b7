#pragma once
// Elementary functions, elementwise.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y = e^x.  dy/dx = y
[[nodiscard]] Var exp(Operand x);
/// y = ln x, -infinity at 0, NaN below.  dy/dx = 1/x.  Recorded stably: log(1 + x) and log(1 - x) as log1p, log(sum(exp
/// x)) and log(mean(exp x)) by logsumexp, log(exp a + exp b) as logaddexp, log of a softmax as log_softmax, log(sigmoid
/// x) as
/// -softplus(-x), log(1 - sigmoid x) as -softplus(x), log(1 + exp x) and log1p(exp x) as softplus(x), log(1 - exp x) so
/// that it keeps its digits on both ends; TapeOptions::stabilize turns that off.
[[nodiscard]] Var log(Operand x);
/// y = ln(1 + x).  dy/dx = 1/(1 + x)
[[nodiscard]] Var log1p(Operand x);
/// y = e^x - 1, and what exp(x) - 1 is recorded as; 1 - exp(x) is -expm1(x).  dy/dx = e^x
[[nodiscard]] Var expm1(Operand x);
/// Hyperbolic tangent.  dy/dx = 1 - y^2
[[nodiscard]] Var tanh(Operand x);
/// y = 1/(1 + e^-x).  dy/dx = y (1 - y)
[[nodiscard]] Var sigmoid(Operand x);
/// y = ln(1 + e^x).  dy/dx = sigmoid(x)
[[nodiscard]] Var softplus(Operand x);
/// y = max(x, 0).  dy/dx = 1 for x > 0, else 0
[[nodiscard]] Var relu(Operand x);

namespace detail {
/// log(x) as it is written, without a look at what x is.
[[nodiscard]] Var plain_log(Operand x);
/// y = ln(1 - e^x), -infinity at 0.  dy/dx = -1 / (e^-x - 1)
[[nodiscard]] Var log_one_minus_exp(Operand x);
/// expm1(x) for exp(x) - 1, else Var{}.
[[nodiscard]] Var stable_minus_one(const Operand& a, const Operand& b);
} // namespace detail

} // namespace xgrad
#pragma GCC visibility pop
