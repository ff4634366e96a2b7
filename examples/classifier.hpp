#pragma once

#include <optional>
#include <string>

#include <xgrad/xgrad.hpp>

#include "epoch_record.hpp"
#include "features.hpp"
#include "options.hpp"

namespace examples {

/// What was before a step, and how far it went.
struct LearnResult {
    double loss = 0; // what is minimised, the penalty of the weights included
    /// |update| / |weights|, by Euclidean norms; nothing if no option asks for it, or if all weights are 0.
    std::optional<double> update_ratio = {};
};

/// A linear classifier on a tape, with the two programs recorded there: one that learns from a batch, and one that
/// looks how well it does.
class Classifier {
  public:
    /// The options must give a learning rate.
    Classifier(std::size_t features, std::size_t classes, const Options& options);

    /// One step of the optimizer.
    LearnResult learn(const xgrad::data::Batch& batch);

    Score evaluate(const Dataset& data);

    /// The probabilities of the classes (N, classes), the softmax of their scores; after an SVM's loss the scores
    /// themselves, which are no probabilities. Takes examples with or without labels.
    xt::xarray<float> predict(const Dataset& data);

    /// (features, classes)
    xt::xarray<float> weights() const { return classify_.weights().value<float>(); }
    /// The compiled program of a step, as text.
    std::string plan(const Dataset& data, const Options& options);

    xgrad::Tape& tape() { return tape_; }

  private:
    xgrad::Tape tape_;
    xgrad::models::Linear classify_;
    xgrad::Function learn_, evaluate_, predict_;
};

} // namespace examples
