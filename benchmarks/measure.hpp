#pragma once
// Comparing and timing contenders.

#include <optional>

#include "contender.hpp"

namespace bench {

/// A contender with its name and what was measured of it.
struct Entry {
    std::string side;
    std::unique_ptr<Contender> contender;
    std::vector<double> seconds; // of a step, one for each round
};

/// Throws if the loss or the gradient of one is not that of the first.
void compare_outcomes(const std::string& row, std::vector<Entry>& entries, double tolerance);

/// In every round all are timed, one after the other, and in the next round in the opposite order. A sample is as many
/// steps as take about `sample_seconds`, after half as many that are not counted: threads that have slept are woken by
/// then.
void measure(std::vector<Entry>& entries, std::size_t rounds, double sample_seconds);

double median(std::vector<double> values);
/// The median over all rounds of a / b.
double ratio(const Entry& a, const Entry& b);

} // namespace bench
