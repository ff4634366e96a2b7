#include <xgrad/datasets/npy.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <xgrad/models/npy.hpp>

namespace xgrad::datasets {

namespace {

using models::StoredArray;

/// An array in the bytes of its file.
struct OpenArray {
    explicit OpenArray(const std::filesystem::path& path) : where(path.string()), bytes(read_bytes(path)) {
        try {
            array = models::read_npy(std::as_bytes(std::span(bytes)));
        } catch (const Error& error) { throw DataError(where, "a .npy file of NumPy", error.message()); }
    }

    const Shape& shape() const { return array.type.shape; }
    DType dtype() const { return array.type.dtype; }
    std::string dtype_name() const { return array.foreign.empty() ? xgrad::name(dtype()) : array.foreign; }

    template <class T>
    std::vector<T> elements() const {
        std::vector<T> result(shape().numel());
        models::copy_elements(array, reinterpret_cast<std::byte*>(result.data()));
        return result;
    }

    std::string where;
    Bytes bytes;
    StoredArray array;
};

/// Rows of so many numbers each; those from float64 are rounded.
template <class T>
xt::xarray<float> table_of(const OpenArray& file, std::size_t columns) {
    const std::vector<T> numbers = file.elements<T>();
    auto table = xt::xarray<float>::from_shape({file.shape()[0], columns});
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto x = static_cast<float>(numbers[i]);
        if (!std::isfinite(x))
            throw DataError(file.where, "numbers that are finite and fit float32",
                            fmt::format("{} at {}", numbers[i], file.shape().position(i)));
        table.data()[i] = x;
    }
    return table;
}

Value read_features(const OpenArray& file) {
    const Shape& shape = file.shape();
    if (!file.array.foreign.empty() || file.dtype() == DType::int64)
        throw DataError(file.where, "features of uint8, float32 or float64", file.dtype_name());
    if (shape.rank() < 2 || shape.numel() == 0)
        throw DataError(file.where, "features (N, ...) of at least one example", "the shape " + shape.str());
    const std::size_t count = shape[0], width = shape.numel() / count;
    if (file.dtype() == DType::float32) return table_of<float>(file, width);
    if (file.dtype() == DType::float64) return table_of<double>(file, width);
    if (shape.rank() == 2) return table_of<std::uint8_t>(file, width);
    if (shape.rank() > 4) throw DataError(file.where, "images (N, C, H, W) or (N, H, W)", "the shape " + shape.str());
    const std::size_t channels = shape.rank() == 4 ? shape[1] : 1, height = shape[shape.rank() - 2],
                      columns = shape[shape.rank() - 1];
    auto images = xt::xarray<std::uint8_t>::from_shape({count, channels, height, columns});
    std::ranges::copy(file.elements<std::uint8_t>(), images.data());
    return Value(std::move(images));
}

std::vector<std::int64_t> read_labels(const OpenArray& file) {
    if (!file.array.foreign.empty() || is_floating(file.dtype()))
        throw DataError(file.where, "labels of int64 or uint8", file.dtype_name());
    if (file.shape().rank() != 1)
        throw DataError(file.where, "labels (N), one for each example", "the shape " + file.shape().str());
    std::vector<std::int64_t> labels;
    if (file.dtype() == DType::int64)
        labels = file.elements<std::int64_t>();
    else
        std::ranges::copy(file.elements<std::uint8_t>(), std::back_inserter(labels));
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] < 0 || labels[i] > largest_label)
            throw DataError(file.where, fmt::format("labels from 0 to {}", largest_label),
                            fmt::format("{} at {}", labels[i], i));
    return labels;
}

} // namespace

Dataset read_npy(const std::filesystem::path& features, const std::filesystem::path& labels, std::string name) {
    Value examples = read_features(OpenArray(features));
    std::vector<std::int64_t> targets = read_labels(OpenArray(labels));
    const std::size_t count = examples.type().shape[0];
    if (targets.size() != count)
        throw DataError(labels.string(), fmt::format("{} labels, one for each example of {}", count, features.string()),
                        fmt::format("{}", targets.size()));
    const std::int64_t largest = *std::ranges::max_element(targets);
    return {.name = name.empty() ? features.string() : std::move(name),
            .examples = {std::move(examples), std::move(targets)},
            .classes = 1 + static_cast<std::size_t>(largest)};
}

Dataset read_npy_features(const std::filesystem::path& features, std::string name) {
    return {.name = name.empty() ? features.string() : std::move(name),
            .examples = data::ArraySet(read_features(OpenArray(features)))};
}

bool is_npy(const Bytes& start) {
    constexpr std::string_view magic = "\x93NUMPY";
    return std::string_view(reinterpret_cast<const char*>(start.data()), start.size()).starts_with(magic);
}

bool is_npy_labels(const std::filesystem::path& file) { return OpenArray(file).shape().rank() == 1; }

} // namespace xgrad::datasets
