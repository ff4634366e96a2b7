#pragma once
// k nearest neighbours. CS231n, lecture 2.

#include <cstdint>
#include <optional>
#include <vector>

#include "ladder.hpp"

namespace ladder {

/// |a_i - b_j|^2 = |a_i|^2 - 2 a_i b_j + |b_j|^2 for the rows of a (N, D) and b (M, D), (N, M): one matrix product.
/// Rounding may leave it a little below 0.
[[nodiscard]] xg::Var squared_distances(xg::Var a, xg::Var b);

/// What the k nearest of the known images say, for each k: the class that most of them have, the first of several.
class Neighbours {
  public:
    /// The ks are in ascending order. Where a k is larger than the number of known images, all of them are asked.
    Neighbours(const ArraySet& known, std::size_t classes, std::vector<std::int64_t> ks);
    Neighbours(const Neighbours&) = delete;

    /// The share of a set's images for which that is their class, for each k.
    std::vector<double> accuracies(const ArraySet& set);

    /// How many of the nearest are of each class, for the largest k: (N, classes).
    xt::xarray<float> votes(const ArraySet& set);

  private:
    xg::Tape tape_;
    xt::xarray<float> known_; // (M, D), from 0 to 1
    std::vector<std::int64_t> labels_;
    std::int64_t asked_;               // of the known images: the largest k
    std::vector<std::int64_t> places_; // k - 1
    std::optional<xg::Function> right_, votes_;
};

} // namespace ladder
