#pragma once

#include <xgrad/optim/sgd.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Gradient descent with momentum (Polyak's heavy ball).  v := momentum v + g,  p := p - learning_rate v.
/// As torch.optim.SGD with momentum (0 there unless given), whose dampening and weight_decay it has, too; the lecture's
/// v := momentum v - learning_rate g, p := p + v walks the same path while the rate does not change.
/// CS231n, lecture 7; Polyak 1964.
struct Momentum {
    LearningRate learning_rate = 1e-3;
    double momentum = 0.9;
    double dampening = 0;
    double weight_decay = 0;
    RuleName name = "momentum";

    Var update(Var g, Parameter& p) const { return SGD{learning_rate, momentum, dampening, weight_decay}.update(g, p); }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
