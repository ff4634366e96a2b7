#include <xgrad/core/graph/constants.hpp>

#include <cstring>

#include <xgrad/core/base/elements.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {

std::optional<double> number_of(const Operand& operand) {
    if (operand.is_number) return operand.is_integer ? static_cast<double>(operand.integer) : operand.number;
    const GraphUse graph(operand.var, operand.where);
    const std::uint32_t node = Graph::known_index(operand.var);
    const Scalar* scalar = graph->scalar(node);
    if (!scalar) return std::nullopt;
    double value = 0;
    detail::convert_elements(graph->node(node).dtype, scalar->bytes.data(), 1, &value);
    return value;
}

bool is_neutral(Var x, double value, Var other) {
    const Graph& graph = Graph::existing_of(x, {});
    const std::uint32_t node = graph.index(x);
    const Scalar* scalar = graph.scalar(node);
    if (!scalar || graph.node(node).dtype != graph.node(graph.index(other)).dtype) return false;
    double number = 0;
    detail::convert_elements(graph.node(node).dtype, scalar->bytes.data(), 1, &number);
    return number == value;
}

Var zeros_of(Graph& graph, const Type& type) {
    return broadcast_to(graph.var(graph.record_scalar(type.dtype, 0, 0, false, {})), type.shape);
}

std::pair<Var, std::byte*> new_constant(Graph& graph, const Type& type, Location where) {
    auto buffer = std::make_shared<Buffer>(type.shape.numel() * size_of(type.dtype));
    std::byte* const elements = buffer->data();
    auto leaf = std::make_shared<Leaf>(Leaf{LeafKind::constant, type, "", std::move(buffer)});
    return {graph.var(graph.record_leaf(std::move(leaf), where)), elements};
}

} // namespace xgrad
