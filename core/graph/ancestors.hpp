#pragma once
// What nodes follow from.

#include <algorithm>
#include <initializer_list>
#include <span>
#include <vector>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {

/// Of nodes, a flag for each, those that are marked: marks what they follow from. inputs(node) are those that count.
template <class Flags, class Inputs>
void mark_ancestors(Flags& marked, Inputs inputs) {
    for (auto i = static_cast<std::uint32_t>(marked.size()); i-- > 0;)
        if (marked[i])
            for (const std::uint32_t input : inputs(i))
                marked[input] = 1;
}

/// The inputs of a node that its op needs when it runs.
inline std::span<const std::uint32_t> inputs_to_run(const Graph& graph, std::uint32_t node) {
    return graph.inputs(node).subspan(graph.node(node).info->prefix ? 1 : 0);
}

/// Of each node up to the last of `nodes`: whether it is one of them, or one of them follows from it.
inline std::vector<char> ancestors(const Graph& graph, std::span<const std::uint32_t> nodes) {
    std::vector<char> marked(nodes.empty() ? 0 : *std::max_element(nodes.begin(), nodes.end()) + 1);
    for (const std::uint32_t node : nodes)
        marked[node] = 1;
    mark_ancestors(marked, [&](std::uint32_t i) { return graph.inputs(i); });
    return marked;
}

/// A node that begins with the elements of this one, see OpInfo::fuller, and is needed as well; or no_node.
template <class Needed>
std::uint32_t fuller_node(const Graph& graph, std::uint32_t node, Needed needed) {
    const Node& n = graph.node(node);
    if (!n.info->fuller) return Node::no_node;
    const auto inputs = graph.inputs(node);
    for (const Var& var : n.info->fuller(n.op)) {
        if (!graph.has(var)) continue;
        const std::uint32_t other = Graph::known_index(var);
        const auto its = graph.inputs(other);
        if (graph.node(other).dtype == n.dtype && std::equal(inputs.begin(), inputs.end(), its.begin(), its.end()) &&
            needed(other))
            return other;
    }
    return Node::no_node;
}

} // namespace xgrad
