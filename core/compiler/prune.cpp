// The nodes that a program needs, in the order in which they become statements.
//
// Assumes of the graph that a node stands after what it is made from. Leaves the nodes that outputs and updates follow
// from, each after its inputs.

#include <algorithm>

#include <xgrad/core/compiler/ir.hpp>
#include <xgrad/core/graph/ancestors.hpp>

namespace xgrad {
namespace {

ScratchVector<char> needed_nodes(const Graph& graph, const Step& step, const ConstantPart& constants) {
    std::uint32_t top = 0;
    auto root = [&](Var var) { top = std::max(top, graph.index(var) + 1); };
    for (const Var& var : step.outputs)
        root(var);
    for (const Update& update : step.updates)
        root(update.next), root(update.leaf);
    ScratchVector<char> needed(top, &graph.scratch);
    for (const Var& var : step.outputs)
        needed[graph.index(var)] = 1;
    for (const Update& update : step.updates)
        needed[graph.index(update.next)] = needed[graph.index(update.leaf)] = 1;
    mark_ancestors(needed, [&](std::uint32_t i) {
        return constants.has(i) ? std::span<const std::uint32_t>() : inputs_to_run(graph, i);
    });
    return needed;
}

} // namespace

/// What follows from single numbers alone, such as an optimizer's rates and corrections, goes first: no loop over
/// arrays has to end before it.
ScratchVector<std::uint32_t> prune(const Graph& graph, const Step& step, const ConstantPart& constants) {
    const ScratchVector<char> needed = needed_nodes(graph, step, constants);
    const OpInfo *const leaf = &leaf_info(), *const number = &scalar_info();
    ScratchVector<char> early(needed.size(), &graph.scratch);
    ScratchVector<std::uint32_t> order(&graph.scratch), others(&graph.scratch);
    order.reserve(needed.size());
    others.reserve(needed.size());
    const auto follows_from_numbers = [&](std::uint32_t node) {
        if (!graph.is_single(node)) return false;
        const OpInfo* info = graph.node(node).info;
        if (info == leaf || info == number || constants.has(node)) return true;
        const auto inputs = graph.inputs(node);
        return (info->elementwise || info->view) &&
               std::all_of(inputs.begin(), inputs.end(), [&](std::uint32_t i) { return early[i] != 0; });
    };
    for (std::uint32_t node = 0; node < needed.size(); ++node) {
        if (!needed[node]) continue;
        early[node] = follows_from_numbers(node);
        (early[node] ? order : others).push_back(node);
    }
    order.insert(order.end(), others.begin(), others.end());
    return order;
}

} // namespace xgrad
