#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Resilient backpropagation: each element has a step of its own, whose length does not depend on that of the gradient.
/// For the gradient on all of the data; batches of it change their signs by chance.
///     d := d eta_plus where g has the sign it had before, d eta_minus where it has the other;
///          within [min_step, max_step]
///     g := 0 where it has the other,  p := p - d sign(g)
/// d starts as learning_rate.  As torch.optim.Rprop.  Riedmiller and Braun 1993.
struct Rprop {
    LearningRate learning_rate = 1e-2;
    double eta_minus = 0.5;
    double eta_plus = 1.2;
    double min_step = 1e-6;
    double max_step = 50;
    RuleName name = "rprop";

    Var update(Var g, Parameter& p) const {
        p.require({{"eta_minus", eta_minus, Range::between_zero_and_one},
                   {"eta_plus", eta_plus, Range::above_one},
                   {"min_step", min_step, Range::not_negative},
                   {"max_step - min_step", max_step - min_step, Range::not_negative}});
        const Var before = p.slot("gradient"), old = p.slot("step"), product = g * before, turned = product < 0;
        const Var present = where(p.count() == 1, p.rate(learning_rate), old);
        const Var next = where(product > 0, eta_plus * present, where(turned, eta_minus * present, present));
        const Var d = p.keep(old, clip(next, min_step, max_step));
        return -d * sign(p.keep(before, where(turned, 0, g)));
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
