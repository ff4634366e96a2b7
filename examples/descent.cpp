#include "descent.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/xgrad.hpp>

#include "batches.hpp"
#include "classifier.hpp"

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

} // namespace

std::optional<double> Descent::steps_to(double threshold) const {
    const auto found = std::ranges::find_if(losses, [&](Point p) { return p.y < threshold; });
    return found == losses.end() ? std::optional<double>() : found->x;
}

Descent descend(const Surface& surface, const NamedRule& rule, double rate, std::size_t steps) {
    xg::Tape tape;
    const xg::Var place = tape.parameter(xt::xarray<double>{surface.start.x, surface.start.y}, "place");
    const xg::Var loss = sum(surface.value(slice(place, 0, 0, 1), slice(place, 0, 1, 2)));
    xg::Program step = tape.compile({.outputs = {loss, place}, .updates = xg::optim::minimize(rule.make(rate), loss)}, {});

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
    const double threshold = surface.lowest + surface.arrived;
    const auto better = [&](const Descent& a, const Descent& b) {
        if (a.diverged || b.diverged) return !a.diverged;
        const double never = 1e9, steps_a = a.steps_to(threshold).value_or(never), steps_b = b.steps_to(threshold).value_or(never);
        return steps_a != steps_b ? steps_a < steps_b : a.reached() < b.reached();
    };
    std::optional<Descent> best;
    for (const double rate : {1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0}) {
        Descent descent = descend(surface, rule, rate, steps);
        if (!best || better(descent, *best)) best = std::move(descent);
    }
    return *best;
}

Descent learn(const Dataset& data, const NamedRule& rule, double rate, const LearnOptions& options) {
    Classifier classifier(data.width(), data.classes,
                          {.optimizer = rule.name, .learning_rate = rate, .l2 = 0, .zero_init = true});
    Batches batches(data, options.batch_size);
    Random order(1);
    Descent descent{.rule = rule.name, .rate = rate};
    for (std::size_t i = 0; i <= options.steps; ++i) {
        const bool measure = i % options.measure_every == 0 || i == options.steps;
        if (measure && !note(descent, i, classifier.evaluate(data).loss)) break;
        const std::size_t batch = i % batches.count();
        if (batch == 0) batches.shuffle(order);
        batches.visit(batch, [&](const auto& features, const auto& labels) { classifier.learn(features, labels); });
    }
    return descent;
}

std::string describe_steps(const Descent& descent, double threshold) {
    if (descent.diverged) return fmt::format("diverged at step {}", *descent.diverged);
    const std::optional<double> steps = descent.steps_to(threshold);
    return steps ? fmt::format("{:.0f}", *steps) : "not reached";
}

} // namespace examples
