#include "linear_scene.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace web {

namespace {

namespace models = xg::models;

xt::xarray<double> array(std::vector<std::size_t> shape, const std::vector<double>& elements) {
    auto result = xt::xarray<double>::from_shape(shape);
    std::copy(elements.begin(), elements.end(), result.begin());
    return result;
}

/// The hinge loss of that name; none stands for softmax.
const models::Hinge* find_hinge(std::string_view name) {
    static constexpr struct {
        std::string_view name;
        models::Hinge form;
    } hinges[] = {{"weston-watkins", models::Hinge::weston_watkins},
                  {"one-versus-all", models::Hinge::one_versus_all},
                  {"crammer-singer", models::Hinge::crammer_singer}};
    for (const auto& hinge : hinges)
        if (hinge.name == name) return &hinge.form;
    if (name != "softmax")
        throw RequestError(
            fmt::format("there is no loss {}; there are weston-watkins|one-versus-all|crammer-singer|softmax", name));
    return nullptr;
}

/// As in the lecture.
double relative_error(double a, double b) {
    const double scale = std::max(std::abs(a), std::abs(b));
    return scale == 0 ? 0 : std::abs(a - b) / scale;
}

xt::xarray<double> draw(const std::vector<std::size_t>& shape, std::uint64_t seed, std::uint64_t first) {
    auto drawn = xt::xarray<double>::from_shape(shape);
    for (std::size_t i = 0; i < drawn.size(); ++i)
        drawn.data()[i] = models::Draw(seed, first + i).normal();
    return drawn;
}

} // namespace

LinearScene::Model::Model(const Settings& chosen, const xt::xarray<double>& weights, const xt::xarray<double>& bias)
    : settings(chosen), classify(tape, 2, classes, {.dtype = xg::DType::float64, .name = "scores"}),
      strength(tape.training_state(settings.strength, "strength")), rate(tape.training_state(settings.rate, "rate")),
      rule(make_rule(settings.rule, rate)), look_at(tape.function([this](xg::Var x, xg::Var y) { return look(x, y); })),
      value(tape.function([this](xg::Var x, xg::Var y) { return look(x, y).outputs[4]; })),
      step(tape.function([this](xg::Var x, xg::Var y) { return learn(x, y); })),
      predict(tape.function([this](xg::Var x) { return argmax(classify(x), 1); })) {
    tape.assign(classify.weights(), weights);
    tape.assign(classify.bias(), bias);
    // A name that is unknown is told here. And a step on the tape has the rule's slots, after strength and rate.
    (void)learn(tape.input<double>({1, 2}), tape.input<std::int64_t>({1}));
    slots = tape.states();
    slots.erase(slots.begin(), slots.begin() + 2);
}

xg::Var LinearScene::Model::penalty() const {
    const xg::Var w = classify.weights();
    if (settings.penalty == "l2") return models::l2(w);
    if (settings.penalty == "l1") return models::l1(w);
    if (settings.penalty == "elastic-net") return models::elastic_net(w);
    throw RequestError(fmt::format("there is no penalty {}; there are l2|l1|elastic-net", settings.penalty));
}

xg::Var LinearScene::Model::loss_of_each(xg::Var scores, xg::Var labels) const {
    const models::Hinge* form = find_hinge(settings.loss);
    return form ? models::svm_loss(scores, labels, {.form = *form, .reduction = models::Reduction::none})
                : models::softmax_loss(scores, labels, {.reduction = models::Reduction::none});
}

/// The scores, the loss of each point, the loss's two parts and their sum, the gradients of W and b.
xg::Step LinearScene::Model::look(xg::Var points, xg::Var labels) const {
    const xg::Var scores = classify(points), each = loss_of_each(scores, labels);
    const xg::Var data = mean(each), regularization = strength * penalty(), total = data + regularization;
    const auto slopes = gradient(total, {classify.weights(), classify.bias()});
    return {.outputs = {scores, each, data, regularization, total, slopes[0], slopes[1]}};
}

xg::Step LinearScene::Model::learn(xg::Var points, xg::Var labels) const {
    const xg::Step now = look(points, labels);
    return {.outputs = {now.outputs[2], now.outputs[3], now.outputs[4]},
            .updates = xg::optim::minimize(rule, now.outputs[4], {classify.weights(), classify.bias()})};
}

/// What the slots hold, one after the other.
std::vector<double> LinearScene::Model::memory() const {
    std::vector<double> numbers;
    for (const xg::Var slot : slots) {
        const xt::xarray<double> elements = slot.value<double>();
        numbers.insert(numbers.end(), elements.begin(), elements.end());
    }
    return numbers;
}

