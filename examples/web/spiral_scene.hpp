#pragma once
// Scene 4: what no line can part, a net with two hidden layers can: arms of a spiral.

#include <memory>
#include <string>
#include <vector>

#include "reply.hpp"
#include "training.hpp"

namespace web {

class SpiralScene {
  public:
    Reply answer(std::string_view action, Request& request);

  private:
    static constexpr std::size_t most_arms = 9, most_points = 5000, widest = 256;

    struct Options {
        std::string activation, rule;
        double rate, penalty;
        std::size_t first, second; // widths of the hidden layers
        std::uint64_t seed;
    };
    struct Model {
        Model(std::size_t classes, const Options& options);
        xg::Var loss_of(xg::Var points, xg::Var labels) const;

        xg::Tape tape;
        xg::models::MLP classify;
        xg::Var rate, strength;
        xg::optim::Transformation rule;
        xg::Function learn_from, accuracy, predict;
    };

    void scatter(Request& request);
    void begin(Request& request);
    Reply show() const;
    Reply learn(std::string_view action, Request& request);
    Model& model();

    std::size_t arms_ = 0;
    xt::xarray<float> places_; // (N, 2)
    std::vector<std::int64_t> labels_;
    std::unique_ptr<Model> model_;
};

} // namespace web
