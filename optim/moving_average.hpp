#pragma once

#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// A last stage that keeps a moving average of the parameters after their steps, which often does better than they do.
///     average := p after the first step, then decay average + (1 - decay) p
/// To look at a model with its averages, exchange them for the parameters and back:
///     average.swap(tape);  evaluate(...);  average.swap(tape);
/// or make the evaluating program from average.of(w) in the place of each w.
/// As torch.optim.swa_utils with get_ema_multi_avg_fn(decay).  Polyak and Juditsky 1992.
struct MovingAverage {
    double decay = 0.999;
    RuleName name = "moving_average";
    static constexpr bool stage() { return true; }

    Var update(Var g, Parameter& p) const;

    /// The average of a parameter; before the first step that is the parameter itself. An error if an average of it is
    /// kept under other names only.
    [[nodiscard]] Var of(Var parameter, Location where = Location::current()) const;

    /// Exchanges the values of all parameters that have an average and their averages. To be called a second time
    /// before the training goes on.
    void swap(Tape& tape, Location where = Location::current()) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
