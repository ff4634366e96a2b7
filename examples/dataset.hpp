#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <xgrad/core/array.hpp>

namespace examples {

/// What is wrong with a file or a data set, in one line: where, what was expected, what was found.
class DataError : public std::runtime_error {
  public:
    DataError(std::string_view where, std::string_view expected, std::string_view found);
};

/// Height, width and colour planes of an image whose pixels are a row of features, plane after plane; 0 if not an
/// image.
struct ImageShape {
    std::size_t height = 0, width = 0, planes = 0;
    bool operator==(const ImageShape&) const = default;
};

/// Labelled examples, one a row.
struct Dataset {
    std::string name;
    xt::xarray<float> features;      // size() x width(), row-major
    xt::xarray<std::int64_t> labels; // size(), each below `classes`
    std::size_t classes = 0;
    std::vector<std::string> class_names = {}; // empty if unknown
    ImageShape image = {};

    Dataset() = default;
    /// Room for `size` examples of `width` features, not yet filled in.
    Dataset(std::string name, std::size_t size, std::size_t width);

    std::size_t size() const { return labels.size(); }
    std::size_t width() const { return features.shape(1); }
    std::span<float> row(std::size_t i) { return {features.data() + i * width(), width()}; }
    std::span<const float> row(std::size_t i) const { return {features.data() + i * width(), width()}; }
    std::string class_name(std::size_t label) const;
};

/// The examples to learn from, and those held out to test with.
struct Datasets {
    Dataset train, test;
    std::string remark = {}; // what a reader of the results should know about the data; mostly empty
};

/// Labels above this are taken for an error in the data: a classifier has a column of weights for each class.
inline constexpr std::int64_t largest_label = 65535;

/// Puts 8-bit values into a row as pixel / 255.
void scale_pixels(std::span<const std::uint8_t> pixels, std::span<float> row);

/// A copy of the chosen rows, in that order.
Dataset take(const Dataset& data, std::span<const std::size_t> rows);

/// Joins two sets that belong together: same width, at least one example in each, at least two classes in all.
Datasets pair(Dataset train, Dataset test);

/// Holds out a fifth of the examples, chosen at random, but the same ones at each call.
Datasets split(const Dataset& data);

} // namespace examples
