#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Nesterov's accelerated gradient as torch.optim.SGD has it:  v := momentum v + g,  p := p - learning_rate (g +
/// momentum v).
/// With `look_ahead` as the lecture writes it, the parameters being the point looked ahead to and the velocity a step:
///     v' := momentum v - learning_rate g,  p := p - momentum v + (1 + momentum) v'
/// Both walk the same path while the rate does not change. g is the gradient + weight_decay p. PyTorch has no momentum
/// unless it is given.
/// CS231n, lecture 7; Nesterov 1983; Sutskever et al. 2013.
struct Nesterov {
    LearningRate learning_rate = 1e-3;
    double momentum = 0.9;
    double weight_decay = 0;
    bool look_ahead = false;
    RuleName name = "nesterov";

    Var update(Var g, Parameter& p) const {
        p.require({{"momentum", momentum, Range::not_negative}, {"weight_decay", weight_decay, Range::not_negative}});
        if (weight_decay != 0) g = g + weight_decay * p.value();
        const Var v = p.slot("velocity"), rate = p.rate(learning_rate);
        if (look_ahead) return (1 + momentum) * p.keep(v, momentum * v - rate * g) - momentum * v;
        return -rate * (g + momentum * p.keep(v, momentum * v + g));
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
