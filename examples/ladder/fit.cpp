#include "fit.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "update_ratio.hpp"

namespace ladder {

namespace {

constexpr std::size_t at_once = 500; // so that the layers of a network take little memory

std::string counted(std::size_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

xg::data::Epoch in_order(const ArraySet& set) {
    return xg::data::Batches(set, {.batch_size = at_once, .shuffle = false}).epoch(0);
}

/// What the details say, gathered in the course of a training.
class Observer {
  public:
    Observer(xg::Tape& tape, const Scores& scores, const Sets& sets, const Recipe& recipe)
        : tape_(tape), scores_(scores), sets_(sets),
          evaluate_(tape.function([&scores, loss = recipe.loss](xg::Var x, xg::Var labels) {
              const xg::Var y = scores(x, false);
              return std::vector<xg::Var>{loss(y, labels), sum(argmax(y, 1) == labels)};
          })) {}

    void step(const xg::Results& results) { ratios_.add(examples::update_ratio(results)); }

    void epoch(std::size_t steps, std::size_t seen, double seconds) {
        const Stopwatch watch;
        details_.records.push_back({.epoch = details_.records.size() + 1,
                                    .steps = steps,
                                    .train = score(sets_.train),
                                    .test = score(sets_.test),
                                    .examples_per_second = static_cast<double>(seen) / seconds,
                                    .seconds = seconds,
                                    .update_ratio = ratios_.value()});
        ratios_ = {};
        seconds_ += watch.seconds();
    }

    /// Of the observation, up to now.
    double seconds() const { return seconds_; }

    Details finish(xg::Function& learn, const xg::Type& batch) {
        details_.outputs = all_scores(tape_, scores_, sets_.test);
        details_.plan = learn.program({batch, {xg::DType::int64, xg::Shape(batch.shape[0])}}).str();
        return std::move(details_);
    }

  private:
    examples::Score score(const ArraySet& set) {
        double loss = 0, right = 0;
        for (const xg::data::Batch& batch : in_order(set)) {
            const xg::Results results = evaluate_(batch.features(), batch.targets());
            loss += results.scalar<float>(0) * static_cast<double>(batch.size());
            right += static_cast<double>(results.scalar<std::int64_t>(1));
        }
        const auto size = static_cast<double>(set.size());
        return {loss / size, right / size};
    }

    xg::Tape& tape_;
    const Scores& scores_;
    const Sets& sets_;
    xg::Function evaluate_;
    examples::MeanRatio ratios_;
    Details details_;
    double seconds_ = 0;
};

xg::Type batch_type(const ArraySet& set, std::size_t batch_size) {
    const xg::Type& row = set.feature_type();
    std::vector<std::size_t> shape{std::min(batch_size, set.size())};
    shape.insert(shape.end(), row.shape.begin(), row.shape.end());
    return {row.dtype, xg::Shape(shape)};
}

} // namespace

Loss softmax() {
    return [](xg::Var scores, xg::Var labels) { return xg::models::softmax_loss(scores, labels); };
}

Loss svm() {
    return [](xg::Var scores, xg::Var labels) { return xg::models::svm_loss(scores, labels); };
}

xt::xarray<float> all_scores(xg::Tape& tape, const Scores& scores, const ArraySet& set) {
    xg::Function compute = tape.function([&](xg::Var x) { return scores(x, false); });
    std::vector<float> all;
    for (const xg::data::Batch& batch : in_order(set)) {
        const auto some = compute(batch.features()).array<float>();
        all.insert(all.end(), some.begin(), some.end());
    }
    auto array = xt::xarray<float>::from_shape({set.size(), all.size() / set.size()});
    std::ranges::copy(all, array.data());
    return array;
}

double accuracy(xg::Tape& tape, const Scores& scores, const ArraySet& set) {
    xg::Function right = tape.function(
        [&](xg::Var x, xg::Var labels) { return sum(argmax(scores(x, false), 1) == labels); });
    std::int64_t count = 0;
    for (const xg::data::Batch& batch : in_order(set))
        count += right(batch.features(), batch.targets()).scalar<std::int64_t>();
    return static_cast<double>(count) / static_cast<double>(set.size());
}

Outcome fit(xg::Tape& tape, const Scores& scores, const Sets& sets, const Recipe& recipe) {
    xg::Function learn = tape.function([&](xg::Var x, xg::Var labels) {
        xg::Var loss = recipe.loss(scores(x, true), labels);
        for (const xg::Var weights : recipe.weights)
            loss = loss + recipe.l2 * xg::models::l2(weights);
        xg::Step step{.outputs = {}, .updates = minimize(recipe.rule, loss)};
        if (recipe.details) examples::add_norms(step, tape.parameters());
        return step;
    });
    std::optional<Observer> observer;
    if (recipe.details) observer.emplace(tape, scores, sets, recipe);
    const Stopwatch watch;
    const auto own_seconds = [&] { return watch.seconds() - (observer ? observer->seconds() : 0); };
    const xg::data::Batches batches(sets.train,
                                    {.batch_size = recipe.batch_size, .shuffle = recipe.shuffle, .seed = recipe.seed});
    const std::size_t steps = recipe.steps.value_or(recipe.epochs * batches.count());
    std::size_t seen = 0, step = 0;
    for (std::size_t epoch = 0; step < steps; ++epoch) {
        const std::size_t seen_before = seen;
        const double begin = own_seconds();
        for (const xg::data::Batch& batch : batches.epoch(epoch)) {
            if (step == steps) break;
            const xg::Results results = learn(batch.features(), batch.targets());
            if (observer) observer->step(results);
            seen += batch.size();
            ++step;
        }
        if (observer) observer->epoch(step, seen - seen_before, own_seconds() - begin);
    }
    const double seconds = own_seconds();
    Outcome outcome{.train = accuracy(tape, scores, sets.train),
                    .test = accuracy(tape, scores, sets.test),
                    .seconds = own_seconds(),
                    .examples_per_second = static_cast<double>(seen) / seconds,
                    .remark = recipe.steps ? counted(steps, "step") : counted(recipe.epochs, "epoch")};
    if (observer) outcome.details = observer->finish(learn, batch_type(sets.train, recipe.batch_size));
    return outcome;
}

} // namespace ladder
