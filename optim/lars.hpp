#pragma once

#include <xgrad/optim/scale.hpp>
#include <xgrad/optim/trust_ratio.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Momentum whose rate is set for each parameter by its norm: a chain of the trust ratio, the learning rate and a
/// trace.
///     v := momentum v + learning_rate trust_coefficient |p| / (|g| + weight_decay |p| + epsilon) (g + weight_decay p)
///     p := p - v
/// Not in PyTorch; the formula is the paper's, whose weight_decay is 5e-4.  Where |p| or |g| is zero the ratio is 1.
/// Biases are best trained by another rule, see Masked.  You, Gitman and Ginsburg 2017.
struct LARS {
    LearningRate learning_rate = 1e-1;
    double momentum = 0.9;
    double weight_decay = 0;
    double trust_coefficient = 1e-3;
    double epsilon = 0;
    bool nesterov = false;
    RuleName name = "lars";

    Var update(Var g, Parameter& p) const {
        p.require({{"momentum", momentum, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative},
                   {"trust_coefficient", trust_coefficient, Range::not_negative},
                   {"epsilon", epsilon, Range::not_negative}});
        g = ScaleByTrustRatio{trust_coefficient, weight_decay, epsilon}.update(g, p);
        g = ScaleByLearningRate{learning_rate}.update(g, p);
        return Trace{momentum, nesterov}.update(g, p);
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
