#include <xgrad/ops/activations_ops.hpp>

#include <xgrad/ops/special.hpp>

namespace xgrad {

Var silu(Operand x) {
    const Call call("silu", x.where);
    return x * sigmoid(x);
}

Var gelu(Operand x) {
    const Call call("gelu", x.where);
    constexpr double minus_root_half = -0.7071067811865476;
    return x * (0.5 * erfc(minus_root_half * x)); // (1 + erf) would lose the digits of what is small
}

Var gelu_tanh(Operand x) {
    const Call call("gelu_tanh", x.where);
    constexpr double scale = 1.5957691216057308; // 2 sqrt(2/pi), as (1 + tanh(a)) / 2 = sigmoid(2 a)
    return x * sigmoid(scale * (x * (1 + 0.044715 * square(x))));
}

Var elu(Operand x, double alpha) { return record(Elu{alpha}, x); }
Var leaky_relu(Operand x, double slope) { return record(LeakyRelu{slope}, x); }
Var relu6(Operand x) { return hard_tanh(x, 0, 6); }

Var hard_tanh(Operand x, double low, double high) {
    if (!(low <= high)) throw Error("hard_tanh: the lower bound must not be above the upper one", x.where);
    return record(HardTanh{low, high}, x);
}

} // namespace xgrad
