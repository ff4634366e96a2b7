#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
    int stop = 0; // the greatest `stop` that a rank has given
};

/// A linear classifier on a tape, with the two programs recorded there: one that learns from a batch, and one that
/// looks how well it does.
class Classifier {
  public:
    /// The options must give a learning rate. With a group its ranks learn together, from the rows that each of them
    /// has of a batch.
    Classifier(std::size_t features, std::size_t classes, const Options& options,
               std::optional<xgrad::Group> group = {});

    /// One step of the optimizer. `stop` is told to all ranks.
    LearnResult learn(const xgrad::data::Batch& batch, int stop = 0);

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
    /// Of one batch, or of one shard of a batch.
    xgrad::Step learning(xgrad::Var images, xgrad::Var labels, const std::optional<xgrad::Group>& group);
    std::vector<xgrad::Var> evaluation(xgrad::Var images, xgrad::Var labels, const std::optional<xgrad::Group>& group);
    /// Those for as many shards and ranks as a batch has.
    struct Functions {
        xgrad::Function learn, evaluate;
    };
    Functions& functions_for(const xgrad::Group& group);

    Options options_;
    std::optional<xgrad::Group> group_;
    xgrad::Tape tape_;
    xgrad::models::Linear classify_;
    xgrad::Function learn_, evaluate_, predict_;
    std::map<std::pair<std::size_t, std::size_t>, Functions> functions_; // by the numbers of ranks and of shards
};

} // namespace examples
