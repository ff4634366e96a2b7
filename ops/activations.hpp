#pragma once
// Activation functions, elementwise; see also relu, softplus, sigmoid and tanh in elementary.hpp.

#include <xgrad/core/op.hpp>

namespace xgrad {

/// y = x sigmoid(x), also known as swish.  dy/dx = s (1 + x (1 - s)), s = sigmoid(x)
Var silu(Operand x);
/// y = x Phi(x), Phi the distribution function of the normal distribution.  dy/dx = Phi(x) + x Phi'(x).  Hendrycks and Gimpel 2016
Var gelu(Operand x);
/// The same with Phi(x) ~ (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
Var gelu_tanh(Operand x);
/// y = x for x > 0, else alpha (e^x - 1).  dy/dx = 1 for x > 0, else alpha e^x
Var elu(Operand x, double alpha = 1);
/// y = x for x > 0, else slope x.  dy/dx = 1 for x > 0, else slope
Var leaky_relu(Operand x, double slope = 0.01);
/// y = min(max(x, 0), 6).  dy/dx = 1 for 0 < x < 6, else 0
Var relu6(Operand x);
/// y = min(max(x, low), high).  dy/dx = 1 for low < x < high, else 0: on the edges, too, where clip has 1 (as PyTorch).
Var hard_tanh(Operand x, double low = -1, double high = 1);

} // namespace xgrad