void LinearScene::Model::set_memory(const std::vector<double>& numbers) {
    if (const std::size_t kept = memory().size(); kept != numbers.size())
        throw RequestError(
            fmt::format("{} keeps {} numbers between its steps, {} were given", settings.rule, kept, numbers.size()));
    auto next = numbers.begin();
    for (const xg::Var slot : slots) {
        xt::xarray<double> elements = slot.value<double>();
        std::copy_n(next, elements.size(), elements.begin());
        next += static_cast<std::ptrdiff_t>(elements.size());
        const double first = elements.data()[0];
        if (xg::is_floating(slot.dtype()))
            tape.assign(slot, elements);
        else // a counter; a link may hold anything
            tape.assign(slot, static_cast<std::int64_t>(first > 0 ? std::min(first, 1e15) : 0));
    }
}

LinearScene::LinearScene()
    : points_{{0.5, 0.4, 0},  {0.8, 0.3, 0},  {0.3, 0.8, 0},  {-0.4, 0.3, 1}, {-0.3, 0.7, 1},
              {-0.7, 0.2, 1}, {0.7, -0.4, 2}, {0.5, -0.6, 2}, {-0.4, -0.5, 2}} {
    place_points();
    rebuild({}, {{1, 2, 3}, {2, -4, -1}}, {0, 0.5, -0.5});
}

void LinearScene::rebuild(const Settings& settings, const xt::xarray<double>& weights, const xt::xarray<double>& bias) {
    model_ = std::make_unique<Model>(settings, weights, bias);
}

void LinearScene::place_points() {
    if (points_.empty()) throw RequestError("the mean of the losses of no points is none: add a point");
    places_ = xt::xarray<double>::from_shape({points_.size(), 2});
    labels_.clear();
    for (std::size_t i = 0; i < points_.size(); ++i) {
        places_(i, 0) = points_[i].x;
        places_(i, 1) = points_[i].y;
        labels_.push_back(points_[i].label);
    }
}

void LinearScene::set_points(Request& request) {
    std::vector<Point> points;
    while (!request.at_end()) {
        if (points.size() == most_points) throw RequestError(fmt::format("there are more than {} points", most_points));
        const double x = request.number("x"), y = request.number("y");
        points.push_back({x, y, static_cast<std::int64_t>(request.count("the class", classes - 1))});
    }
    const auto before = std::exchange(points_, std::move(points));
    try {
        place_points();
    } catch (...) {
        points_ = before;
        throw;
    }
}

void LinearScene::set(Request& request) {
    const std::string_view what = request.word("what to set");
    Model& model = *model_;
    if (what == "weights") { // row by row, as (classes, 2)
        const std::vector<double> rows = request.numbers("a weight", 2 * classes);
        auto weights = xt::xarray<double>::from_shape({2, classes});
        for (std::size_t c = 0; c < classes; ++c)
            for (std::size_t i = 0; i < 2; ++i)
                weights(i, c) = rows[2 * c + i];
        model.tape.assign(model.classify.weights(), weights);
    } else if (what == "bias")
        model.tape.assign(model.classify.bias(), array({classes}, request.numbers("a bias", classes)));
    else if (what == "strength")
        model.tape.assign(model.strength, model.settings.strength = request.number("the strength"));
    else if (what == "rate")
        model.tape.assign(model.rate, model.settings.rate = request.number("the rate"));
    else if (what == "memory") {
        std::vector<double> numbers;
        while (!request.at_end())
            numbers.push_back(request.number("what the rule keeps"));
        model.set_memory(numbers);
    } else if (what == "loss" || what == "penalty" || what == "rule") {
        Settings settings = model.settings;
        (what == "loss"      ? settings.loss
         : what == "penalty" ? settings.penalty
                             : settings.rule) = request.word("a name");
        rebuild(settings, model.classify.weights().value<double>(), model.classify.bias().value<double>());
    } else
        throw RequestError(fmt::format("there is no {} to set", what));
}

