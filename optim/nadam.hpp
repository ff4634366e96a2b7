#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Adam with Nesterov's momentum, whose strength mu grows to beta1.
///     mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2),  P := P mu_t
///     m := beta1 m + (1 - beta1) g,  v := beta2 v + (1 - beta2) g^2
///     p := p - learning_rate ((1 - mu_t) / (1 - P) g + mu_(t+1) / (1 - P mu_(t+1)) m)
///              / (sqrt(v / (1 - beta2^t)) + epsilon)
/// weight_decay adds to the gradient, or, decoupled, learning_rate weight_decay p is taken off p.  As torch.optim.NAdam
/// of today (that of 1.13 has a slip).  Dozat 2016.
struct NAdam {
    LearningRate learning_rate = 2e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
    double momentum_decay = 4e-3;
    bool decoupled_weight_decay = false;
    RuleName name = "nadam";

    Var update(Var g, Parameter& p) const {
        p.require({{"beta1", beta1, Range::below_one},
                   {"beta2", beta2, Range::below_one},
                   {"epsilon", epsilon, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative},
                   {"momentum_decay", momentum_decay, Range::not_negative}});
        if (weight_decay != 0 && !decoupled_weight_decay) g = g + weight_decay * p.value();
        const Var t = p.count(), mu = strength(t), mu_next = strength(t + 1);
        const Var before = p.shared("mu_product", 1), product = p.keep(before, before * mu);
        const Var m = p.average("m", g, beta1), v = p.average("v", square(g), beta2);
        const Var root = sqrt(1 - pow(beta2, t)), rate = p.rate(learning_rate);
        const Var of_g = -rate * p.scalar(root * (1 - mu) / (1 - product));
        const Var of_m = -rate * p.scalar(root * mu_next / (1 - product * mu_next));
        const Var step = (of_g * g + of_m * m) / (sqrt(v) + p.scalar(epsilon * root));
        return weight_decay != 0 && decoupled_weight_decay ? step - weight_decay * rate * p.value() : step;
    }
    [[nodiscard]] Var strength(Var t) const { return beta1 * (1 - 0.5 * pow(0.96, momentum_decay * t)); }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
