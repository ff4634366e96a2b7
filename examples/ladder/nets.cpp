// Networks: two layers on pixels and on features, and a small convolutional one.

#include <fmt/format.h>

#include "fit.hpp"
#include "pixels.hpp"

namespace ladder {

namespace {

namespace models = xg::models;

std::size_t steps_of(const Recipe& recipe, const Sets& sets) {
    return recipe.epochs * ((sets.train.size() + recipe.batch_size - 1) / recipe.batch_size);
}

/// Adam, whose rate falls to 0 along half a wave of a cosine.
Recipe recipe(const Ground& ground, const Sets& sets, double rate, std::size_t epochs) {
    Recipe recipe{.loss = softmax(),
                  .rule = xg::optim::Adam{},
                  .epochs = ground.settings.epochs.value_or(epochs),
                  .seed = ground.settings.seed,
                  .details = ground.settings.details};
    const auto steps = static_cast<double>(steps_of(recipe, sets));
    recipe.rule = xg::optim::Adam{.learning_rate = xg::optim::Cosine{.initial = rate, .steps = steps}};
    return recipe;
}

struct TwoLayers {
    double rate, dropout, l2;
    std::size_t hidden, epochs;
};

/// scores = W1 relu(W0 x + b0) + b1, where x are the rows that `rows` makes of a batch.
template <class Rows>
Outcome two_layers(const Ground& ground, const Sets& sets, Rows rows, const TwoLayers& settings) {
    xg::Tape tape;
    const xg::Random random(tape, ground.settings.seed);
    const models::MLP net(tape, {sets.train.feature_type().shape.numel(), settings.hidden, ground.classes()},
                          {.dropout = models::Dropout{settings.dropout, random}, .seed = ground.settings.seed});
    Recipe how = recipe(ground, sets, settings.rate, settings.epochs);
    how.l2 = settings.l2;
    for (const models::Linear& layer : net.layers())
        how.weights.push_back(layer.weights());
    Outcome outcome = fit(
        tape, [&](xg::Var x, bool training) { return net(rows(x), training); }, sets, how);
    outcome.remark += fmt::format(", {} hidden units", settings.hidden);
    if (outcome.details && sets.features.empty())
        outcome.details->templates = {
            .weights = net.layers().front().weights().value<float>(), .image = ground.image(), .output = "unit"};
    return outcome;
}

/// Three times convolution 3 x 3, batch norm, relu and a pool that halves the image; dropout; scores.
models::Sequential make_convnet(xg::Tape& tape, const xg::Random& random, const Ground& ground) {
    std::uint64_t seed = ground.settings.seed;
    models::Sequential net;
    std::size_t inputs = ground.image()[0], pixels = ground.image()[1] / 8 * (ground.image()[2] / 8);
    for (const std::size_t outputs : {24, 48, 96}) {
        net.append(models::Convolution(tape, inputs, outputs, 3,
                                       {.geometry = {.padding = 1},
                                        .bias = models::none(), // batch norm has one
                                        .seed = seed++,
                                        .name = fmt::format("conv{}", outputs)}));
        net.append(models::BatchNorm(tape, outputs, {.name = fmt::format("norm{}", outputs)}));
        net.append(xg::relu);
        net.append(models::MaxPool{2});
        inputs = outputs;
    }
    net.append(models::Flatten{});
    net.append(models::Dropout{0.3, random});
    net.append(models::Linear(tape, inputs * pixels, ground.classes(), {.seed = seed}));
    return net;
}

/// Those of the first layer.
Templates filters(const xg::Tape& tape) {
    const auto weights = tape.parameters().front().value<float>(); // (outputs, C, 3, 3)
    const xg::Shape image(weights.shape()[1], weights.shape()[2], weights.shape()[3]);
    const std::size_t outputs = weights.shape()[0];
    return {.weights = xt::transpose(xt::reshape_view(weights, {outputs, image.numel()})),
            .image = image,
            .output = "filter"};
}

Outcome convolve(const Ground& ground, bool augment, std::size_t epochs) {
    const xg::Shape& image = ground.image();
    xg::Tape tape;
    xg::Random random(tape, ground.settings.seed);
    const models::Sequential net = make_convnet(tape, random, ground);
    const Pixels pixels(ground);
    const Sets sets = ground.images();
    const bool mirror = ground.coloured(); // a digit in a mirror is none
    const auto most_shift = static_cast<std::int64_t>(image[1] / 8);
    Outcome outcome = fit(
        tape,
        [&](xg::Var x, bool training) {
            x = pixels.images(x);
            if (augment && mirror) x = xg::data::random_flip(x, 0.5, random, training);
            if (augment) x = xg::data::random_crop(x, most_shift, random, training);
            return net(x, training);
        },
        sets, recipe(ground, sets, 3e-3, epochs));
    if (outcome.details) outcome.details->templates = filters(tape);
    if (augment) outcome.remark += mirror ? ", flips and shifts" : ", shifts";
    return outcome;
}

} // namespace

Outcome net_on_pixels(const Ground& ground) {
    const Pixels pixels(ground);
    return two_layers(ground, ground.images(), [&](xg::Var x) { return pixels.rows(x); },
                      {.rate = 5e-4, .dropout = 0.3, .l2 = 1e-4, .hidden = 200, .epochs = 20});
}

Outcome net_on_features(const Ground& ground) {
    const Stopwatch watch;
    const Sets& sets = ground.hog_and_hue();
    const auto standardize = xg::data::Standardize::fit(sets.train);
    const double preparation = watch.seconds();
    Outcome outcome = two_layers(ground, sets, standardize,
                                 {.rate = 1e-3, .dropout = 0.3, .l2 = 1e-4, .hidden = 400, .epochs = 30});
    outcome.seconds += preparation;
    if (!ground.coloured()) outcome.remark += ", HOG alone";
    return outcome;
}

Outcome convnet(const Ground& ground) { return convolve(ground, false, 8); }
Outcome convnet_augmented(const Ground& ground) { return convolve(ground, true, 15); }

} // namespace ladder
