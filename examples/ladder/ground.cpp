// Features of all images, in batches of uint8 through a compiled program.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "hog.hpp"
#include "hue.hpp"
#include "ladder.hpp"
#include "words.hpp"

namespace ladder {

namespace {

/// Features (N, ...) of images as rows (N, width).
template <class Features>
ArraySet rows_of_features(const ArraySet& images, Features features) {
    xg::Tape tape;
    xg::Function extract = tape.function([&](xg::Var x) {
        return reshape(features(x), {static_cast<std::int64_t>(x.shape()[0]), -1});
    });
    std::vector<float> rows;
    for (const xg::data::Batch& batch : xg::data::Batches(images, {.batch_size = 500, .shuffle = false}).epoch(0)) {
        const xg::Results results = extract(batch.features());
        const auto* first = static_cast<const float*>(results.data());
        rows.insert(rows.end(), first, first + results.type().shape.numel());
    }
    auto array = xt::xarray<float>::from_shape({images.size(), rows.size() / images.size()});
    std::ranges::copy(rows, array.data());
    return ArraySet(std::move(array), images.labels());
}

template <class Features>
const Sets& kept(std::optional<Sets>& sets, const Ground& ground, Features features, std::vector<Feature> names) {
    if (!sets)
        sets = Sets{.train = rows_of_features(ground.data.train.examples, features),
                    .test = rows_of_features(ground.data.test.examples, features),
                    .features = std::move(names)};
    return *sets;
}

std::vector<Feature> hue_names(std::size_t bins) {
    std::vector<Feature> names;
    for (std::size_t i = 0; i < bins; ++i)
        names.push_back({fmt::format("hue {}, {}° to {}°", i, 360 * i / bins, 360 * (i + 1) / bins)});
    return names;
}

std::vector<Feature> hog_names(std::size_t orientations, std::size_t rows, std::size_t columns) {
    std::vector<Feature> names;
    for (std::size_t bin = 0; bin < orientations; ++bin)
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < columns; ++j)
                names.push_back({fmt::format("orientation {} of cell ({}, {})", bin, i, j)});
    return names;
}

std::vector<Feature> word_names(const Words& words, const xg::Shape& patch) {
    std::vector<Feature> names;
    for (const char* quarter : {"upper left", "upper right", "lower left", "lower right"})
        for (std::size_t k = 0; k < words.means().shape()[0]; ++k) {
            auto picture = xt::xarray<float>::from_shape({patch[0], patch[1], patch[2]});
            std::copy_n(words.means().data() + k * patch.numel(), patch.numel(), picture.data());
            names.push_back({fmt::format("word {}, {}", k, quarter), std::move(picture)});
        }
    return names;
}

ArraySet side_by_side(const ArraySet& a, const ArraySet& b) {
    const std::size_t m = a.feature_type().shape[0], n = b.feature_type().shape[0];
    auto rows = xt::xarray<float>::from_shape({a.size(), m + n});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::ranges::copy(a.row<float>(i), rows.data() + i * (m + n));
        std::ranges::copy(b.row<float>(i), rows.data() + i * (m + n) + m);
    }
    return ArraySet(std::move(rows), a.labels());
}

} // namespace

const Sets& Ground::hue() const {
    constexpr std::size_t bins = 10;
    return kept(
        hue_, *this, [](xg::Var x) { return hue_histogram(x, bins); }, hue_names(bins));
}

const Sets& Ground::hog() const {
    const std::size_t side = std::max<std::size_t>(1, std::min(image()[1], image()[2]) / 4);
    const HogOptions options{.cell = static_cast<std::int64_t>(side)};
    return kept(
        hog_, *this, [&](xg::Var x) { return ladder::hog(x, options); },
        hog_names(options.orientations, image()[1] / side, image()[2] / side));
}

const Sets& Ground::hog_and_hue() const {
    if (!coloured()) return hog();
    if (!hog_and_hue_) {
        hog_and_hue_ = Sets{side_by_side(hog().train, hue().train), side_by_side(hog().test, hue().test),
                            hog().features};
        hog_and_hue_->features.insert(hog_and_hue_->features.end(), hue().features.begin(), hue().features.end());
    }
    return *hog_and_hue_;
}

const Sets& Ground::words() const {
    if (words_) return *words_;
    const WordsOptions options{.seed = settings.seed};
    const Words words(data.train.examples, options);
    const auto side = static_cast<std::size_t>(options.side);
    return kept(
        words_, *this, [&](xg::Var x) { return words(x); }, word_names(words, {image()[0], side, side}));
}

} // namespace ladder
