#pragma once

#include <xgrad/core/step.hpp>

namespace xgrad {

class Graph;

/// The step, and the updates that come with what it computes: those of layers (see Tape::update_with), and, if it
/// draws, that the states of random numbers move on. What the step updates itself is left alone.
Step with_additions(Graph& graph, const Step& step, bool draws, Location where);

} // namespace xgrad
