#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Steps in the units of the parameter: the running size of the steps over that of the gradients.
///     s := rho s + (1 - rho) g^2,  d = g sqrt(u + epsilon) / sqrt(s + epsilon),  u := rho u + (1 - rho) d^2
///     p := p - learning_rate d
/// g is the gradient + weight_decay p.  As torch.optim.Adadelta.  Zeiler 2012.
struct Adadelta {
    LearningRate learning_rate = 1.0;
    double rho = 0.9;
    double epsilon = 1e-6;
    double weight_decay = 0;
    RuleName name = "adadelta";

    Var update(Var g, Parameter& p) const {
        p.require({{"rho", rho, Range::up_to_one},
                   {"epsilon", epsilon, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative}});
        if (weight_decay != 0) g = g + weight_decay * p.value();
        const Var s = p.average("square", square(g), rho);
        const Var d = sqrt((p.slot("step") + epsilon) / (s + epsilon)) * g;
        p.average("step", square(d), rho);
        return -p.rate(learning_rate) * d;
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
