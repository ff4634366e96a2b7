#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Adam with the infinity norm.
///     m := beta1 m + (1 - beta1) g,  u := max(beta2 u, |g| + epsilon),  p := p - learning_rate / (1 - beta1^t) m / u
/// g is the gradient + weight_decay p.  As torch.optim.Adamax.  Kingma and Ba 2015.
struct Adamax {
    LearningRate learning_rate = 2e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
    RuleName name = "adamax";

    Var update(Var g, Parameter& p) const {
        p.require({{"beta1", beta1, Range::below_one},
                   {"beta2", beta2, Range::below_one},
                   {"epsilon", epsilon, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative}});
        if (weight_decay != 0) g = g + weight_decay * p.value();
        const Var m = p.average("m", g, beta1), norm = p.slot("norm");
        const Var u = p.keep(norm, maximum(beta2 * norm, abs(g) + epsilon));
        return -p.rate(learning_rate) / p.scalar(1 - pow(beta1, p.count())) * (m / u);
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
