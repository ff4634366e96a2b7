#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataset.hpp"
#include "rules.hpp"
#include "surfaces.hpp"
#include "svg.hpp"

namespace examples {

/// What a rule did with a rate.
struct Descent {
    std::string rule;
    double rate = 0;
    std::vector<Point> path = {};              // on a surface
    std::vector<Point> losses = {};            // (steps done, loss); none that is no finite number
    std::optional<std::size_t> diverged = {};  // after so many steps the loss was no number, or had grown beyond all bounds

    double reached() const { return losses.back().y; }
    /// Until the loss was first below the threshold.
    std::optional<double> steps_to(double threshold) const;
};

Descent descend(const Surface& surface, const NamedRule& rule, double rate, std::size_t steps);

/// With that of some rates, a factor of about three apart, that arrives soonest; if none does, gets lowest.
Descent best_descent(const Surface& surface, const NamedRule& rule, std::size_t steps);

struct LearnOptions {
    std::size_t steps = 300;
    std::size_t batch_size = 100;
    std::size_t measure_every = 1; // steps; the loss of all examples is measured
};

/// Trains a linear softmax classifier from zero weights, on batches in the same random order for each rule.
Descent learn(const Dataset& data, const NamedRule& rule, double rate, const LearnOptions& options);

/// "12", or "never" or "diverged at step 3".
std::string describe_steps(const Descent& descent, double threshold);

} // namespace examples
