// Random programs under vmap: the results and gradients of a batch must be those of its examples one by one.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "check.hpp"

namespace test {
namespace {

using Vars = std::vector<xg::Var>;

/// The value of one example, and its gradient by each variable.
Vars with_gradients(const Program& program, const Vars& variables) {
    Vars result{value_at(program, variables)};
    const Vars gradients = gradient(result[0], variables);
    result.insert(result.end(), gradients.begin(), gradients.end());
    return result;
}

/// Copies of an array that differ a little, along a first axis.
xt::xarray<double> batch_of(const xt::xarray<double>& one, std::size_t examples) {
    std::vector<std::size_t> shape(one.shape().begin(), one.shape().end());
    shape.insert(shape.begin(), examples);
    auto result = xt::xarray<double>::from_shape(shape);
    for (std::size_t i = 0; i < result.size(); ++i)
        result.data()[i] = one.data()[i % one.size()] * (1 + 0.01 * static_cast<double>(i / one.size()));
    return result;
}

} // namespace

std::optional<Failure> check_batches(const Program& program) {
    constexpr std::size_t examples = 3;
    xg::Tape tape;
    Vars batches;
    for (const xt::xarray<double>& variable : variables_of(program)) {
        if (variable.dimension() == xg::max_rank) throw xg::Error("there is no room for another axis");
        batches.push_back(tape.parameter(batch_of(variable, examples)));
    }
    const Vars all = xg::vmap([&](const Vars& one) { return with_gradients(program, one); }, batches);
    xg::Step step{.outputs = all, .updates = {}};
    for (std::size_t e = 0; e < examples; ++e) {
        Vars one;
        for (const xg::Var& batch : batches)
            one.push_back(tape.parameter(batch[static_cast<std::int64_t>(e)].value<double>()));
        const Vars results = with_gradients(program, one);
        step.outputs.insert(step.outputs.end(), results.begin(), results.end());
    }
    const xg::Results results = tape.compile(step, {})();
    for (std::size_t k = 0; k < all.size(); ++k) {
        const auto batch = results.array<double>(k);
        for (std::size_t e = 0; e < examples; ++e) {
            const auto one = results.array<double>(k + (e + 1) * all.size());
            for (std::size_t i = 0; i < one.size(); ++i) {
                const double ours = batch.data()[e * one.size() + i], expected = one.data()[i];
                if (std::abs(ours - expected) <= 1e-9 * std::max(1.0, std::abs(expected))) continue;
                if (std::isnan(ours) && std::isnan(expected)) continue;
                return Failure{fmt::format("{} of example {}: {} in the batch, {} alone",
                                           k == 0 ? "the value" : fmt::format("gradient {}, element {}", k - 1, i), e,
                                           ours, expected)};
            }
        }
    }
    return std::nullopt;
}

} // namespace test
