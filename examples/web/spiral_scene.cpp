#include "spiral_scene.hpp"

#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace web {

namespace {

xg::models::Layer activation_of(std::string_view name) {
    if (name == "relu") return xg::relu;
    if (name == "tanh") return xg::tanh;
    throw RequestError(fmt::format("there is no activation {}; there are relu|tanh", name));
}

} // namespace

SpiralScene::Model::Model(std::size_t classes, const Options& o)
    : classify(tape, {2, o.first, o.second, classes},
               {.activation = activation_of(o.activation), .seed = o.seed, .name = "net"}),
      rate(tape.training_state(o.rate, "rate")),
      strength(tape.training_state(static_cast<float>(o.penalty), "strength")), rule(make_rule(o.rule, rate)),
      learn_from(tape.function([this](xg::Var x, xg::Var y) {
          const xg::Var loss = loss_of(x, y);
          return xg::Step{.outputs = {loss}, .updates = xg::optim::minimize(rule, loss)};
      })),
      accuracy(tape.function([this](xg::Var x, xg::Var y) { return xg::models::accuracy(classify(x), y); })),
      predict(tape.function([this](xg::Var x) { return argmax(classify(cast(x, xg::DType::float32)), 1); })) {}

/// With the penalty of the weights.
xg::Var SpiralScene::Model::loss_of(xg::Var points, xg::Var labels) const {
    xg::Var loss = xg::models::softmax_loss(classify(points), labels);
    for (const xg::models::Linear& layer : classify.layers())
        loss = loss + strength * xg::models::l2(layer.weights());
    return loss;
}

Reply SpiralScene::answer(std::string_view action, Request& request) {
    if (action == "show") return show();
    if (action == "train" || action == "step") return learn(action, request);
    if (action == "regions") return regions(request, model().predict);
    Reply reply;
    if (action == "scatter")
        scatter(request);
    else if (action == "begin")
        begin(request);
    else if (action == "rate")
        model().tape.assign(model().rate, request.number("the rate"));
    else if (action == "penalty")
        model().tape.assign(model().strength, request.number("the penalty"));
    else
        throw RequestError(fmt::format("the spirals know no {}", action));
    return reply;
}

/// arms, points of each, noise, seed. As the lecture's notes have them: each arm goes out along its radius.
void SpiralScene::scatter(Request& request) {
    const std::size_t arms = request.count("the number of arms", most_arms);
    const std::size_t points = request.count("the points of an arm", most_points);
    const double noise = request.number("the noise");
    const std::uint64_t seed = request.count("the seed", 1u << 31);
    if (arms < 2 || points < 1) throw RequestError("there must be two arms, and a point on each");
    arms_ = arms;
    places_ = xt::xarray<float>::from_shape({arms * points, 2});
    labels_.clear();
    for (std::size_t i = 0; i < arms * points; ++i) {
        const double out = (static_cast<double>(i / arms) + 0.5) / static_cast<double>(points);
        const double turns = static_cast<double>(i % arms) / static_cast<double>(arms) + 0.64 * out;
        const double angle = 2 * std::numbers::pi * turns + noise * xg::models::Draw(seed, i).normal();
        places_(i, 0) = static_cast<float>(out * std::sin(angle));
        places_(i, 1) = static_cast<float>(out * std::cos(angle));
        labels_.push_back(static_cast<std::int64_t>(i % arms));
    }
    model_.reset();
}

/// first second activation rule rate penalty seed
void SpiralScene::begin(Request& request) {
    if (arms_ == 0) throw RequestError("no points have been scattered");
    Options o;
    o.first = request.count("the width of the first layer", widest);
    o.second = request.count("the width of the second layer", widest);
    o.activation = request.word("the activation");
    o.rule = request.word("the rule");
    o.rate = request.number("the rate");
    o.penalty = request.number("the penalty");
    o.seed = request.count("the seed", 1u << 31);
    model_ = std::make_unique<Model>(arms_, o);
}

SpiralScene::Model& SpiralScene::model() {
    if (!model_) throw RequestError("no net has begun to train");
    return *model_;
}

Reply SpiralScene::show() const {
    std::vector<double> points;
    for (std::size_t i = 0; i < labels_.size(); ++i)
        points.insert(points.end(), {places_(i, 0), places_(i, 1), static_cast<double>(labels_[i])});
    Reply reply;
    reply.numbers("points", points);
    return reply;
}

/// By all points at each step.
Reply SpiralScene::learn(std::string_view action, Request& request) {
    Model& m = model();
    const std::vector<double> losses = train(action, request,
                                             [&] { return m.learn_from(places_, labels_).scalar<float>(); });
    Reply reply;
    reply.numbers("losses", losses);
    reply.number("accuracy", m.accuracy(places_, labels_).scalar<double>());
    explain(reply, m.tape, losses.empty() ? 0 : losses.back(),
            [&] { m.tape.function([&](xg::Var x, xg::Var y) { return m.loss_of(x, y); })(places_, labels_); });
    return reply;
}

} // namespace web
