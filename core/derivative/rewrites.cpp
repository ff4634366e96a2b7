#include <xgrad/core/derivative/rewrites.hpp>

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

/// The nodes from x on that `end` follows from, on ways that lead through none of `but`.
std::unordered_set<std::uint32_t> reached(const Graph& graph, std::uint32_t end, std::uint32_t x,
                                          const std::unordered_set<std::uint32_t>& but) {
    std::unordered_set<std::uint32_t> seen;
    std::vector<std::uint32_t> open{end};
    while (!open.empty()) {
        const std::uint32_t node = open.back();
        open.pop_back();
        if (node < x || but.contains(node) || !seen.insert(node).second) continue;
        const auto inputs = graph.inputs(node);
        open.insert(open.end(), inputs.begin(), inputs.end());
    }
    return seen;
}

/// Those where some way from x to the operand is one that the result does not go.
std::vector<Graph::Rewrite> passing_by(const Graph& graph, std::uint32_t x) {
    std::vector<Graph::Rewrite> result;
    const auto& all = graph.rewrites();
    const auto first = all.lower_bound({x, 0});
    if (first == all.end()) return result;
    std::vector<char> follows(all.rbegin()->operand - x + 1); // from x
    follows[0] = 1;
    for (std::size_t i = 1; i < follows.size(); ++i)
        for (const std::uint32_t input : graph.inputs(x + static_cast<std::uint32_t>(i)))
            if (input >= x && follows[input - x]) follows[i] = 1;
    std::copy_if(first, all.end(), std::back_inserter(result), [&](const Graph::Rewrite& rewrite) {
        return follows[rewrite.operand - x] &&
               reached(graph, rewrite.operand, x, reached(graph, rewrite.result, x, {})).contains(x);
    });
    return result;
}

} // namespace

void check_rewrites(const Graph& graph, const char* function, const std::vector<std::uint32_t>& ys,
                    const std::vector<std::uint32_t>& xs, Location where) {
    for (std::size_t k = 0; k < xs.size(); ++k) {
        const std::uint32_t x = xs[k];
        if (graph.inputs(x).empty()) continue; // a leaf: nothing lies between
        const std::vector<Graph::Rewrite> rewrites = passing_by(graph, x);
        if (rewrites.empty()) continue;
        std::vector<char> needed(std::max(x, *std::max_element(ys.begin(), ys.end())) + 1);
        for (const std::uint32_t y : ys)
            needed[y] = 1;
        mark_ancestors(needed, [&](std::uint32_t i) { // on ways that do not lead through x
            return i == x ? std::span<const std::uint32_t>() : graph.inputs(i);
        });
        for (const Graph::Rewrite& rewrite : rewrites)
            if (rewrite.result < needed.size() && needed[rewrite.result])
                throw Error(
                    fmt::format(
                        "{}: x {} is {} {}, recorded at {}, and what was made of it at {} was recorded in a "
                        "simpler form that does not lead through it, as -(-x) is x. Differentiate by what it was "
                        "made from; or go on from s = stop_gradient(x) where it is used, and differentiate by s",
                        function, k, name(graph.node(x).dtype), graph.shape(x).str(), graph.node(x).where.str(),
                        graph.node(rewrite.result).where.str()),
                    where);
    }
}

} // namespace xgrad
