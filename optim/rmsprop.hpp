#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Steps divided by the root of a running average of squared gradients.
///     s := alpha s + (1 - alpha) g^2,  d = g / (sqrt(s) + epsilon)
///     centered:  a := alpha a + (1 - alpha) g,  d = g / (sqrt(s - a^2) + epsilon)
///     momentum:  v := momentum v + d,  d = v
///     p := p - learning_rate d
/// g is the gradient + weight_decay p.  As torch.optim.RMSprop.  CS231n, lecture 7; Tieleman and Hinton 2012.
struct RMSProp {
    LearningRate learning_rate = 1e-2;
    double alpha = 0.99;
    double epsilon = 1e-8;
    double weight_decay = 0;
    double momentum = 0;
    bool centered = false;
    RuleName name = "rmsprop";

    Var update(Var g, Parameter& p) const {
        p.require({{"alpha", alpha, Range::up_to_one},
                   {"epsilon", epsilon, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative},
                   {"momentum", momentum, Range::not_negative}});
        if (weight_decay != 0) g = g + weight_decay * p.value();
        Var s = p.average("square", square(g), alpha);
        if (centered) s = s - square(p.average("mean", g, alpha));
        Var d = g / (sqrt(s) + epsilon);
        if (momentum != 0) {
            const Var v = p.slot("velocity");
            d = p.keep(v, momentum * v + d);
        }
        return -p.rate(learning_rate) * d;
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
