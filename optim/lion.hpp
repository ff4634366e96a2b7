#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Evolved sign momentum.
///     p := p - learning_rate (sign(beta1 m + (1 - beta1) g) + weight_decay p),  m := beta2 m + (1 - beta2) g
/// Not in PyTorch; the formula and the defaults are those of the paper.  Chen et al. 2023, algorithm 2.
struct Lion {
    LearningRate learning_rate = 1e-4;
    double beta1 = 0.9;
    double beta2 = 0.99;
    double weight_decay = 0;
    RuleName name = "lion";

    Var update(Var g, Parameter& p) const {
        p.require({{"beta1", beta1, Range::below_one},
                   {"beta2", beta2, Range::below_one},
                   {"weight_decay", weight_decay, Range::not_negative}});
        Var direction = sign(beta1 * p.slot("m") + (1 - beta1) * g);
        p.average("m", g, beta2);
        if (weight_decay != 0) direction = direction + weight_decay * p.value();
        return -p.rate(learning_rate) * direction;
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
