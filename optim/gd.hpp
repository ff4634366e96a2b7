#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Gradient descent: p := p - learning_rate g.  CS231n, lecture 3; torch.optim.SGD without options.
struct GD {
    LearningRate learning_rate = 1e-3;
    RuleName name = "gd";

    Var update(Var g, Parameter& p) const { return -p.rate(learning_rate) * g; }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
