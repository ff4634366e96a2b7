#pragma once
// Training and testing, which is the same for all rungs that follow a gradient.

#include <chrono>
#include <functional>

#include "ladder.hpp"

namespace ladder {

/// The scores (N, classes) of a batch as the set has it.
using Scores = std::function<xg::Var(xg::Var x, bool training)>;
/// What a batch costs.
using Loss = std::function<xg::Var(xg::Var scores, xg::Var labels)>;

Loss softmax();
Loss svm();

/// The scores of all examples (N, classes).
xt::xarray<float> all_scores(xg::Tape& tape, const Scores& scores, const ArraySet& set);

/// The share of examples whose class has the highest score.
double accuracy(xg::Tape& tape, const Scores& scores, const ArraySet& set);

struct Recipe {
    Loss loss;
    xg::optim::Transformation rule;
    std::size_t epochs = 20;
    std::size_t batch_size = 100;
    bool shuffle = true;
    std::uint64_t seed = 0;                // of the order
    std::optional<std::size_t> steps = {}; // stop after so many
    double l2 = 0;                         // times the sum of the squared weights:
    std::vector<xg::Var> weights = {};
    bool details = false; // look at both sets after each epoch, and how far each step goes
};

/// Trains, and tells the accuracies. The examples per second are those of the training alone. What the details take is
/// in no time.
Outcome fit(xg::Tape& tape, const Scores& scores, const Sets& sets, const Recipe& recipe);

class Stopwatch {
  public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace ladder
