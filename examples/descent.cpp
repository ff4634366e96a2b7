#include "descent.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/xgrad.hpp>

#include "training.hpp"

namespace examples {

namespace {

namespace xg = xgrad;

/// Notes a loss; false if the run has diverged, which ends it.
bool note(Descent& descent, std::size_t step, double loss) {
    const double bound = descent.losses.empty() ? 1e9 : 1e6 * (1 + std::abs(descent.losses.front().y));
    if (std::isfinite(loss)) descent.losses.push_back({static_cast<double>(step), loss});
    if (std::isfinite(loss) && std::abs(loss) <= bound) return true;
    descent.diverged = step;
    return false;
}

/// Whether one run is to be preferred to another.
bool better(const Descent& a, const Descent& b, double threshold) {
    if (a.diverged || b.diverged) return !a.diverged;
    constexpr double never = 1e18;
    const double steps_a = a.steps_to(threshold).value_or(never), steps_b = b.steps_to(threshold).value_or(never);
    return steps_a != steps_b ? steps_a < steps_b : a.reached() < b.reached();
}

} // namespace

std::optional<double> Descent::steps_to(double threshold) const {
    std::optional<double> since;
    for (const Point p : losses)
        if (p.y >= threshold)
            since.reset();
        else if (!since)
            since = p.x;
    return since;
}

Descent descend(const Surface& surface, const NamedRule& rule, double rate, std::size_t steps) {
    xg::Tape tape;
    const xg::Var place = tape.parameter(xt::xarray<double>{surface.start.x, surface.start.y}, "place");
    const xg::Var loss = sum(surface.value(slice(place, 0, 0, 1), slice(place, 0, 1, 2)));
    xg::Program step = tape.compile({.outputs = {loss, place}, .updates = xg::optim::minimize(rule.make(rate), loss)},
                                    {});

    Descent descent{.rule = rule.name, .rate = rate};
    for (std::size_t i = 0; i <= steps; ++i) {
        const xg::Results results = step(); // both as they were before the step
        const xt::xarray<double> at = results.array<double>(1);
        descent.path.push_back({at(0), at(1)});
        if (!note(descent, i, results.scalar<double>(0))) break;
    }
    return descent;
}

Descent best_descent(const Surface& surface, const NamedRule& rule, std::size_t steps) {
    std::optional<Descent> best;
    bool best_stays = false;
    for (double power = 1e-4; power < 50; power *= 10)
        for (const double digit : {1, 2, 5}) {
            Descent descent = descend(surface, rule, digit * power, steps);
            const bool stays = std::ranges::all_of(descent.path, [&](Point p) { return surface.shows(p); });
            if (best && (stays != best_stays ? !stays : !better(descent, *best, surface.lowest + surface.arrived)))
                continue;
            best = std::move(descent);
            best_stays = stays;
        }
    return *best;
}

Descent learn(const Dataset& data, const NamedRule& rule, double rate, const LearnOptions& options) {
    xg::Tape tape;
    const bool linear = options.hidden == 0;
    std::optional<xg::models::Linear> hide;
    if (!linear)
        hide.emplace(tape, data.width(), options.hidden, xg::models::LinearOptions{.seed = 1, .name = "hidden"});
    const xg::models::Linear classify(
        tape, linear ? data.width() : options.hidden, data.classes,
        {.weights = linear ? xg::models::zeros() : xg::models::lecun_normal(), .seed = 2, .name = "scores"});
    const auto loss = [&](xg::Var images, xg::Var labels) {
        const xg::Var rows = rows_of(images);
        return xg::models::softmax_loss(classify(hide ? relu((*hide)(rows)) : rows), labels);
    };
    xg::Function measure = tape.function(loss);
    xg::Function train = tape.function([&](xg::Var images, xg::Var labels) {
        return xg::Step{.outputs = {}, .updates = xg::optim::minimize(rule.make(rate), loss(images, labels))};
    });

    const xg::data::Batches batches(data.examples, {.batch_size = options.batch_size, .seed = 1});
    const xg::data::Batches whole(data.examples, {.batch_size = data.size(), .shuffle = false});
    Descent descent{.rule = rule.name, .rate = rate};
    std::size_t step = 0;
    for (std::size_t epoch = 0;; ++epoch)
        for (const xg::data::Batch& batch : batches.epoch(epoch)) {
            const bool look = step < 10 || step % options.measure_every == 0 || step == options.steps;
            if (look)
                for (const xg::data::Batch& all : whole.epoch(0))
                    if (!note(descent, step, measure(all.features(), all.targets()).scalar<double>())) return descent;
            if (step++ == options.steps) return descent;
            train(batch.features(), batch.targets());
        }
}

Descent best_learning(const Dataset& data, const NamedRule& rule, double threshold, const LearnOptions& options) {
    const double usual = default_learning_rate({.optimizer = rule.name}, data);
    std::optional<Descent> best;
    for (const double factor : {1.0 / 3, 1.0, 3.0, 10.0, 30.0}) {
        Descent descent = learn(data, rule, two_digits(factor * usual), options);
        if (!best || better(descent, *best, threshold)) best = std::move(descent);
    }
    return *best;
}

std::string describe_steps(const Descent& descent, double threshold) {
    if (descent.diverged) return fmt::format("diverged at step {}", *descent.diverged);
    const std::optional<double> steps = descent.steps_to(threshold);
    return steps ? fmt::format("{:.0f}", *steps) : "not reached";
}

} // namespace examples
