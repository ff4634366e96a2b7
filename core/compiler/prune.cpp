// The nodes that a program needs, in the order in which they become steps.

#include <algorithm>

#include <xgrad/core/compiler/ir.hpp>

namespace xgrad {
namespace {

std::pmr::vector<char> needed_nodes(const Graph& graph, const Step& step, const ConstantPart& constants) {
    std::uint32_t top = 0;
    auto root = [&](Var var) { top = std::max(top, graph.index(var) + 1); };
    for (const Var& var : step.outputs)
        root(var);
    for (const Update& update : step.updates)
        root(update.next), root(update.leaf);
    std::pmr::vector<char> needed(top, &graph.scratch);
    for (const Var& var : step.outputs)
        needed[graph.index(var)] = 1;
    for (const Update& update : step.updates)
        needed[graph.index(update.next)] = needed[graph.index(update.leaf)] = 1;
    for (std::uint32_t i = top; i-- > 0;)
        if (needed[i] && !constants.has(i))
            for (const std::uint32_t input : graph.inputs(i))
                needed[input] = 1;
    return needed;
}

/// What follows from single numbers alone, such as an optimizer's rates and corrections, goes first: no loop over arrays
/// has to end before it.
std::pmr::vector<char> early_numbers(const Graph& graph, const std::pmr::vector<char>& needed, const ConstantPart& constants) {
    std::pmr::vector<char> early(needed.size(), &graph.scratch);
    for (std::uint32_t node = 0; node < needed.size(); ++node) {
        const OpInfo* info = graph.node(node).info;
        const auto inputs = graph.inputs(node);
        const bool is_leaf = info == &leaf_info() || info == &scalar_info() || constants.has(node);
        early[node] = needed[node] && graph.shape(node).numel() == 1 &&
                      (is_leaf ||
                       ((info->elementwise || info->view) &&
                        std::all_of(inputs.begin(), inputs.end(), [&](std::uint32_t i) { return early[i]; })));
    }
    return early;
}

} // namespace

std::pmr::vector<std::uint32_t> prune(const Graph& graph, const Step& step, const ConstantPart& constants) {
    const std::pmr::vector<char> needed = needed_nodes(graph, step, constants),
                                 early = early_numbers(graph, needed, constants);
    std::pmr::vector<std::uint32_t> order(&graph.scratch);
    order.reserve(needed.size());
    for (const char turn : {1, 0})
        for (std::uint32_t node = 0; node < needed.size(); ++node)
            if (needed[node] && early[node] == turn) order.push_back(node);
    return order;
}

} // namespace xgrad
