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

Classifier::Classifier(std::size_t features, std::size_t classes, const Options& options,
                       std::optional<xgrad::Group> group)
    : options_(options), group_(std::move(group)), tape_({.check_numerics = options.check_numerics}),
      classify_(
          tape_, features, classes,
          {.weights = options.zero_init ? xg::models::zeros() : xg::models::lecun_normal(), .seed = options.seed}),
      learn_(tape_.function([this](xg::Var images, xg::Var labels) { return learning(images, labels, {}); })),
      evaluate_(tape_.function([this](xg::Var images, xg::Var labels) { return evaluation(images, labels, {}); })),
      predict_(tape_.function([this](xg::Var images) {
          const xg::Var scores = classify_(rows_of(images));
          return options_.loss == Loss::svm ? scores : softmax(scores, 1);
      })) {}

xg::Step Classifier::learning(xg::Var images, xg::Var labels, const std::optional<xg::Group>& group) {
    xg::Var loss = data_loss(options_.loss, classify_(rows_of(images)), labels);
    if (options_.l2 > 0) loss = loss + options_.l2 * xg::models::l2(classify_.weights());
    if (group) loss = all_mean(loss, *group);
    const xg::optim::Transformation rule = rule_of(options_);
    xg::Step step{.outputs = {loss},
                  .updates = group ? xg::optim::chain(xg::optim::AllMeanGradients{*group}, rule).minimize(loss)
                                   : xg::optim::minimize(rule, loss)};
    if (options_.measures_updates()) add_norms(step, std::array{classify_.weights()});
    return step;
}

std::vector<xg::Var> Classifier::evaluation(xg::Var images, xg::Var labels, const std::optional<xg::Group>& group) {
    const xg::Var scores = classify_(rows_of(images)), loss = data_loss(options_.loss, scores, labels),
                  right = sum(argmax(scores, 1) == labels);
    if (!group) return {loss, right};
    return {all_mean(loss, *group), all_sum(right, *group)};
}

Classifier::Functions& Classifier::functions_for(const xg::Group& group) {
    const std::pair key(group.size(), group.shards());
    const auto known = functions_.find(key);
    if (known != functions_.end()) return known->second;
    const auto learn = [this, group](xg::Var images, xg::Var labels, xg::Var stop) {
        xg::Step step = learning(images, labels, group);
        step.outputs.insert(step.outputs.begin() + 1, all_max(max(stop), group));
        return step;
    };
    const auto evaluate = [this, group](xg::Var images, xg::Var labels) { return evaluation(images, labels, group); };
    return functions_
        .emplace(key,
                 Functions{tape_.function(xg::sharded(group, learn)), tape_.function(xg::sharded(group, evaluate))})
        .first->second;
}

LearnResult Classifier::learn(const xg::data::Batch& batch, int stop) {
    if (!group_) {
        const xg::Results results = learn_(batch.features(), batch.targets());
        LearnResult result{.loss = results.scalar<float>(0), .stop = stop};
        if (results.size() > 1) result.update_ratio = update_ratio(results);
        return result;
    }
    const std::vector<float> stops(batch.size(), static_cast<float>(stop));
    const xg::Results results = functions_for(batch.group()).learn(batch.features(), batch.targets(), xt::adapt(stops));
    LearnResult result{.loss = results.scalar<float>(0)};
    // A batch of too few shards is not spread over the ranks, and what one of them gives is not what all have.
    if (batch.group().size() == group_->size()) result.stop = static_cast<int>(results.scalar<float>(1));
    if (results.size() > 2) result.update_ratio = update_ratio(results);
    return result;
}

Score Classifier::evaluate(const Dataset& data) {
    double loss = 0, right = 0;
    const xg::data::Batches batches(data.examples, {.batch_size = at_once, .shuffle = false, .group = group_});
    for (const xg::data::Batch& batch : batches.epoch(0)) {
        xg::Function& evaluate = group_ ? functions_for(batch.group()).evaluate : evaluate_;
        const xg::Results results = evaluate(batch.features(), batch.targets());
        loss += results.scalar<float>(0) * static_cast<double>(batch.size_of_all());
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
