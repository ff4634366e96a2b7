#include "digits_scene.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "features.hpp"

namespace web {

namespace {

constexpr std::size_t classes = 10, most_images = 20000, widest = 1024, most_layers = 4;

std::vector<double> as_numbers(const xt::xarray<float>& array) { return {array.begin(), array.end()}; }

} // namespace

DigitsScene::Model::Model(const std::vector<std::size_t>& widths, std::size_t batch_size, const std::string& rule_name,
                          double rate_now, double penalty_now, std::uint64_t seed, const xg::data::ArraySet& set)
    : classify(tape, widths, {.seed = seed, .name = "digits"}), rate(tape.training_state(rate_now, "rate")),
      strength(tape.training_state(penalty_now, "strength")), rule(make_rule(rule_name, rate)),
      learn_from(tape.function([this](xg::Var x, xg::Var y) {
          const xg::Var loss = loss_of(x, y), whole = loss + cast(strength, xg::DType::float32) * penalty();
          return xg::Step{.outputs = {loss}, .updates = xg::optim::minimize(rule, whole)};
      })),
      test(tape.function([this](xg::Var x, xg::Var y) {
          return std::vector<xg::Var>{loss_of(x, y), xg::models::accuracy(classify(examples::rows_of(x)), y)};
      })),
      predict(tape.function([this](xg::Var x) { return softmax(classify(examples::rows_of(x)), 1); })),
      batches(set, {.batch_size = batch_size, .drop_last = true, .seed = seed}), rest(batches.epoch(0)) {}

xg::Var DigitsScene::Model::loss_of(xg::Var images, xg::Var labels) const {
    return xg::models::softmax_loss(classify(examples::rows_of(images)), labels);
}

/// Of the weights of all layers.
xg::Var DigitsScene::Model::penalty() const {
    xg::Var sum;
    for (const xg::models::Linear& layer : classify.layers()) {
        const xg::Var one = xg::models::l2(layer.weights());
        sum = sum.valid() ? sum + one : one;
    }
    return sum;
}

double DigitsScene::Model::learn() {
    const xg::data::Batch* batch = rest.next();
    if (!batch) {
        rest = batches.epoch(++epoch);
        batch = rest.next();
    }
    ++steps;
    seen += batch->size();
    return learn_from(batch->features(), batch->targets()).scalar<float>();
}

Reply DigitsScene::answer(std::string_view action, Request& request) {
    if (action == "train" || action == "step") return learn(action, request);
    if (action == "test") return test();
    if (action == "templates") return templates();
    if (action == "classify") return classify(request);
    if (action == "image") return image(request.count("the image", most_images));
    Reply reply;
    if (action == "draw")
        draw(request);
    else if (action == "begin")
        begin(request);
    else if (action == "rate")
        model().tape.assign(model().rate, request.number("the rate"));
    else
        throw RequestError(fmt::format("the digits know no {}", action));
    return reply;
}

void DigitsScene::draw(Request& request) {
    const std::size_t train = request.count("the number of images to train with", most_images),
                      test = request.count("the number of images to test with", most_images);
    data_ = xg::datasets::draw_digits({.train = train, .test = test, .seed = request.count("the seed", 1u << 31)});
    model_.reset();
}

const xg::datasets::Datasets& DigitsScene::data() {
    if (!data_) throw RequestError("no digits have been drawn");
    return *data_;
}

/// rule rate penalty batch seed [widths of hidden layers]
void DigitsScene::begin(Request& request) {
    const std::string rule(request.word("the rule"));
    const double rate = request.number("the rate"), penalty = request.number("the penalty");
    const std::size_t batch = request.count("the size of a batch", most_images),
                      seed = request.count("the seed", 1u << 31);
    std::vector<std::size_t> widths{data().train.width()};
    while (!request.at_end()) {
        if (widths.size() > most_layers)
            throw RequestError(fmt::format("more than {} layers are too many", most_layers));
        widths.push_back(request.count("the width of a layer", widest));
    }
    widths.push_back(classes);
    model_ = std::make_unique<Model>(widths, batch, rule, rate, penalty, seed, data().train.examples);
}

DigitsScene::Model& DigitsScene::model() {
    if (!model_) throw RequestError("no classifier has begun to train");
    return *model_;
}

Reply DigitsScene::learn(std::string_view action, Request& request) {
    using Clock = std::chrono::steady_clock;
    Model& m = model();
    const std::size_t seen_before = m.seen;
    const auto start = Clock::now();
    const std::vector<double> losses = train(action, request, [&] { return m.learn(); });
    const double seconds = std::max(1e-6, std::chrono::duration<double>(Clock::now() - start).count());
    Reply reply;
    reply.numbers("losses", losses);
    reply.number("steps", static_cast<double>(m.steps));
    reply.number("epoch", static_cast<double>(m.epoch));
    if (action == "train") // what takes time is another number at each call
        reply.number("examples_per_second", static_cast<double>(m.seen - seen_before) / seconds);
    explain(reply, m.tape, losses.empty() ? 0 : losses.back(), [&] {
        xg::data::Epoch again = m.batches.epoch(m.epoch);
        const xg::data::Batch* batch = again.next();
        m.tape.function([&](xg::Var x, xg::Var y) { return m.loss_of(x, y); })(batch->features(), batch->targets());
    });
    return reply;
}

/// How well it does on images that it has not seen.
Reply DigitsScene::test() {
    Model& m = model();
    const xg::data::Batches all(data().test.examples, {.batch_size = data().test.size(), .shuffle = false});
    xg::data::Epoch epoch = all.epoch(0);
    const xg::data::Batch* batch = epoch.next();
    const xg::Results results = m.test(batch->features(), batch->targets());
    Reply reply;
    reply.number("loss", results.scalar<float>(0));
    reply.number("accuracy", results.scalar<double>(1));
    return reply;
}

/// The weights of the first layer, a list of pixels for each of its outputs: the templates of a linear classifier.
Reply DigitsScene::templates() {
    const xt::xarray<float> weights = model().classify.layers()[0].weights().value<float>();
    Reply reply;
    reply.array("templates", xt::transpose(weights));
    return reply;
}

/// The probabilities of the classes for one image, its pixels from 0 (paper) to 1 (ink).
Reply DigitsScene::classify(Request& request) {
    const std::vector<double> pixels = request.numbers("a pixel", data().train.width());
    auto image = xt::xarray<float>::from_shape({1, pixels.size()});
    std::transform(pixels.begin(), pixels.end(), image.begin(), [](double x) { return static_cast<float>(x); });
    Reply reply;
    reply.numbers("probabilities", as_numbers(model().predict(image).array<float>()));
    return reply;
}

/// One of the images to train with.
Reply DigitsScene::image(std::size_t i) {
    const xg::datasets::Dataset& train = data().train;
    if (i >= train.size()) throw RequestError(fmt::format("there are {} images, from 0 on", train.size()));
    std::vector<double> pixels;
    for (const std::uint8_t grey : train.examples.row<std::uint8_t>(i))
        pixels.push_back(grey / 255.0);
    Reply reply;
    reply.number("side", static_cast<double>(train.examples.feature_type().shape[2]));
    reply.number("label", static_cast<double>(train.label(i)));
    reply.numbers("pixels", pixels);
    return reply;
}

} // namespace web
