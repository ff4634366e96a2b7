#pragma once

#include <xgrad/xgrad.hpp>

#include "features.hpp"
#include "options.hpp"
#include "report.hpp"

namespace examples {

/// A linear classifier on a tape, with the two programs recorded there: one that learns from a batch, and one that
/// looks how well it does.
class Classifier {
  public:
    /// The options must give a learning rate.
    Classifier(std::size_t features, std::size_t classes, const Options& options);

    /// One step of the optimizer. Returns what it minimises, the penalty of the weights included, as it was before the
    /// step.
    double learn(const xgrad::data::Batch& batch) { return learn_(batch.features(), batch.targets()).scalar<float>(); }

    Score evaluate(const Dataset& data);

    xgrad::Tape& tape() { return tape_; }

  private:
    xgrad::Tape tape_;
    xgrad::models::Linear classify_;
    xgrad::Function learn_, evaluate_;
};

} // namespace examples
