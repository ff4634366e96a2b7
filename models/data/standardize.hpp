#pragma once

#include <limits>

#include <xgrad/core/tape.hpp>
#include <xgrad/models/data/array_set.hpp>

#pragma GCC visibility push(default)
namespace xgrad::data {

struct StandardizeOptions {
    Dims axes = 0; // averaged over: 0 for each feature by itself; {0, 2, 3} for each channel of images (N, C, H, W)
    double clip = std::numeric_limits<double>::infinity(); // what is further out counts as so many deviations
};

/// y = (x - mean) scale, scale = 1 / standard deviation (of the population: divided by n). Fitted on the training
/// examples, and the same for all others. What is constant in training has scale 0 and becomes 0. float32 and float64
/// keep their dtype; integers, such as 8-bit pixels, become float32.
class Standardize {
  public:
    /// `training` must have an example, and numbers that are finite. The axes, negative ones count from the end, must
    /// have the first one, of the examples, among them.
    [[nodiscard]] static Standardize fit(const ArraySet& training, StandardizeOptions options = {},
                                         Location where = Location::current());
    /// The same of an array (N, ...).
    [[nodiscard]] static Standardize fit(const Value& training, StandardizeOptions options = {},
                                         Location where = Location::current());

    /// Recorded as ops, with the mean and the scale as constants: x (N, ...), the examples as they were fitted.
    [[nodiscard]] Var operator()(Operand x) const;
    /// The numbers themselves, of an array (N, ...), worked out in float64; T is float or double.
    template <class T = float>
    [[nodiscard]] xt::xarray<T> apply(const Value& x, Location where = Location::current()) const;

    /// (1, ...), with extent 1 along the axes that were averaged over.
    const xt::xarray<double>& mean() const { return mean_; }
    const xt::xarray<double>& scale() const { return scale_; }

  private:
    friend Standardize mean_image(const ArraySet& training, Location where);
    Standardize(const Shape& example, const Dims& axes, double clip);
    void check(const Type& x, Location where) const;

    Shape example_;                 // of one
    std::vector<std::size_t> part_; // of each of its elements, the place in mean and scale
    xt::xarray<double> mean_, scale_;
    double clip_;
};

/// y = x - the mean of the training examples, element by element: a Standardize whose scale is 1.
[[nodiscard]] Standardize mean_image(const ArraySet& training, Location where = Location::current());

} // namespace xgrad::data
#pragma GCC visibility pop
