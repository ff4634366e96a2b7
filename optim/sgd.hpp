#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Stochastic gradient descent with everything torch.optim.SGD has:
///     g := g + weight_decay p
///     v := g in the first step, then momentum v + (1 - dampening) g
///     g := g + momentum v if nesterov, else v        (without momentum: g)
///     p := p - learning_rate g
/// Nesterov's momentum wants momentum > 0 and dampening = 0, here as in PyTorch.
struct SGD {
    LearningRate learning_rate = 1e-3;
    double momentum = 0;
    double dampening = 0;
    double weight_decay = 0;
    bool nesterov = false;
    RuleName name = "sgd";

    Var update(Var g, Parameter& p) const {
        p.require({{"momentum", momentum, Range::not_negative},
                   {"dampening", dampening, Range::any},
                   {"weight_decay", weight_decay, Range::not_negative}});
        if (nesterov && (momentum <= 0 || dampening != 0))
            throw Error("SGD: Nesterov's momentum needs momentum > 0 and dampening = 0");
        if (weight_decay != 0) g = g + weight_decay * p.value();
        if (momentum != 0) {
            const Var v = p.slot("velocity");
            const Var fresh = dampening == 0 ? g : where(p.count() == 1, g, (1 - dampening) * g);
            const Var next = p.keep(v, momentum * v + fresh);
            g = nesterov ? g + momentum * next : next;
        }
        return -p.rate(learning_rate) * g;
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
