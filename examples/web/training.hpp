#pragma once
// What all scenes have in common: a rule with a rate that may be changed at any time, and what the library says of
// numbers that are none.

#include <functional>
#include <string>
#include <string_view>

#include <xgrad/xgrad.hpp>

#include "reply.hpp"

namespace web {

/// The rule of that name with that rate: a number of its own kind, or a state of the tape.
xg::optim::Transformation make_rule(std::string_view name, xg::optim::LearningRate rate);

/// A slice of training, "train MILLISECONDS" or "step COUNT": the losses that `learn` gives, step by step.
std::vector<double> train(std::string_view action, Request& request, const std::function<double()>& learn);

/// Says in the reply, if a loss is not finite, what the library says about the first op that gives a number that is
/// none when it is worked out once more.
void explain(Reply& reply, xg::Tape& tape, double loss, const std::function<void()>& run_again);
/// The same as a text.
std::string explanation(xg::Tape& tape, double loss, const std::function<void()>& run_again);

/// "regions N REACH": the classes that a function gives for the middles of N x N squares, which cover [-REACH, REACH]
/// in x and y, a digit for each, row by row from the top. It is called with (N N, 2) numbers of float64.
Reply regions(Request& request, xg::Function& predict);

} // namespace web
