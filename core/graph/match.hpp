#pragma once
// Looking at what is recorded: for the rewrites into stable forms.

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {

/// The inputs of a node if it is the result of an Op, else none.
template <class Op>
std::vector<Var> inputs_of(Var var) {
    if (!var.valid()) return {};
    const GraphUse graph(var);
    const std::uint32_t i = Graph::known_index(var);
    if (graph->node(i).info != &info<Op>()) return {};
    std::vector<Var> result;
    for (const std::uint32_t input : graph->inputs(i))
        result.push_back(graph->var(input));
    return result;
}

template <class Op>
Var input_of(Var var) {
    if (!var.valid()) return {};
    const GraphUse graph(var);
    const std::uint32_t i = Graph::known_index(var);
    if (graph->node(i).info != &info<Op>()) return {};
    return graph->var(graph->inputs(i)[0]);
}

/// The input and the axes of a reduction by Op, seen through the reshape that drops the reduced axes.
template <class Op>
struct ReductionMatch {
    Var x;
    Dims axes;
};
template <class Op, class Reshape>
ReductionMatch<Op> reduction_of(Var var) {
    if (const Var inner = input_of<Reshape>(var); inner.valid()) var = inner;
    if (!var.valid()) return {};
    const GraphUse graph(var);
    const std::uint32_t i = Graph::known_index(var);
    if (graph->node(i).info != &reduction_info<Op>()) return {};
    return {graph->var(graph->inputs(i)[0]), *graph->node(i).info->axes(graph->node(i).op)};
}

/// A result that was recorded in the place of an op on x, and does not lead through x.
inline Var rewritten(Var result, Var x) {
    const GraphUse graph(x);
    graph->add_rewrite(graph->index(result), graph->index(x));
    return result;
}

inline bool stabilizes(Var var) {
    Graph* const graph = Graph::alive_of(var);
    if (!graph) return false;
    const GraphUse use(*graph);
    return graph->has(var) && graph->options().stabilize;
}

} // namespace xgrad
