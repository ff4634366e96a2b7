#pragma once
// From time to time by the steps of a method, as loops of a tape.

#include <xgrad/ops/ode_methods.hpp>

namespace xgrad::ode {

struct Settings {
    OdeOptions options;
    DType dtype;
    Location where;
};

/// The steps that were taken: of each time from the second on a row of at least max_steps, with zeros behind the last.
struct Solution {
    Vars y; // at all times, (times, ...)
    Var steps = {};
};

/// By equal steps, differentiable as it is.
Vars by_equal_steps(const Slope& f, const Vars& y0, Var times, const Settings& settings);
/// By steps that the tolerances choose. Not differentiable in reverse mode. `steps` is given if it is asked for.
Solution by_tolerance(const Slope& f, const Vars& y0, Var times, const Settings& settings, bool keeps_steps);
/// By steps that were taken before: the same values, differentiable as they are.
Vars by_known_steps(const Slope& f, const Vars& y0, Var times, Var steps, const Settings& settings);

/// The times, of which it is an error if they neither ascend nor descend.
Var checked_times(Var times, Location where);

} // namespace xgrad::ode
