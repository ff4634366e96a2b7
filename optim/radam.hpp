#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Adam that waits with its adaptive step until the variance of that step can be told.
///     m, v as in Adam;  rho_inf = 2 / (1 - beta2) - 1,  rho = rho_inf - 2 t beta2^t / (1 - beta2^t)
///     r = sqrt((rho - 4) (rho - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho))
///     p := p - learning_rate m / (1 - beta1^t) (r sqrt(1 - beta2^t) / (sqrt(v) + epsilon) if rho > 5, else 1)
/// weight_decay adds to the gradient, or, decoupled, learning_rate weight_decay p is taken off p.  As
/// torch.optim.RAdam.
/// Liu et al. 2020.
struct RAdam {
    LearningRate learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
    bool decoupled_weight_decay = false;
    RuleName name = "radam";

    Var update(Var g, Parameter& p) const {
        p.require({{"beta1", beta1, Range::below_one},
                   {"beta2", beta2, Range::below_one},
                   {"epsilon", epsilon, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative}});
        if (weight_decay != 0 && !decoupled_weight_decay) g = g + weight_decay * p.value();
        const Var m = p.average("m", g, beta1), v = p.average("v", square(g), beta2);
        const Var t = p.count(), power = pow(beta2, t);
        const double rho_inf = 2 / (1 - beta2) - 1;
        const Var rho = rho_inf - 2 * t * power / (1 - power), ready = rho > 5;
        const Var square_r = (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho);
        const Var r = where(ready, sqrt(where(ready, square_r * (1 - power), 1)), 1), rate = p.rate(learning_rate);
        const Var step = -rate * p.scalar(r / (1 - pow(beta1, t))) * (m / where(ready, sqrt(v) + epsilon, 1));
        return weight_decay != 0 && decoupled_weight_decay ? step - weight_decay * rate * p.value() : step;
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
