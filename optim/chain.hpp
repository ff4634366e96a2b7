#pragma once

#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Rules one after the other: each transforms what the one before it gives. The last gives the steps.
struct Chain {
    std::vector<Transformation> stages;
    RuleName name = "chain";
    static constexpr bool stage() { return true; }

    std::vector<Var> update(std::vector<Var> gradients, Training& training) const {
        for (const Transformation& stage : stages)
            gradients = stage.update(gradients, training);
        return gradients;
    }

    [[nodiscard]] Updates minimize(Objective loss, Parameters p = {}, MinimizeOptions o = {}) const;
};

/// chain(ClipByGlobalNorm{1}, ScaleByAdam{}, AddDecayedWeights{1e-2}, ScaleByLearningRate{1e-3}).minimize(loss)
template <Rule... R>
Chain chain(R... stages) {
    return {.stages = {Transformation(std::move(stages))...}};
}

} // namespace xgrad::optim
#pragma GCC visibility pop
