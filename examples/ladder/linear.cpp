// Linear classifiers: all examples at each step against batches, the two losses, pixels against features.

#include <fmt/format.h>

#include "fit.hpp"
#include "pixels.hpp"

namespace ladder {

namespace {

using xg::optim::GD;

constexpr double l2 = 0.005; // the notes' regularization strength 0.01 times half the sum of squares

struct Linear {
    Linear(std::size_t inputs, std::size_t classes)
        : classify(tape, inputs, classes, {.weights = xg::models::zeros()}) {} // nothing is gained by a random start
    Recipe recipe(const Ground& ground, Loss loss, xg::optim::Transformation rule) const {
        return {.loss = std::move(loss),
                .rule = std::move(rule),
                .l2 = l2,
                .weights = {classify.weights()},
                .details = ground.settings.details};
    }
    Outcome on_pixels(const Ground& ground, const Recipe& recipe) {
        const Pixels pixels(ground);
        Outcome outcome = fit(
            tape, [&](xg::Var x, bool) { return classify(pixels.rows(x)); }, ground.images(), recipe);
        if (outcome.details)
            outcome.details->templates = {.weights = classify.weights().value<float>(), .image = ground.image()};
        return outcome;
    }

    xg::Tape tape;
    xg::models::Linear classify;
};

/// As many steps as an epoch has batches of 100, by batches of this size.
Outcome descend(const Ground& ground, std::size_t batch_size) {
    Linear linear(ground.data.train.width(), ground.classes());
    Recipe recipe = linear.recipe(ground, softmax(), GD{0.01});
    recipe.steps = (ground.data.train.size() + 99) / 100;
    recipe.batch_size = batch_size;
    recipe.shuffle = batch_size < ground.data.train.size();
    recipe.seed = ground.settings.seed;
    return linear.on_pixels(ground, recipe);
}

/// The batches are taken in order, as the comparison with other programs wants it.
Outcome on_pixels(const Ground& ground, Loss loss, double rate) {
    Linear linear(ground.data.train.width(), ground.classes());
    Recipe recipe = linear.recipe(ground, std::move(loss), GD{rate});
    recipe.epochs = ground.settings.epochs.value_or(20);
    recipe.shuffle = false;
    return linear.on_pixels(ground, recipe);
}

Outcome on_features(const Ground& ground, const Sets& (Ground::*features)() const, Loss loss, double rate) {
    const Stopwatch watch;
    const Sets& sets = (ground.*features)();
    const double extraction = watch.seconds();
    Linear linear(sets.train.feature_type().shape.numel(), ground.classes());
    const auto standardize = xg::data::Standardize::fit(sets.train);
    Recipe recipe = linear.recipe(ground, std::move(loss), xg::optim::Momentum{.learning_rate = rate});
    recipe.epochs = ground.settings.epochs.value_or(20);
    recipe.seed = ground.settings.seed;
    Outcome outcome = fit(
        linear.tape, [&](xg::Var x, bool) { return linear.classify(standardize(x)); }, sets, recipe);
    outcome.seconds += extraction;
    outcome.remark += fmt::format(", {} features", sets.train.feature_type().shape.numel());
    if (outcome.details)
        outcome.details->templates = {.weights = linear.classify.weights().value<float>(), .features = sets.features};
    return outcome;
}

constexpr double svm_rate = 1e-3, softmax_rate = 3e-3; // of features

} // namespace

Outcome gradient_descent(const Ground& ground) { return descend(ground, ground.data.train.size()); }
Outcome minibatches(const Ground& ground) { return descend(ground, 100); }
Outcome svm_on_pixels(const Ground& ground) { return on_pixels(ground, svm(), 0.001); }
Outcome softmax_on_pixels(const Ground& ground) { return on_pixels(ground, softmax(), 0.01); }
Outcome svm_on_hue(const Ground& ground) { return on_features(ground, &Ground::hue, svm(), svm_rate); }
Outcome softmax_on_hue(const Ground& ground) { return on_features(ground, &Ground::hue, softmax(), softmax_rate); }
Outcome svm_on_hog(const Ground& ground) { return on_features(ground, &Ground::hog, svm(), svm_rate); }
Outcome softmax_on_hog(const Ground& ground) { return on_features(ground, &Ground::hog, softmax(), softmax_rate); }
Outcome svm_on_both(const Ground& ground) { return on_features(ground, &Ground::hog_and_hue, svm(), svm_rate); }
Outcome softmax_on_both(const Ground& ground) {
    return on_features(ground, &Ground::hog_and_hue, softmax(), softmax_rate);
}
Outcome svm_on_words(const Ground& ground) { return on_features(ground, &Ground::words, svm(), svm_rate); }
Outcome softmax_on_words(const Ground& ground) { return on_features(ground, &Ground::words, softmax(), softmax_rate); }

} // namespace ladder
