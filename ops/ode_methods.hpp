#pragma once
// One step of each method of odeint, over a state of several arrays.

#include <functional>
#include <vector>

#include <xgrad/ops/ode.hpp>

namespace xgrad::ode {

using Vars = std::vector<Var>;
using Slope = std::function<Vars(const Vars& y, Var t)>;

/// Between the ends of a step: y(t + s h) = begin + s (end - begin + (1 - s) (b0 + s (b1 + (1 - s) b2))), where b2 may be
/// left out.
using Bends = std::vector<Vars>;

struct Step {
    Vars y, slope; // at its end
    Vars error;    // an estimate
    Bends bends;
};

/// One that chooses its steps.
struct Method {
    int order;         // of the error estimate
    std::size_t bends; // how many there are
    /// From y with this slope over the time h.
    Step (*step)(const Slope& f, const Vars& y, const Vars& slope, Var t, Var h);
};
const Method& method_of(OdeMethod method);

/// The state after a step of the classical method of Runge and Kutta.
Vars rk4(const Slope& f, const Vars& y, Var t, Var h);

/// a + s b
Vars added(const Vars& a, Var s, const Vars& b);
Vars difference(const Vars& a, const Vars& b);

} // namespace xgrad::ode
