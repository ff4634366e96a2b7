#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// The direction of Adam, as a stage of a chain; it points along the gradient, and wants ScaleByLearningRate after it.
///     m := beta1 m + (1 - beta1) g,  v := beta2 v + (1 - beta2) g^2
///     m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
/// With amsgrad the largest v so far stands in the place of v.
struct ScaleByAdam {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    bool amsgrad = false;
    RuleName name = "adam";
    static constexpr bool stage() { return true; }

    Var update(Var g, Parameter& p) const {
        p.require({{"beta1", beta1, Range::below_one},
                   {"beta2", beta2, Range::below_one},
                   {"epsilon", epsilon, Range::not_negative}});
        return times(1, g, p);
    }

    /// A number times the direction. All that has one element is worked out before the loop over the parameter's.
    [[nodiscard]] Var times(Operand factor, Var g, Parameter& p) const {
        const Var m = p.average("m", g, beta1), t = p.count(), root = sqrt(1 - pow(beta2, t));
        Var v = p.average("v", square(g), beta2);
        if (amsgrad) {
            const Var largest = p.slot("v_max");
            v = p.keep(largest, maximum(largest, v));
        }
        return p.scalar(root / (1 - pow(beta1, t))) * factor * (m / (sqrt(v) + p.scalar(epsilon * root)));
    }
};

/// Adam: momentum and RMSProp, both corrected for starting at zero.
///     g := g + weight_decay p
///     m := beta1 m + (1 - beta1) g,  v := beta2 v + (1 - beta2) g^2
///     p := p - learning_rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
/// As torch.optim.Adam.  CS231n, lecture 7; Kingma and Ba 2015.
struct Adam {
    LearningRate learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
    bool amsgrad = false;
    RuleName name = "adam";

    Var update(Var g, Parameter& p) const {
        p.require({{"beta1", beta1, Range::below_one},
                   {"beta2", beta2, Range::below_one},
                   {"epsilon", epsilon, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative}});
        if (weight_decay != 0) g = g + weight_decay * p.value();
        return ScaleByAdam{beta1, beta2, epsilon, amsgrad}.times(-p.rate(learning_rate), g, p);
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

/// Adam with the largest second moment so far in the denominator, so that it never shrinks.  As torch.optim.Adam with
/// amsgrad (the largest is taken before the correction for the start).  Reddi et al. 2018.
struct AMSGrad {
    LearningRate learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
    RuleName name = "amsgrad";

    Var update(Var g, Parameter& p) const {
        return Adam{learning_rate, beta1, beta2, epsilon, weight_decay, true}.update(g, p);
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

/// Adam with weight decay that does not go through its scaling.
///     p := p - learning_rate (Adam's direction + weight_decay p)
/// As torch.optim.AdamW.  Loshchilov and Hutter 2019.
struct AdamW {
    LearningRate learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 1e-2;
    bool amsgrad = false;
    RuleName name = "adamw";

    Var update(Var g, Parameter& p) const {
        p.require({{"beta1", beta1, Range::below_one},
                   {"beta2", beta2, Range::below_one},
                   {"epsilon", epsilon, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative}});
        const Var rate = p.rate(learning_rate);
        const Var step = ScaleByAdam{beta1, beta2, epsilon, amsgrad}.times(-rate, g, p);
        return weight_decay != 0 ? step - weight_decay * rate * p.value() : step;
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
