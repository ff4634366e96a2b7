#pragma once

#include <xgrad/optim/transform.hpp>

namespace xgrad::optim {

/// A last stage that keeps a moving average of the parameters after their steps, which often does better than they do.
///     average := p after the first step, then decay average + (1 - decay) p
/// As torch.optim.swa_utils with get_ema_multi_avg_fn(decay).  Polyak and Juditsky 1992.
struct MovingAverage {
    double decay = 0.999;
    std::string name = "moving_average";

    Var update(Var g, Parameter& p) const;

    /// The average of a parameter: a state, to be used in an evaluating program, or copied into the parameter.
    Var of(Var parameter) const;
};

} // namespace xgrad::optim
