#include "words.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <xgrad/datasets/random.hpp>

#include "histogram.hpp"
#include "neighbours.hpp"

namespace ladder {

namespace {

constexpr double least_variance = 10;

/// q of one patch, from where its pixels stand.
void normalize(float* q, std::size_t size) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < size; ++i) {
        sum += q[i];
        squares += static_cast<double>(q[i]) * q[i];
    }
    const double mean = sum / static_cast<double>(size);
    const double scale = 1 / std::sqrt(squares / static_cast<double>(size) - mean * mean + least_variance);
    for (std::size_t i = 0; i < size; ++i)
        q[i] = static_cast<float>((q[i] - mean) * scale);
}

/// q of patches from anywhere: (patches, C side side).
xt::xarray<float> patches_of(const ArraySet& images, const WordsOptions& options) {
    const xg::Shape& image = images.feature_type().shape;
    const std::size_t channels = image[0], height = image[1], width = image[2];
    const auto side = static_cast<std::size_t>(options.side);
    const std::size_t size = channels * side * side;
    auto patches = xt::xarray<float>::from_shape({options.patches, size});
    xg::datasets::Random random(options.seed);
    float* next = patches.data();
    for (std::size_t n = 0; n < options.patches; ++n) {
        const auto pixels = images.row<std::uint8_t>(random.below(images.size()));
        const std::size_t top = random.below(height - side + 1), left = random.below(width - side + 1);
        float* const patch = next;
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = 0; i < side; ++i)
                for (std::size_t j = 0; j < side; ++j)
                    *next++ = pixels[(c * height + top + i) * width + left + j];
        normalize(patch, size);
    }
    return patches;
}

} // namespace

xg::Var k_means_step(xg::Var x, xg::Var means) {
    const xg::Var nearest = expand_dims(argmin(squared_distances(x, means), 1), 1); // (N, 1)
    const xg::Var sums = scatter_add(zeros_like(means), broadcast_to(nearest, x.shape()), x, 0);
    const xg::Var none = full(x.tape(), xg::Shape(means.shape()[0], 1), 0, x.dtype());
    const xg::Var counts = scatter_add(none, nearest, full(x.tape(), xg::Shape(1, 1), 1, x.dtype()), 0);
    return where(counts > 0, sums / maximum(counts, 1), means);
}

Words::Words(const ArraySet& training, const WordsOptions& options, xg::Location where) : options_(options) {
    const xg::Call call("Words", where);
    const xg::Shape& image = training.feature_type().shape;
    const auto side = static_cast<std::size_t>(options.side);
    if (image.rank() != 3 || image[1] < side || image[2] < side)
        throw xg::Error(
            fmt::format("images of shape {} were given; they must be (C, H, W), and not smaller than patches "
                        "of {} x {}",
                        image.str(), side, side),
            where);
    if (options.words > options.patches)
        throw xg::Error(fmt::format("{} words of {} patches were asked for; take more patches, or fewer words",
                                    options.words, options.patches),
                        where);
    const xt::xarray<float> patches = patches_of(training, options);
    auto start = xt::xarray<float>::from_shape({options.words, patches.shape()[1]});
    std::copy_n(patches.data(), start.size(), start.data()); // the patches are in no order
    xg::Tape tape;
    const xg::Var means = tape.state(start, "means");
    xg::Function step = tape.function([&](xg::Var x) {
        return xg::Step{.outputs = {}, .updates = {{means, k_means_step(x, means)}}};
    });
    for (std::size_t i = 0; i < options.iterations; ++i)
        step(patches);
    means_ = means.value<float>();
}

xg::Var Words::operator()(xg::Var images) const {
    xg::Tape& tape = images.tape();
    const auto channels = static_cast<std::int64_t>(images.shape()[1]), side = options_.side;
    const auto words = static_cast<std::int64_t>(options_.words);
    const xg::Var x = cast(images, xg::DType::float32), means = tape.constant(means_);
    const xg::Var average = full(tape, xg::Shape(1, channels, side, side),
                                 1 / static_cast<double>(channels * side * side), xg::DType::float32);
    const xg::Conv2dOptions steps{.stride = options_.stride};
    const xg::Var mean = conv2d(x, average, steps);
    const xg::Var variance = maximum(conv2d(square(x), average, steps) - square(mean), 0);
    const xg::Var products = conv2d(x, reshape(means, {words, channels, side, side}), steps);
    const xg::Var lengths = reshape(sum(square(means), 1), {1, words, 1, 1});
    const xg::Var word = argmax(products / sqrt(variance + least_variance) - lengths / 2, 1); // (N, rows, columns)

    const auto count = static_cast<std::int64_t>(word.shape()[0]), rows = static_cast<std::int64_t>(word.shape()[1]),
               columns = static_cast<std::int64_t>(word.shape()[2]);
    std::vector<xg::Var> quarters;
    for (const xg::Range part : {xg::Range{0, rows / 2}, xg::Range{rows / 2, rows}})
        for (const xg::Range half : {xg::Range{0, columns / 2}, xg::Range{columns / 2, columns}})
            quarters.push_back(histogram(reshape(slice(word, {{}, part, half}), {count, -1}), options_.words));
    return concatenate(quarters, 1);
}

} // namespace ladder
