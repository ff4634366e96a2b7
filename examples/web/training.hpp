#pragma once
// What all scenes have in common: a rule with a rate that may be changed at any time, and what the library says of
// numbers that are none.

#include <functional>
#include <string>
#include <string_view>

#include <xgrad/xgrad.hpp>

namespace web {

namespace xg = xgrad;

/// The rule of that name with that rate: a number of its own kind, or a state of the tape.
xg::optim::Transformation make_rule(std::string_view name, xg::optim::LearningRate rate);

/// If the loss is not finite, what the library says about the first op that gives a number that is none when `trace` is
/// run once more; else nothing.
std::string explain(xg::Tape& tape, double loss, const std::function<void()>& run_again);

/// The classes that a function gives for the middles of n x n squares, which cover [-reach, reach] in x and y: a
/// digit for each, row by row from the top. It is called with (n n, 2) numbers of float64.
std::string regions_of(xg::Function& predict, std::size_t n, double reach);

} // namespace web
