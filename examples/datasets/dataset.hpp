#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <xgrad/models/data/array_set.hpp>

namespace xgrad::datasets {

/// What is wrong with a file or a data set, in one line: where, what was expected, what was found.
class DataError : public std::runtime_error {
  public:
    DataError(std::string_view where, std::string_view expected, std::string_view found);
};

/// Labelled examples.
struct Dataset {
    std::string name;
    /// Images (N, C, H, W) as uint8 from 0 to 255, or the rows of a table (N, columns) as float32; and labels (N),
    /// int64, each below `classes`. Hand it to data::Batches, or to data::k_fold.
    data::ArraySet examples;
    std::size_t classes = 0;
    std::vector<std::string> class_names = {}; // empty if unknown

    std::size_t size() const { return examples.size(); }
    /// Numbers of an example.
    std::size_t width() const { return examples.feature_type().shape.numel(); }
    bool is_images() const { return examples.feature_type().dtype == DType::uint8; }
    std::size_t label(std::size_t i) const;
    std::string class_name(std::size_t label) const;
};

/// The examples to learn from, and those held out to test with.
struct Datasets {
    Dataset train, test;
    std::string remark = {}; // what a reader of the results should know about the data; mostly empty
};

/// Labels above this are taken for an error in the data: a classifier has a column of weights for each class.
inline constexpr std::int64_t largest_label = 65535;

/// Joins two sets that belong together: examples of one shape, at least one in each, at least two classes in all.
/// Throws DataError.
Datasets pair(Dataset train, Dataset test);

/// Holds out a fifth of the examples, chosen at random, but the same ones at each call. Throws DataError.
Datasets split(const Dataset& data);

} // namespace xgrad::datasets
