#include "training.hpp"

#include <cmath>

#include <fmt/format.h>

#include "reply.hpp"
#include "rules.hpp"

namespace web {

xg::optim::Transformation make_rule(std::string_view name, xg::optim::LearningRate rate) {
    const examples::NamedRule* rule = examples::find_rule(name);
    if (!rule) throw RequestError(fmt::format("there is no rule {}; there are {}", name, examples::rule_names()));
    return rule->make(std::move(rate));
}

std::string explain(xg::Tape& tape, double loss, const std::function<void()>& run_again) {
    if (std::isfinite(loss)) return {};
    tape.check_numerics(true);
    std::string found;
    try {
        run_again();
    } catch (const xg::Error& error) { found = error.message(); }
    tape.check_numerics(false);
    return found;
}

std::string regions_of(xg::Function& predict, std::size_t n, double reach) {
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
    return text;
}

} // namespace web
