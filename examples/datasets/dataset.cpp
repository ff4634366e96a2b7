#include <xgrad/datasets/dataset.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include <xgrad/models/data/folds.hpp>

namespace xgrad::datasets {

DataError::DataError(std::string_view where, std::string_view expected, std::string_view found)
    : std::runtime_error(fmt::format("{}: expected {}, found {}", where, expected, found)) {}

std::size_t Dataset::label(std::size_t i) const {
    std::int64_t label = 0;
    std::memcpy(&label, examples.targets(i), sizeof(label));
    return static_cast<std::size_t>(label);
}

std::string Dataset::class_name(std::size_t label) const {
    return label < class_names.size() ? class_names[label] : std::to_string(label);
}

Datasets pair(Dataset train, Dataset test) {
    if (train.size() == 0) throw DataError(train.name, "at least one training example", "none");
    if (test.size() == 0) throw DataError(test.name, "at least one test example", "none");
    if (train.width() != test.width())
        throw DataError(test.name, fmt::format("{} features, as in the training data", train.width()),
                        fmt::format("{}", test.width()));
    if (train.examples.feature_type() != test.examples.feature_type())
        throw DataError(
            test.name,
            fmt::format("examples of shape {}, as in the training data", train.examples.feature_type().shape.str()),
            test.examples.feature_type().shape.str());
    train.classes = test.classes = std::max(train.classes, test.classes);
    if (train.classes < 2) throw DataError(train.name, "labels of at least two classes", "only class 0");
    return {std::move(train), std::move(test)};
}

Datasets split(const Dataset& data) {
    const std::size_t size = data.size();
    if (size < 2) throw DataError(data.name, "at least two examples to split", fmt::format("{}", size));
    const std::size_t held_out = std::max<std::size_t>(1, size / 5);
    const data::Split parts = data::train_validation_split(
        data.examples, static_cast<double>(held_out) / static_cast<double>(size), {.seed = 20});
    Dataset train = data, test = data;
    train.examples = data.examples.subset(parts.train);
    test.examples = data.examples.subset(parts.validation);
    Datasets both = pair(std::move(train), std::move(test));
    both.remark = fmt::format("no test file: {} of {} examples, chosen at random, are held out", held_out, size);
    return both;
}

} // namespace xgrad::datasets
