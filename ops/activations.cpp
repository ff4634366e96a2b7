#include <xgrad/ops/activations_ops.hpp>

#include <fmt/format.h>

#include <xgrad/core/structural.hpp>

namespace xgrad {

Var silu(Operand x) {
    const Call call("silu", x.where);
    return x * sigmoid(x);
}

Var gelu(Operand x) { return record(Gelu{}, x); }

Var gelu_tanh(Operand x) {
    const Call call("gelu_tanh", x.where);
    constexpr double scale = 1.5957691216057308; // 2 sqrt(2/pi), as (1 + tanh(a)) / 2 = sigmoid(2 a)
    return x * sigmoid(scale * (x * (1 + 0.044715 * square(x))));
}

Var elu(Operand x, double alpha) { return record(Elu{alpha}, x); }

Var celu(Operand x, double alpha) {
    const Call call("celu", x.where);
    if (!(alpha != 0)) throw Error(fmt::format("celu: alpha is {}; it must not be 0", alpha), x.where);
    return record(Elu{alpha, 1 / alpha}, x);
}

Var selu(Operand x) {
    const Call call("selu", x.where);
    return 1.0507009873554805 * elu(x, 1.6732632423543772);
}

Var leaky_relu(Operand x, double slope) { return record(LeakyRelu{slope}, x); }

Var prelu(Operand x, Operand slope) {
    const Call call("prelu", x.where);
    if (slope.is_number) return leaky_relu(x, slope.is_integer ? static_cast<double>(slope.integer) : slope.number);
    const Shape &shape = x.shape(), &of = slope.shape();
    Var slopes;
    if (of.numel() == 1)
        slopes = reshape_to(slope, {});
    else if (of.rank() == 1 && shape.rank() >= 2 && of[0] == shape[1]) {
        Shape per_channel(of[0]); // (C, 1, 1...): broadcasts against x
        for (std::size_t axis = 2; axis < shape.rank(); ++axis)
            per_channel.append(1);
        slopes = reshape_to(slope, per_channel);
    } else
        throw Error(
            fmt::format("prelu: x is {} and the slope {}; it must have one element, or be (C) for x (N, C, ...)",
                        shape.str(), of.str()),
            x.where);
    return where(x > 0, x, slopes * where(x > 0, 0, x)); // of what is not taken nothing may be infinite
}

Var relu6(Operand x) {
    const Call call("relu6", x.where);
    return hard_tanh(x, 0, 6);
}

Var hard_tanh(Operand x, double low, double high) {
    if (!(low <= high)) throw Error("hard_tanh: the lower bound must not be above the upper one", x.where);
    return record(HardTanh{low, high}, x);
}

Var hard_sigmoid(Operand x) {
    const Call call("hard_sigmoid", x.where);
    return hard_tanh(x + 3, 0, 6) / 6;
}

Var hard_swish(Operand x) {
    const Call call("hard_swish", x.where);
    return where(x < 3, x * (clip(x + 3, 0, 6) / 6), x);
}

Var mish(Operand x) {
    const Call call("mish", x.where);
    return x * tanh(softplus(x));
}

Var softsign(Operand x) { return record(Softsign{}, x); }

} // namespace xgrad
