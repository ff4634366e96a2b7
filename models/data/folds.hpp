#pragma once
// Which examples to train with and which to validate with. The same seed gives the same ones on every machine.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <xgrad/models/data/array_set.hpp>

#pragma GCC visibility push(default)
namespace xgrad::data {

/// Places of examples in a set, in ascending order: `set.subset(split.train)`.
struct Split {
    std::vector<std::size_t> train, validation;
};

struct SplitOptions {
    std::uint64_t seed = 0;
    bool stratified = false; // of each class the same share, to one example; the targets must be labels
};

/// Holds out a share of the examples, chosen at random: `validation` times their number, rounded. Neither part may be
/// empty.
[[nodiscard]] Split train_validation_split(const ArraySet& set, double validation, SplitOptions options = {},
                                           Location where = Location::current());

/// k-fold cross-validation: split i validates with fold i and trains with the others. Each example is in exactly one
/// fold, and the sizes of folds differ by at most one (stratified: also those of each class in them).
/// 2 <= folds <= set.size().
[[nodiscard]] std::vector<Split> k_fold(const ArraySet& set, std::size_t folds, SplitOptions options = {},
                                        Location where = Location::current());

} // namespace xgrad::data
#pragma GCC visibility pop
