#pragma once

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/optim/transform.hpp>

namespace xgrad::optim {

/// A stage of a chain: times a number.
struct Scale {
    double factor = 1;
    std::string name = "scale";
    Var update(Var g, Parameter&) const { return factor * g; }
};

/// The last stage of most chains: from a direction along the gradient to a step against it.  -learning_rate g
struct ScaleByLearningRate {
    LearningRate learning_rate = 1e-3;
    std::string name = "learning_rate";
    Var update(Var g, Parameter& p) const { return -p.rate(learning_rate) * g; }
};

/// Momentum as a stage.  v := momentum v + g, which it gives, or g + momentum v if nesterov.
struct Trace {
    double momentum = 0.9;
    bool nesterov = false;
    std::string name = "trace";
    Var update(Var g, Parameter& p) const {
        const Var v = p.slot("velocity"), next = p.keep(v, momentum * v + g);
        return nesterov ? g + momentum * next : next;
    }
};

/// g + weight_decay p. Before a rule's scaling it is an L2 penalty of weight_decay / 2 (Adam's weight_decay), after it and
/// before the learning rate it is decoupled (AdamW's).
struct AddDecayedWeights {
    double weight_decay = 0;
    std::string name = "decay";
    Var update(Var g, Parameter& p) const { return g + weight_decay * p.value(); }
};

} // namespace xgrad::optim
