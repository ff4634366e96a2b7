#include "dataset.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "random.hpp"

namespace examples {

DataError::DataError(std::string_view where, std::string_view expected, std::string_view found)
    : std::runtime_error(fmt::format("{}: expected {}, found {}", where, expected, found)) {}

Dataset::Dataset(std::string given_name, std::size_t size, std::size_t width)
    : name(std::move(given_name)), features(xt::xarray<float>::from_shape({size, width})),
      labels(xt::xarray<std::int64_t>::from_shape({size})) {}

std::string Dataset::class_name(std::size_t label) const {
    return label < class_names.size() ? class_names[label] : std::to_string(label);
}

void scale_pixels(std::span<const std::uint8_t> pixels, std::span<float> row) {
    std::ranges::transform(pixels, row.begin(), [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0f; });
}

Dataset take(const Dataset& data, std::span<const std::size_t> rows) {
    Dataset taken(data.name, rows.size(), data.width());
    taken.classes = data.classes;
    taken.class_names = data.class_names;
    taken.image = data.image;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::ranges::copy(data.row(rows[i]), taken.row(i).begin());
        taken.labels.data()[i] = data.labels.data()[rows[i]];
    }
    return taken;
}

Datasets pair(Dataset train, Dataset test) {
    if (train.size() == 0) throw DataError(train.name, "at least one training example", "none");
    if (test.size() == 0) throw DataError(test.name, "at least one test example", "none");
    if (train.width() != test.width())
        throw DataError(test.name, fmt::format("{} features, as in the training data", train.width()),
                        fmt::format("{}", test.width()));
    train.classes = test.classes = std::max(train.classes, test.classes);
    if (train.classes < 2) throw DataError(train.name, "labels of at least two classes", "only class 0");
    return {std::move(train), std::move(test)};
}

Datasets split(const Dataset& data) {
    if (data.size() < 2) throw DataError(data.name, "at least two examples to split", fmt::format("{}", data.size()));
    std::vector<std::size_t> order(data.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Random random(20);
    random.shuffle(order);
    const std::span<const std::size_t> all(order);
    const std::size_t held_out = std::max<std::size_t>(1, data.size() / 5);
    Datasets both = pair(take(data, all.subspan(held_out)), take(data, all.first(held_out)));
    both.remark = fmt::format("no test file: {} of {} examples, chosen at random, are held out", held_out, data.size());
    return both;
}

} // namespace examples