Reply LinearScene::answer(std::string_view action, Request& request) {
    if (action == "look") return look();
    if (action == "step") return steps(request.count("the number of steps", 100000));
    if (action == "check") return check();
    if (action == "regions") return regions(request, model_->predict);
    Reply reply;
    if (action == "set")
        set(request);
    else if (action == "points")
        set_points(request);
    else if (action == "randomize") {
        const std::uint64_t seed = request.count("the seed", 1u << 31);
        rebuild(model_->settings, draw({2, classes}, seed, 0), draw({classes}, seed, 2 * classes));
    } else if (action == "memory")
        reply.numbers("memory", model_->memory());
    else if (action == "program")
        reply.text("program", model_->step
                                  .program({{xg::DType::float64, xg::Shape({points_.size(), 2})},
                                            {xg::DType::int64, xg::Shape({points_.size()})}})
                                  .str());
    else
        throw RequestError(fmt::format("the linear scene knows no {}", action));
    return reply;
}

Reply LinearScene::look() {
    const xg::Results now = model_->look_at(places_, labels_);
    Reply reply;
    std::vector<double> flat;
    for (const Point& p : points_)
        flat.insert(flat.end(), {p.x, p.y, static_cast<double>(p.label)});
    reply.array("points", array({points_.size(), 3}, flat));
    reply.array("scores", now.array<double>(0));
    reply.array("losses", now.array<double>(1));
    reply.number("data", now.scalar<double>(2));
    reply.number("regularization", now.scalar<double>(3));
    reply.number("total", now.scalar<double>(4));
    reply.array("weights", xt::transpose(model_->classify.weights().value<double>()));
    reply.array("bias", model_->classify.bias().value<double>());
    reply.array("weights_gradient", xt::transpose(now.array<double>(5)));
    reply.array("bias_gradient", now.array<double>(6));
    const Settings& settings = model_->settings;
    reply.text("loss", settings.loss);
    reply.text("penalty", settings.penalty);
    reply.text("rule", settings.rule);
    reply.number("strength", settings.strength);
    reply.number("rate", settings.rate);
    return reply;
}

Reply LinearScene::steps(std::size_t count) {
    std::vector<double> data, regularization, total;
    for (std::size_t i = 0; i < count; ++i) {
        const xg::Results before = model_->step(places_, labels_);
        data.push_back(before.scalar<double>(0));
        regularization.push_back(before.scalar<double>(1));
        total.push_back(before.scalar<double>(2));
    }
    Reply reply;
    reply.numbers("data", data);
    reply.numbers("regularization", regularization);
    reply.numbers("total", total);
    const double now = model_->value(places_, labels_).scalar<double>();
    explain(reply, model_->tape, now, [this] {
        model_->tape.function([this](xg::Var x, xg::Var y) { return model_->look(x, y); })(places_, labels_);
    });
    return reply;
}

/// The gradient as the lecture's first slides have it: each number moved by h up and down, the others held.
std::vector<double> LinearScene::numerical_gradient(double h) {
    std::vector<double> slopes;
    for (const xg::Var parameter : {model_->classify.weights(), model_->classify.bias()}) {
        const xt::xarray<double> there = parameter.value<double>();
        for (std::size_t i = 0; i < there.size(); ++i) {
            const auto at = [&](double moved) {
                xt::xarray<double> x = there;
                x.data()[i] += moved;
                model_->tape.assign(parameter, x);
                return model_->value(places_, labels_).scalar<double>();
            };
            slopes.push_back((at(h) - at(-h)) / (2 * h));
        }
        model_->tape.assign(parameter, there);
    }
    return slopes;
}

Reply LinearScene::check() {
    const std::vector<double> numerical = numerical_gradient(1e-5);
    const xg::Results now = model_->look_at(places_, labels_);
    const xt::xarray<double> of_weights = now.array<double>(5), of_bias = now.array<double>(6);
    std::vector<double> analytic(of_weights.begin(), of_weights.end());
    analytic.insert(analytic.end(), of_bias.begin(), of_bias.end());
    std::vector<double> errors;
    for (std::size_t i = 0; i < numerical.size(); ++i)
        errors.push_back(relative_error(numerical[i], analytic[i]));
    // W lies on the tape as (2, classes), and is shown as (classes, 2).
    const auto reply_as = [](Reply& reply, const char* weights, const char* bias, const std::vector<double>& all) {
        const auto middle = all.begin() + 2 * classes;
        reply.array(weights, xt::transpose(array({2, classes}, {all.begin(), middle})));
        reply.array(bias, array({classes}, {middle, all.end()}));
    };
    Reply reply;
    reply_as(reply, "weights_numerical", "bias_numerical", numerical);
    reply_as(reply, "weights_analytic", "bias_analytic", analytic);
    reply_as(reply, "weights_error", "bias_error", errors);
    return reply;
}

} // namespace web
