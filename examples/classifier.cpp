#include "classifier.hpp"

#include <algorithm>
#include <array>

#include "rules.hpp"
#include "update_ratio.hpp"

namespace examples {

namespace {

namespace xg = xgrad;

xg::Var data_loss(Loss loss, xg::Var scores, xg::Var labels) {
    return loss == Loss::svm ? xg::models::svm_loss(scores, labels) : xg::models::softmax_loss(scores, labels);
}

xg::optim::Transformation rule_of(const Options& options) {
    return find_rule(options.optimizer)->make(*options.learning_rate);
}

constexpr std::size_t at_once = 10000; // so that a large set takes little memory

} // namespace

Classifier::Classifier(std::size_t features, std::size_t classes, const Options& options)
    : tape_({.check_numerics = options.check_numerics}),
      classify_(
          tape_, features, classes,
          {.weights = options.zero_init ? xg::models::zeros() : xg::models::lecun_normal(), .seed = options.seed}),
      learn_(tape_.function([this, options](xg::Var images, xg::Var labels) {
          xg::Var loss = data_loss(options.loss, classify_(rows_of(images)), labels);
          if (options.l2 > 0) loss = loss + options.l2 * xg::models::l2(classify_.weights());
          xg::Step step{.outputs = {loss}, .updates = xg::optim::minimize(rule_of(options), loss)};
          if (options.measures_updates()) add_norms(step, std::array{classify_.weights()});
          return step;
      })),
      evaluate_(tape_.function([this, options](xg::Var images, xg::Var labels) {
          const xg::Var scores = classify_(rows_of(images));
          return std::vector<xg::Var>{data_loss(options.loss, scores, labels), sum(argmax(scores, 1) == labels)};
      })),
      predict_(tape_.function([this, options](xg::Var images) {
          const xg::Var scores = classify_(rows_of(images));
          return options.loss == Loss::svm ? scores : softmax(scores, 1);
      })) {}

LearnResult Classifier::learn(const xg::data::Batch& batch) {
    const xg::Results results = learn_(batch.features(), batch.targets());
    LearnResult result{.loss = results.scalar<float>(0)};
    if (results.size() == 1) return result;
    result.update_ratio = update_ratio(results);
    return result;
}

Score Classifier::evaluate(const Dataset& data) {
    double loss = 0, right = 0;
    const xg::data::Batches batches(data.examples, {.batch_size = at_once, .shuffle = false});
    for (const xg::data::Batch& batch : batches.epoch(0)) {
        const xg::Results results = evaluate_(batch.features(), batch.targets());
        loss += results.scalar<float>(0) * static_cast<double>(batch.size());
        right += static_cast<double>(results.scalar<std::int64_t>(1));
    }
    const auto size = static_cast<double>(data.size());
    return {loss / size, right / size};
}

xt::xarray<float> Classifier::predict(const Dataset& data) {
    const std::size_t classes = classify_.weights().shape()[1];
    auto all = xt::xarray<float>::from_shape({data.size(), classes});
    float* next = all.data();
    const xg::data::Batches batches(data.examples, {.batch_size = at_once, .shuffle = false});
    for (const xg::data::Batch& batch : batches.epoch(0))
        next = std::ranges::copy(predict_(batch.features()).array<float>(), next).out;
    return all;
}

std::string Classifier::plan(const Dataset& data, const Options& options) {
    const xg::Type& row = data.examples.feature_type();
    std::vector<std::size_t> batch{options.whole() ? data.size() : std::min(options.batch_size, data.size())};
    const xg::Type labels{xg::DType::int64, xg::Shape(batch)};
    batch.insert(batch.end(), row.shape.begin(), row.shape.end());
    return learn_.program({{row.dtype, xg::Shape(batch)}, labels}).str();
}

} // namespace examples
