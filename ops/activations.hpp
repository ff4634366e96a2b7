#pragma once
// Activation functions, elementwise; see also relu, softplus, sigmoid and tanh in elementary.hpp.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y = x sigmoid(x), also known as swish.  dy/dx = s (1 + x (1 - s)), s = sigmoid(x)
[[nodiscard]] Var silu(Operand x);
/// y = x Phi(x), Phi the distribution function of the normal distribution (ndtr), right to its last digits also in the
/// tail.
/// dy/dx = Phi(x) + x Phi'(x).  Hendrycks and Gimpel 2016
[[nodiscard]] Var gelu(Operand x);
/// The same with Phi(x) ~ (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
[[nodiscard]] Var gelu_tanh(Operand x);
/// y = x for x > 0, else alpha (e^x - 1).  dy/dx = 1 for x > 0, else alpha e^x
[[nodiscard]] Var elu(Operand x, double alpha = 1);
/// y = x for x > 0, else alpha (e^(x / alpha) - 1).  dy/dx = 1 for x > 0, else e^(x / alpha).  Barron 2017
[[nodiscard]] Var celu(Operand x, double alpha = 1);
/// y = 1.0507 elu(x, 1.67326), with more digits: activations keep the mean 0 and the variance 1.  Klambauer et al. 2017
[[nodiscard]] Var selu(Operand x);
/// y = x for x > 0, else slope x.  dy/dx = 1 for x > 0, else slope
[[nodiscard]] Var leaky_relu(Operand x, double slope = 0.01);
/// The same with slopes that can be trained: a Var of one element, or one for each channel of x (N, C, ...).  dy/dslope
/// = x for x < 0, else 0.  He et al. 2015
[[nodiscard]] Var prelu(Operand x, Operand slope);
/// y = min(max(x, 0), 6).  dy/dx = 1 for 0 < x < 6, else 0
[[nodiscard]] Var relu6(Operand x);
/// y = min(max(x, low), high).  dy/dx = 1 for low < x < high, else 0: on the edges, too, where clip has 1 (as PyTorch).
[[nodiscard]] Var hard_tanh(Operand x, double low = -1, double high = 1);
/// y = min(max(x + 3, 0), 6) / 6.  dy/dx = 1/6 for -3 < x < 3, else 0
[[nodiscard]] Var hard_sigmoid(Operand x);
/// y = x min(max(x + 3, 0), 6) / 6.  dy/dx = x/3 + 1/2 for -3 <= x < 3, 1 above, 0 below (as PyTorch).  Howard et al.
/// 2019
[[nodiscard]] Var hard_swish(Operand x);
/// y = x tanh(softplus(x)).  Misra 2019
[[nodiscard]] Var mish(Operand x);
/// y = x / (1 + |x|).  dy/dx = 1 / (1 + |x|)^2
[[nodiscard]] Var softsign(Operand x);

} // namespace xgrad
#pragma GCC visibility pop
