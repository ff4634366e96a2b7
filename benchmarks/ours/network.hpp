#pragma once
// Layers with ReLU between them, a softmax loss and any rule.

#include "ours.hpp"

namespace bench::ours {

class Network {
  public:
    Network(std::size_t rows, const std::vector<std::size_t>& widths, xg::optim::Transformation rule)
        : examples_(Examples::get(rows, widths.front(), widths.back())),
          images_(array(examples_->features, {rows, widths.front()})), labels_(array(examples_->labels, {rows})),
          train_(tape_.function([this, rule](xg::Var x, xg::Var y) {
              for (std::size_t i = 0; i < layers_.size(); ++i)
                  x = layers_[i](i ? relu(x) : x);
              const xg::Var loss = xg::models::softmax_loss(x, y);
              return xg::Step{.outputs = {loss}, .updates = xg::optim::minimize(rule, loss)};
          })) {
        for (std::size_t i = 0; i + 1 < widths.size(); ++i)
            layers_.push_back(linear(tape_, widths[i], widths[i + 1], 2 + i));
    }

    void step() { loss_ = train_(images_, labels_).scalar<float>(); }

  protected:
    std::shared_ptr<const Examples> examples_;
    decltype(array(Floats(), {})) images_;
    decltype(array(Array<std::int64_t>(), {})) labels_;
    xg::Tape tape_;
    std::vector<xg::models::Linear> layers_;
    xg::Function train_;
    double loss_ = 0;
};

} // namespace bench::ours
