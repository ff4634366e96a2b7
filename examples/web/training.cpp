#include "training.hpp"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "rules.hpp"

namespace web {

xg::optim::Transformation make_rule(std::string_view name, xg::optim::LearningRate rate) {
    const examples::NamedRule* rule = examples::find_rule(name);
    if (!rule) throw RequestError(fmt::format("there is no rule {}; there are {}", name, examples::rule_names()));
    return rule->make(std::move(rate));
}

std::vector<double> train(std::string_view action, Request& request, const std::function<double()>& learn) {
    using Clock = std::chrono::steady_clock;
    std::vector<double> losses;
    if (action == "step") {
        losses.resize(request.count("the number of steps", 100000));
        for (double& loss : losses)
            loss = learn();
        return losses;
    }
    const double milliseconds = request.number("the milliseconds");
    const auto start = Clock::now();
    while (std::chrono::duration<double, std::milli>(Clock::now() - start).count() < milliseconds)
        losses.push_back(learn());
    return losses;
}

std::string explanation(xg::Tape& tape, double loss, const std::function<void()>& run_again) {
    if (std::isfinite(loss)) return {};
    tape.check_numerics(true);
    std::string found;
    try {
        run_again();
    } catch (const xg::Error& error) { found = error.message(); }
    tape.check_numerics(false);
    return found;
}

void explain(Reply& reply, xg::Tape& tape, double loss, const std::function<void()>& run_again) {
    const std::string problem = explanation(tape, loss, run_again);
    if (!problem.empty()) reply.text("problem", problem);
}

Reply regions(Request& request, xg::Function& predict) {
    const std::size_t n = request.count("the number of squares along a side", 400);
    const double reach = request.number("how far the picture goes from the middle");
    auto middles = xt::xarray<double>::from_shape({n * n, 2});
    for (std::size_t i = 0; i < n * n; ++i) {
        const auto along = [&](std::size_t k) {
            return reach * ((2 * static_cast<double>(k) + 1) / static_cast<double>(n) - 1);
        };
        middles(i, 0) = along(i % n);
        middles(i, 1) = -along(i / n);
    }
    std::string text;
    for (const std::int64_t c : predict(middles).array<std::int64_t>())
        text += static_cast<char>('0' + c);
    Reply reply;
    reply.text("classes", text);
    return reply;
}

} // namespace web
