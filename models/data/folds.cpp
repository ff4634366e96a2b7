#include <xgrad/models/data/folds.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/models/data/shuffle.hpp>

namespace xgrad::data {
namespace {

/// A random order; stratified, one class after the other. Parts that take turns in it have their share of each class.
std::vector<std::size_t> dealing_order(const ArraySet& set, const SplitOptions& options, Location where) {
    std::vector<std::size_t> order = permutation(random_stream(options.seed, 0), set.size());
    if (options.stratified) {
        const std::vector<std::int64_t> labels = set.labels(where);
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t i, std::size_t k) { return labels[i] < labels[k]; });
    }
    return order;
}

/// Validates with the examples order[i] for which held_out(i).
template <class HeldOut>
Split split_by(const std::vector<std::size_t>& order, HeldOut held_out) {
    Split split;
    for (std::size_t i = 0; i < order.size(); ++i)
        (held_out(i) ? split.validation : split.train).push_back(order[i]);
    std::sort(split.train.begin(), split.train.end());
    std::sort(split.validation.begin(), split.validation.end());
    return split;
}

} // namespace

Split train_validation_split(const ArraySet& set, double validation, SplitOptions options, Location where) {
    const Call call("train_validation_split", where);
    const std::size_t size = set.size();
    const double share = std::round(validation * static_cast<double>(size));
    if (!(validation > 0 && validation < 1) || share < 1 || share >= static_cast<double>(size))
        throw Error(fmt::format("a share of {} of {} examples was asked for; each part must have at least one example",
                                validation, size),
                    where);
    const auto held_out = static_cast<std::size_t>(share);
    // Evenly spread over the order, so that each class gives its share.
    return split_by(dealing_order(set, options, where),
                    [&](std::size_t i) { return (i + 1) * held_out / size > i * held_out / size; });
}

std::vector<Split> k_fold(const ArraySet& set, std::size_t folds, SplitOptions options, Location where) {
    const Call call("k_fold", where);
    if (folds < 2 || folds > set.size())
        throw Error(fmt::format("{} folds of {} examples were asked for; there must be at least 2, and an example in "
                                "each",
                                folds, set.size()),
                    where);
    const std::vector<std::size_t> order = dealing_order(set, options, where);
    std::vector<Split> splits;
    for (std::size_t fold = 0; fold < folds; ++fold)
        splits.push_back(split_by(order, [&](std::size_t i) { return i % folds == fold; }));
    return splits;
}

} // namespace xgrad::data
