#pragma once

#include <xgrad/optim/adam.hpp>
#include <xgrad/optim/scale.hpp>
#include <xgrad/optim/trust_ratio.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Adam whose rate is set for each parameter by its norm: a chain of Adam's scaling, decay, the trust ratio and the
/// rate.
///     r = Adam's direction + weight_decay p,  p := p - learning_rate |p| / |r| r
/// Not in PyTorch; algorithm 2 of the paper, with the corrections for the start.  Where |p| or |r| is zero the ratio is
/// 1.
/// You et al. 2020.
struct LAMB {
    LearningRate learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-6;
    double weight_decay = 0;
    RuleName name = "lamb";

    Var update(Var g, Parameter& p) const {
        p.require({{"beta1", beta1, Range::below_one},
                   {"beta2", beta2, Range::below_one},
                   {"epsilon", epsilon, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative}});
        g = ScaleByAdam{beta1, beta2, epsilon}.update(g, p);
        if (weight_decay != 0) g = AddDecayedWeights{weight_decay}.update(g, p);
        g = ScaleByTrustRatio{}.update(g, p);
        return ScaleByLearningRate{learning_rate}.update(g, p);
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
