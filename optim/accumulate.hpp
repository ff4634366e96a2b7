#pragma once

#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Gradient accumulation: sums the gradients of `calls` calls, and only in the last of them lets the rule take its
/// step, with their mean (or their sum). In the other calls no parameter moves, and the rule's slots and counters stay
/// as they are.
/// Accumulate{Adam{.learning_rate = 1e-3}, 4}.minimize(loss)
struct Accumulate {
    Transformation rule;
    int calls = 2;
    bool mean = true;
    RuleName name = "accumulate";
    static constexpr bool stage() { return true; }

    std::vector<Var> update(std::vector<Var> gradients, Training& training) const;

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
