#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "features.hpp"
#include "rules.hpp"
#include "surfaces.hpp"
#include "svg.hpp"

namespace examples {

/// What a rule did with a rate.
struct Descent {
    std::string rule;
    double rate = 0;
    std::vector<Point> path = {};   // on a surface
    std::vector<Point> losses = {}; // (steps done, loss); none that is no finite number
    /// The steps after which the loss was no number, or had grown beyond all bounds.
    std::optional<std::size_t> diverged = {};

    double reached() const { return losses.back().y; }
    /// Until the loss was below the threshold, not to rise above it again.
    std::optional<double> steps_to(double threshold) const;
};

Descent descend(const Surface& surface, const NamedRule& rule, double rate, std::size_t steps);

/// With that of twenty rates, 1e-4, 2e-4, 5e-4, ... which stays in the picture, and arrives soonest; if none does, gets
/// lowest.
Descent best_descent(const Surface& surface, const NamedRule& rule, std::size_t steps);

struct LearnOptions {
    std::size_t steps = 300;
    std::size_t batch_size = 100;
    std::size_t measure_every = 1; // steps, and after each of the first ten; the loss of all examples
    std::size_t hidden = 0;        // units of a layer in between; 0: a linear classifier, which starts from zero
};

/// Trains a softmax classifier, on batches in the same random order for each rule.
Descent learn(const Dataset& data, const NamedRule& rule, double rate, const LearnOptions& options);

/// With the default rate times 1/3, 1, 3, 10 or 30, chosen as above.
Descent best_learning(const Dataset& data, const NamedRule& rule, double threshold, const LearnOptions& options);

/// "12", or "never" or "diverged at step 3".
std::string describe_steps(const Descent& descent, double threshold);

} // namespace examples
