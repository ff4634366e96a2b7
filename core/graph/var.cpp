#include <xgrad/core/var.hpp>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

const Graph& graph_of(const char* function, Var var, Location where) {
    if (const Graph* graph = Graph::alive_of(var); graph && graph->has(var)) return *graph;
    const Call call(function, where);
    return Graph::of(var, where);
}

const Graph& graph_of(const Operand& x) {
    if (x.is_number) throw Error("a number stands where a Var is needed; make one with tape.constant(...)", x.where);
    return Graph::of(x.var, x.where);
}

} // namespace

const Shape& Var::shape(Location where) const {
    return graph_of("shape", *this, where).shape(Graph::known_index(*this));
}
DType Var::dtype(Location where) const { return graph_of("dtype", *this, where).node(Graph::known_index(*this)).dtype; }
Tape& Var::tape(Location where) const { return graph_of("tape", *this, where).tape(); }

const Shape& Operand::shape() const {
    const Graph& graph = graph_of(*this);
    return graph.shape(graph.index(var));
}
DType Operand::dtype() const {
    const Graph& graph = graph_of(*this);
    return graph.node(graph.index(var)).dtype;
}

} // namespace xgrad
