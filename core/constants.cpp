#include <xgrad/core/constants.hpp>

#include <cstring>

#include <xgrad/core/graph.hpp>

namespace xgrad {

std::optional<double> number_of(const Operand& operand) {
    if (!operand.var) return operand.is_integer ? static_cast<double>(operand.integer) : operand.number;
    const Graph& graph = Graph::of(operand.var, operand.where);
    const std::uint32_t node = graph.index(operand.var);
    const Scalar* scalar = graph.scalar(node);
    if (!scalar) return std::nullopt;
    double value = 0;
    detail::convert_elements(graph.node(node).dtype, scalar->bytes.data(), 1, &value);
    return value;
}

Var identity_operand(const Operand& a, const Operand& b, double neutral) {
    if (!a.var) return {};
    if (b.var && b.var.shape().rank() != 0) return {};
    const std::optional<double> number = number_of(b);
    if (!number || *number != neutral) return {};
    if (b.var && (&b.var.tape() != &a.var.tape() || b.var.dtype() != a.var.dtype())) return {};
    return a.var;
}

} // namespace xgrad
