#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Steps divided by the root of the sum of all squared gradients so far.
///     s := s + g^2,  p := p - learning_rate / (1 + (t - 1) learning_rate_decay) g / (sqrt(s) + epsilon)
/// g is the gradient + weight_decay p, t counts from 1, s starts as initial_accumulator_value.  As torch.optim.Adagrad.
/// CS231n, lecture 7; Duchi et al. 2011.
struct Adagrad {
    LearningRate learning_rate = 1e-2;
    double learning_rate_decay = 0;
    double weight_decay = 0;
    double initial_accumulator_value = 0;
    double epsilon = 1e-10;
    RuleName name = "adagrad";

    Var update(Var g, Parameter& p) const {
        p.require({{"learning_rate_decay", learning_rate_decay, Range::not_negative},
                   {"weight_decay", weight_decay, Range::not_negative},
                   {"initial_accumulator_value", initial_accumulator_value, Range::not_negative},
                   {"epsilon", epsilon, Range::not_negative}});
        if (weight_decay != 0) g = g + weight_decay * p.value();
        const Var old = p.slot("sum", initial_accumulator_value);
        const Var s = p.keep(old, old + square(g));
        Var rate = p.rate(learning_rate);
        if (learning_rate_decay != 0) rate = rate / p.scalar(1 + learning_rate_decay * (p.count() - 1));
        return -rate * (g / (sqrt(s) + epsilon));
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
