#include "classifier.hpp"

#include <algorithm>

#include "rules.hpp"

namespace examples {

namespace {

namespace xg = xgrad;

xg::Var data_loss(Loss loss, xg::Var scores, xg::Var labels) {
    return loss == Loss::svm ? xg::models::svm_loss(scores, labels) : xg::models::softmax_loss(scores, labels);
}

xg::optim::Transformation rule_of(const Options& options) {
    return find_rule(options.optimizer)->make(*options.learning_rate);
}

} // namespace

Classifier::Classifier(std::size_t features, std::size_t classes, const Options& options)
    : tape_({.check_numerics = options.check_numerics}),
      classify_(tape_, features, classes, {.seed = options.seed, .zero = options.zero_init}),
      learn_(tape_.function([this, options](xg::Var images, xg::Var labels) {
          xg::Var loss = data_loss(options.loss, classify_(images), labels);
          if (options.l2 > 0) loss = loss + options.l2 * xg::models::l2(classify_.weights());
          return xg::Step{.outputs = {loss}, .updates = xg::optim::minimize(rule_of(options), loss)};
      })),
      evaluate_(tape_.function([this, options](xg::Var images, xg::Var labels) {
          const xg::Var scores = classify_(images);
          return xg::Step{.outputs = {data_loss(options.loss, scores, labels), scores}, .updates = {}};
      })) {}

Score Classifier::evaluate(const Dataset& data) {
    const xg::Results results = evaluate_(data.features, data.labels);
    const xt::xarray<float> scores = results.array<float>(1);
    std::size_t right = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const float* row = scores.data() + i * data.classes;
        right += std::max_element(row, row + data.classes) - row == data.labels.data()[i];
    }
    return {results.scalar<float>(0), static_cast<double>(right) / static_cast<double>(data.size())};
}

} // namespace examples
