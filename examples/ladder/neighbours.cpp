#include "neighbours.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "features.hpp"
#include "fit.hpp"
#include "plot.hpp"

namespace ladder {

xg::Var squared_distances(xg::Var a, xg::Var b) {
    const xg::Var column = sum(square(a), 1, xg::keepdims), row = sum(square(b), 1);
    return column - 2 * matmul(a, b, {.transpose_b = true}) + row;
}

Neighbours::Neighbours(const ArraySet& known, std::size_t classes, std::vector<std::int64_t> ks)
    : labels_(known.labels()), asked_(std::min(ks.back(), static_cast<std::int64_t>(known.size()))) {
    for (const std::int64_t k : ks)
        places_.push_back(std::min(k, asked_) - 1);
    xg::Function rows = tape_.function([](xg::Var x) { return examples::rows_of(x); });
    for (const xg::data::Batch& all : xg::data::Batches(known, {.batch_size = known.size(), .shuffle = false}).epoch(0))
        known_ = rows(all.features()).array<float>();
    const auto nearest_labels = [this](xg::Var x, xg::Var known, xg::Var known_labels) { // (N, k)
        const xg::Var distances = squared_distances(examples::rows_of(x), known);
        return take(known_labels, top_k(distances, asked_, 1, xg::SortOrder::ascending).indices);
    };
    votes_ = tape_.function([=](xg::Var x, xg::Var known, xg::Var known_labels) {
        return sum(one_hot(nearest_labels(x, known, known_labels), classes), 1);
    });
    right_ = tape_.function([=, this](xg::Var x, xg::Var labels, xg::Var known, xg::Var known_labels) {
        const xg::Var votes = cumsum(one_hot(nearest_labels(x, known, known_labels), classes), 1); // (N, k, classes)
        const xg::Var said = argmax(take(votes, tape_.constant(places_), 1), 2);
        return sum(said == expand_dims(labels, 1), 0);
    });
}

constexpr std::size_t at_once = 500; // so that the distances take little memory

std::vector<double> Neighbours::accuracies(const ArraySet& set) {
    std::vector<double> accuracies(places_.size());
    for (const xg::data::Batch& batch : xg::data::Batches(set, {.batch_size = at_once, .shuffle = false}).epoch(0)) {
        const auto right = (*right_)(batch.features(), batch.targets(), known_, labels_).array<std::int64_t>();
        for (std::size_t i = 0; i < accuracies.size(); ++i)
            accuracies[i] += static_cast<double>(right(i)) / static_cast<double>(set.size());
    }
    return accuracies;
}

xt::xarray<float> Neighbours::votes(const ArraySet& set) {
    std::vector<float> all;
    for (const xg::data::Batch& batch : xg::data::Batches(set, {.batch_size = at_once, .shuffle = false}).epoch(0)) {
        const auto some = (*votes_)(batch.features(), known_, labels_).array<float>();
        all.insert(all.end(), some.begin(), some.end());
    }
    auto array = xt::xarray<float>::from_shape({set.size(), all.size() / set.size()});
    std::ranges::copy(all, array.data());
    return array;
}

namespace {

constexpr std::size_t most_cross_validated = 5000, folds = 5;
const std::vector<std::int64_t> ks{1, 3, 5, 8, 10, 12, 15, 20, 50, 100};

ArraySet first(const ArraySet& set, std::size_t most) {
    std::vector<std::size_t> places(std::min(most, set.size()));
    std::iota(places.begin(), places.end(), std::size_t{0});
    return set.subset(places);
}

Outcome classify(const Ground& ground, std::int64_t k) {
    const Stopwatch watch;
    Neighbours neighbours(ground.data.train.examples, ground.classes(), {k});
    const ArraySet& test = ground.data.test.examples;
    const ArraySet some = first(ground.data.train.examples, test.size()); // all of them would take long
    Outcome outcome{.train = neighbours.accuracies(some)[0], .test = neighbours.accuracies(test)[0]};
    outcome.seconds = watch.seconds();
    outcome.examples_per_second = static_cast<double>(some.size() + test.size()) / outcome.seconds;
    if (ground.settings.details) outcome.details = Details{.outputs = neighbours.votes(test), .votes = true};
    return outcome;
}

/// For each fold, the accuracies of all ks.
std::vector<std::vector<double>> cross_validate(const Ground& ground) {
    const ArraySet set = first(ground.data.train.examples, most_cross_validated);
    std::vector<std::vector<double>> accuracies;
    for (const xg::data::Split& split : k_fold(set, folds, {.seed = ground.settings.seed}))
        accuracies.push_back(
            Neighbours(set.subset(split.train), ground.classes(), ks).accuracies(set.subset(split.validation)));
    return accuracies;
}

std::vector<double> mean_of(const std::vector<std::vector<double>>& accuracies) {
    std::vector<double> mean(ks.size());
    for (const std::vector<double>& fold : accuracies)
        for (std::size_t i = 0; i < ks.size(); ++i)
            mean[i] += fold[i] / static_cast<double>(accuracies.size());
    return mean;
}

examples::Svg draw(const std::vector<std::vector<double>>& accuracies, const std::vector<double>& mean) {
    double low = 1, high = 0;
    for (const std::vector<double>& fold : accuracies) {
        low = std::min(low, std::ranges::min(fold));
        high = std::max(high, std::ranges::max(fold));
    }
    const double margin = std::max(0.1 * (high - low), 0.005);
    examples::Svg svg(700, 470);
    examples::Plot plot(svg, {72, 72, 600, 340}, {"k", 0.9, 110, true}, {"accuracy", low - margin, high + margin},
                        "k nearest neighbours: accuracy of the fold held out");
    const examples::Style dots = examples::style(0), line = examples::style(1);
    std::vector<examples::Point> means;
    for (std::size_t i = 0; i < ks.size(); ++i) {
        const auto k = static_cast<double>(ks[i]);
        means.push_back({k, mean[i]});
        for (const std::vector<double>& fold : accuracies)
            plot.mark({k, fold[i]}, dots, 3);
    }
    plot.graph(means, line, 0);
    for (const examples::Point mean_of_k : means)
        plot.mark(mean_of_k, line);
    plot.close();
    const std::vector<examples::LegendEntry> legend{{"a fold", dots}, {"mean of the folds", line}};
    draw_legend(svg, {72, 16}, 600, 2, legend);
    return svg;
}

} // namespace

Outcome nearest_neighbour(const Ground& ground) { return classify(ground, 1); }

Outcome k_nearest_neighbours(const Ground& ground) {
    const Stopwatch watch;
    const std::vector<std::vector<double>> accuracies = cross_validate(ground);
    const std::vector<double> mean = mean_of(accuracies);
    const std::int64_t k = ks[static_cast<std::size_t>(std::ranges::max_element(mean) - mean.begin())];
    const examples::Svg picture = draw(accuracies, mean);
    picture.save(ground.settings.picture);
    const double choice = watch.seconds();
    Outcome outcome = classify(ground, k);
    outcome.seconds += choice;
    if (outcome.details) outcome.details->picture = picture.element();
    outcome.remark = fmt::format("k = {} of {} folds; picture: {}", k, folds, ground.settings.picture);
    return outcome;
}

} // namespace ladder
