#include <xgrad/models/mlp.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/base/split_mix.hpp>

namespace xgrad::models {

MLP::MLP(Tape& tape, const std::vector<std::size_t>& widths, MLPOptions o, Location where)
    : activation_(std::move(o.activation)), dropout_(std::move(o.dropout)) {
    const Call call("MLP", where);
    if (widths.size() < 2 || std::find(widths.begin(), widths.end(), 0) != widths.end())
        throw Error(fmt::format("the widths are {{{}}}; give that of the input, those of the hidden layers and that of "
                                "the output, all of them positive",
                                fmt::join(widths, ", ")),
                    where);
    SplitMix seeds(o.seed);
    for (std::size_t i = 0; i + 1 < widths.size(); ++i)
        layers_.emplace_back(tape, widths[i], widths[i + 1],
                             LinearOptions{.weights = o.weights,
                                           .bias = o.bias,
                                           .seed = seeds.bits(),
                                           .dtype = o.dtype,
                                           .name = fmt::format("{}.{}", o.name, i)},
                             where);
}

Var MLP::operator()(Operand x, bool training) const {
    const Call call("MLP", x.where);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        x.var = layers_[i](x);
        if (i + 1 == layers_.size()) break;
        x.var = activation_(x, training);
        if (dropout_) x.var = (*dropout_)(x, training);
    }
    return x.var;
}

} // namespace xgrad::models
