// The third lecture's ways to a good W that follow no gradient, and the gradient by differences.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "fit.hpp"

namespace ladder {

namespace {

/// The first images of the training set as numbers, at most so many: pixels less their mean image, times a factor.
struct Images {
    Images(const Ground& ground, std::size_t most, double factor)
        : mean_image(xg::data::mean_image(ground.data.train.examples)) {
        const std::size_t size = std::min(most, ground.data.train.size());
        xg::data::Epoch epoch = xg::data::Batches(ground.data.train.examples, {.batch_size = size, .shuffle = false})
                                    .epoch(0);
        const xg::data::Batch& batch = *epoch.next();
        pixels = factor * mean_image.apply<double>(batch.features());
        labels = ground.data.train.examples.labels();
        labels.resize(size);
    }

    xg::data::Standardize mean_image;
    xt::xarray<double> pixels;
    std::vector<std::int64_t> labels;
};

/// A search judges each try by the SVM loss of up to 5000 images, with pixels from 0 to 255 as the lecture has them.
template <class Search>
Outcome search(const Ground& ground, const Search& method) {
    const Stopwatch watch;
    const Images images(ground, 5000, 1);
    const xt::xarray<float> pixels = images.pixels;
    xg::Tape tape;
    const xg::models::Linear classify(tape, ground.data.train.width(), ground.classes());
    const Scores scores = [&](xg::Var x, bool) {
        return classify(reshape(x, {static_cast<std::int64_t>(x.shape()[0]), -1}));
    };
    const xg::Var x = tape.input<float>(xg::Shape(std::span(pixels.shape().begin(), pixels.shape().end())), "images");
    const xg::Var labels = tape.input<std::int64_t>(xg::Shape(images.labels.size()), "labels");
    xg::optim::Problem problem(xg::models::svm_loss(scores(x, true), labels), {x, labels},
                               [&](xg::Program& loss) { return loss(pixels, images.labels); });
    const Stopwatch searching;
    const xg::optim::SearchReport report = method.solve(problem);
    const double seconds = searching.seconds();

    const Scores of_bytes = [&](xg::Var bytes, bool training) { return scores(images.mean_image(bytes), training); };
    Outcome outcome{.train = accuracy(tape, of_bytes, ground.data.train.examples),
                    .test = accuracy(tape, of_bytes, ground.data.test.examples),
                    .seconds = watch.seconds(),
                    .examples_per_second = static_cast<double>(report.evaluations * images.labels.size()) / seconds,
                    .remark = fmt::format("{} tries", report.iterations)};
    if (ground.settings.details)
        outcome.details = Details{
            .templates = Templates{.weights = classify.weights().value<float>(), .image = ground.image()},
            .outputs = all_scores(tape, of_bytes, ground.data.test.examples)};
    return outcome;
}

constexpr int tries = 1000; // the lecture's

} // namespace

Outcome random_search(const Ground& ground) {
    return search(ground, xg::optim::RandomSearch{.tries = tries, .scale = 1e-4, .seed = ground.settings.seed});
}

Outcome local_search(const Ground& ground) {
    return search(ground, xg::optim::RandomLocalSearch{
                              .tries = tries, .step_size = 1e-4, .start_scale = 1e-3, .seed = ground.settings.seed});
}

Outcome numerical_gradient(const Ground& ground) {
    constexpr std::size_t coordinates = 10;
    constexpr double h = 1e-5;
    const Stopwatch watch;
    const Images images(ground, 1000, 1.0 / 255);
    xg::Tape tape;
    const xg::models::Linear classify(tape, ground.data.train.width(), ground.classes(),
                                      {.seed = ground.settings.seed, .dtype = xg::DType::float64});
    const xg::Var W = classify.weights();
    const auto cost = [&](xg::Var x, xg::Var labels) {
        return xg::models::softmax_loss(classify(reshape(x, {static_cast<std::int64_t>(x.shape()[0]), -1})), labels);
    };
    xg::Function loss = tape.function(cost);
    xg::Function slope = tape.function([&](xg::Var x, xg::Var labels) { return gradient(cost(x, labels), W); });

    const auto exact = slope(images.pixels, images.labels).array<double>();
    const Stopwatch analytic; // the first call compiled it
    slope(images.pixels, images.labels);
    const double analytic_seconds = analytic.seconds();

    auto weights = W.value<double>();
    const auto loss_at = [&](std::size_t i, double value) {
        weights.data()[i] = value;
        tape.assign(W, weights);
        return loss(images.pixels, images.labels).scalar<double>();
    };
    loss_at(0, weights.data()[0]);
    const Stopwatch numeric;
    double error = 0;
    for (std::size_t k = 0; k < coordinates; ++k) {
        const std::size_t i = k * weights.size() / coordinates + weights.size() / (2 * coordinates);
        const double w = weights.data()[i];
        const double difference = (loss_at(i, w + h) - loss_at(i, w - h)) / (2 * h);
        weights.data()[i] = w;
        error = std::max(error, std::abs(difference - exact.data()[i]) / std::max(std::abs(exact.data()[i]), 1e-8));
    }
    const double each = numeric.seconds() / coordinates;
    return {.seconds = watch.seconds(),
            .examples_per_second = 2 * static_cast<double>(images.labels.size()) / each,
            .remark = fmt::format("{} of {} slopes, off by {:.0e}; all take {:.0f} s, the analytic ones {:.3f} s",
                                  coordinates, weights.size(), error, each * static_cast<double>(weights.size()),
                                  analytic_seconds)};
}

} // namespace ladder
