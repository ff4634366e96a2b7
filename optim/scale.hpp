#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// A stage of a chain: times a number. A negative one turns a direction along the gradient into a step against it.
struct Scale {
    double factor = 1;
    RuleName name = "scale";
    bool stage() const { return factor > 0; }
    Var update(Var g, Parameter& p) const {
        p.require({{"factor", factor, Range::any}});
        return factor * g;
    }
};

/// The last stage of most chains: from a direction along the gradient to a step against it.  -learning_rate g
struct ScaleByLearningRate {
    LearningRate learning_rate = 1e-3;
    RuleName name = "learning_rate";
    Var update(Var g, Parameter& p) const { return -p.rate(learning_rate) * g; }
};

/// Momentum as a stage.  v := momentum v + g, which it gives, or g + momentum v if nesterov.
struct Trace {
    double momentum = 0.9;
    bool nesterov = false;
    RuleName name = "trace";
    static constexpr bool stage() { return true; }
    Var update(Var g, Parameter& p) const {
        p.require({{"momentum", momentum, Range::not_negative}});
        const Var v = p.slot("velocity"), next = p.keep(v, momentum * v + g);
        return nesterov ? g + momentum * next : next;
    }
};

/// g + weight_decay p. Before a rule's scaling it is an L2 penalty of weight_decay / 2 (Adam's weight_decay), after it
/// and before the learning rate it is decoupled (AdamW's).
struct AddDecayedWeights {
    double weight_decay = 0;
    RuleName name = "decay";
    static constexpr bool stage() { return true; }
    Var update(Var g, Parameter& p) const {
        p.require({{"weight_decay", weight_decay, Range::not_negative}});
        return g + weight_decay * p.value();
    }
};

} // namespace xgrad::optim
#pragma GCC visibility pop
