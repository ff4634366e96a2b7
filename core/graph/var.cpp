#include <xgrad/core/var.hpp>

#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

GraphUse graph_of(const Operand& x) {
    if (x.is_number) throw Error("a number stands where a Var is needed; make one with tape.constant(...)", x.where);
    return GraphUse(x.var, x.where);
}

} // namespace

const Shape& Var::shape(Location where) const {
    const Call call("shape", where);
    return GraphUse(*this, where)->shape(Graph::known_index(*this));
}
DType Var::dtype(Location where) const {
    const Call call("dtype", where);
    return GraphUse(*this, where)->node(Graph::known_index(*this)).dtype;
}
Tape& Var::tape(Location where) const {
    const Call call("tape", where);
    return GraphUse(*this, where)->tape();
}

const Shape& Operand::shape() const { return graph_of(*this)->shape(Graph::known_index(var)); }
DType Operand::dtype() const { return graph_of(*this)->node(Graph::known_index(var)).dtype; }

} // namespace xgrad
