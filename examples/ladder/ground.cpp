// Features of all images, in batches of uint8 through a compiled program.

#include <algorithm>

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
const Sets& kept(std::optional<Sets>& sets, const Ground& ground, Features features) {
    if (!sets)
        sets = Sets{rows_of_features(ground.data.train.examples, features),
                    rows_of_features(ground.data.test.examples, features)};
    return *sets;
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
    return kept(hue_, *this, [](xg::Var x) { return hue_histogram(x); });
}

const Sets& Ground::hog() const {
    const auto cell = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min(image()[1], image()[2]) / 4));
    return kept(hog_, *this, [&](xg::Var x) { return ladder::hog(x, {.cell = cell}); });
}

const Sets& Ground::hog_and_hue() const {
    if (!coloured()) return hog();
    if (!hog_and_hue_)
        hog_and_hue_ = Sets{side_by_side(hog().train, hue().train), side_by_side(hog().test, hue().test)};
    return *hog_and_hue_;
}

const Sets& Ground::words() const {
    if (words_) return *words_;
    const Words words(data.train.examples, {.seed = settings.seed});
    return kept(words_, *this, [&](xg::Var x) { return words(x); });
}

} // namespace ladder
