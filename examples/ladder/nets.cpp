// Networks: two layers on pixels and on features, and a small convolutional one.

#include <array>

#include <fmt/format.h>

#include "fit.hpp"
#include "pixels.hpp"

namespace ladder {

namespace {

using xg::models::BatchNorm;
using xg::models::Convolution;
using xg::models::Linear;

std::size_t steps_of(const Recipe& recipe, const Sets& sets) {
    return recipe.epochs * ((sets.train.size() + recipe.batch_size - 1) / recipe.batch_size);
}

/// Adam, whose rate falls to 0 along half a wave of a cosine.
Recipe recipe(const Ground& ground, const Sets& sets, double rate, std::size_t epochs) {
    Recipe recipe{.loss = softmax(),
                  .rule = xg::optim::Adam{},
                  .epochs = ground.settings.epochs.value_or(epochs),
                  .seed = ground.settings.seed};
    const auto steps = static_cast<double>(steps_of(recipe, sets));
    recipe.rule = xg::optim::Adam{.learning_rate = xg::optim::Cosine{.initial = rate, .steps = steps}};
    return recipe;
}

struct TwoLayers {
    double rate, dropout, l2;
    std::size_t hidden, epochs;
};

/// scores = W2 relu(W1 x + b1) + b2, where x are the rows that `rows` makes of a batch.
template <class Rows>
Outcome two_layers(const Ground& ground, const Sets& sets, Rows rows, const TwoLayers& settings) {
    const std::uint64_t seed = ground.settings.seed;
    xg::Tape tape;
    xg::Random random(tape, seed);
    const Linear hide(tape, sets.train.feature_type().shape.numel(), settings.hidden, {.seed = seed, .name = "hidden"});
    const Linear classify(tape, settings.hidden, ground.classes(), {.seed = seed + 1, .name = "scores"});
    Recipe how = recipe(ground, sets, settings.rate, settings.epochs);
    how.l2 = settings.l2;
    how.weights = {hide.weights(), classify.weights()};
    Outcome outcome = fit(
        tape,
        [&](xg::Var x, bool training) {
            return classify(dropout(relu(hide(rows(x))), settings.dropout, random, training));
        },
        sets, how);
    outcome.remark += fmt::format(", {} hidden units", settings.hidden);
    return outcome;
}

/// Three times convolution 3 x 3, batch norm, relu and a pool that halves the image; dropout; scores.
class Convnet {
  public:
    static constexpr std::array<std::size_t, 3> channels{24, 48, 96};

    explicit Convnet(const Ground& ground) : Convnet(ground, ground.settings.seed, ground.image()) {}

    xg::Var operator()(xg::Var x, bool training) {
        for (std::size_t i = 0; i < channels.size(); ++i)
            x = max_pool2d(relu(norms_[i](convolutions_[i](x), training)), 2);
        x = reshape(x, {static_cast<std::int64_t>(x.shape()[0]), -1});
        return classify_(dropout(x, 0.3, random_, training));
    }

    xg::Tape& tape() { return tape_; }
    xg::Random& random() { return random_; }

  private:
    Convnet(const Ground& ground, std::uint64_t seed, const xg::Shape& image)
        : random_(tape_, seed),
          classify_(tape_, channels.back() * (image[1] / 8) * (image[2] / 8), ground.classes(), {.seed = seed}) {
        std::size_t inputs = image[0];
        for (std::size_t i = 0; i < channels.size(); ++i) {
            convolutions_.emplace_back(tape_, inputs, channels[i], 3,
                                       xg::models::ConvolutionLayerOptions{.geometry = {.padding = 1},
                                                                           .seed = seed + i + 1,
                                                                           .name = fmt::format("conv{}", i + 1)});
            norms_.emplace_back(tape_, channels[i], xg::models::NormLayerOptions{.name = fmt::format("norm{}", i + 1)});
            inputs = channels[i];
        }
    }

    xg::Tape tape_;
    xg::Random random_;
    Linear classify_;
    std::vector<Convolution> convolutions_;
    std::vector<BatchNorm> norms_;
};

Outcome convolve(const Ground& ground, bool augment, std::size_t epochs) {
    const xg::Shape& image = ground.image();
    if (image[1] < 8 || image[2] < 8)
        return {.remark = "left out: three pools need images of at least 8 x 8 pixels"};
    Convnet net(ground);
    const Pixels pixels(ground);
    const Sets sets = ground.images();
    const bool mirror = ground.coloured(); // a digit in a mirror is none
    Outcome outcome = fit(
        net.tape(),
        [&](xg::Var x, bool training) {
            if (augment && mirror) x = xg::data::random_flip(x, 0.5, net.random(), training);
            x = pixels.images(x);
            if (augment) x = xg::data::random_crop(x, image[1] / 8, net.random(), training);
            return net(x, training);
        },
        sets, recipe(ground, sets, 3e-3, epochs));
    if (augment) outcome.remark += mirror ? ", flips and shifts" : ", shifts";
    return outcome;
}

} // namespace

Outcome net_on_pixels(const Ground& ground) {
    const Pixels pixels(ground);
    return two_layers(
        ground, ground.images(), [&](xg::Var x) { return pixels.rows(x); },
        {.rate = 5e-4, .dropout = 0.3, .l2 = 1e-4, .hidden = 200, .epochs = 20});
}

Outcome net_on_features(const Ground& ground) {
    const Stopwatch watch;
    const Sets& sets = ground.hog_and_hue();
    const auto standardize = xg::data::Standardize::fit(sets.train);
    Outcome outcome = two_layers(ground, sets, standardize,
                                 {.rate = 1e-3, .dropout = 0.3, .l2 = 1e-4, .hidden = 400, .epochs = 30});
    outcome.seconds = watch.seconds();
    return outcome;
}

Outcome convnet(const Ground& ground) { return convolve(ground, false, 8); }
Outcome convnet_augmented(const Ground& ground) { return convolve(ground, true, 15); }

} // namespace ladder
