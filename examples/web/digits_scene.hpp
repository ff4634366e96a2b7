#pragma once
// Scene 3: a classifier of digits that the library draws, trained while one looks on.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <xgrad/datasets/digits.hpp>

#include "reply.hpp"
#include "training.hpp"

namespace web {

class DigitsScene {
  public:
    Reply answer(std::string_view action, Request& request);

  private:
    /// One classifier in training.
    struct Model {
        Model(const std::vector<std::size_t>& widths, std::size_t batch_size, const std::string& rule_name,
              double rate_now, double penalty, std::uint64_t seed, const xg::data::ArraySet& set);
        xg::Var loss_of(xg::Var images, xg::Var labels) const;
        xg::Var penalty() const;
        double learn();

        xg::Tape tape;
        xg::models::MLP classify; // without hidden layers a linear classifier
        xg::Var rate, strength;
        xg::optim::Transformation rule;
        xg::Function learn_from, test, predict;
        xg::data::Batches batches;
        std::size_t epoch = 0, steps = 0, seen = 0; // examples
        xg::data::Epoch rest;                       // of the epoch
    };

    void draw(Request& request);
    void begin(Request& request);
    Reply learn(std::string_view action, Request& request);
    Reply test();
    Reply templates();
    Reply classify(Request& request);
    Reply image(std::size_t i);
    Model& model();
    const xg::datasets::Datasets& data();

    std::optional<xg::datasets::Datasets> data_;
    std::unique_ptr<Model> model_;
};

} // namespace web
