#include "update_ratio.hpp"

#include <algorithm>

namespace examples {

namespace {

namespace xg = xgrad;

xg::Var sum_of_squares(std::span<const xg::Var> arrays) {
    xg::Var all = sum(square(arrays.front()));
    for (const xg::Var array : arrays.subspan(1))
        all = all + sum(square(array));
    return all;
}

} // namespace

void add_norms(xg::Step& step, std::span<const xg::Var> parameters) {
    std::vector<xg::Var> updates;
    for (const xg::Var parameter : parameters) {
        const auto is_its = [&](const xg::Update& update) { return update.leaf.is(parameter); };
        updates.push_back(std::ranges::find_if(step.updates, is_its)->next - parameter);
    }
    step.outputs.push_back(sqrt(sum_of_squares(updates)));
    step.outputs.push_back(sqrt(sum_of_squares(parameters)));
}

std::optional<double> update_ratio(const xg::Results& results) {
    const auto norm = [&](std::size_t from_the_end) -> double {
        return results.scalar<float>(results.size() - from_the_end);
    };
    return norm(1) > 0 ? std::optional(norm(2) / norm(1)) : std::nullopt;
}

} // namespace examples
