// Tapes and their nodes as text.

#include <fmt/format.h>

#include <xgrad/core/base/element_text.hpp>
#include <xgrad/core/graph/graph.hpp>

namespace xgrad {
namespace {

std::string line_of(const Graph& g, std::uint32_t i) {
    const Node& node = g.node(i);
    std::string what;
    if (const Leaf* leaf = g.leaf(i)) {
        what = name(leaf->kind);
        if (!leaf->name.empty()) what += fmt::format(" \"{}\"", leaf->name);
    } else if (const Scalar* scalar = g.scalar(i))
        what = elements_text({node.dtype, Shape()}, scalar->bytes.data());
    else {
        what = node.info->name;
        if (node.info->describe) {
            const std::string attributes = node.info->describe(node.op);
            if (!attributes.empty()) what += fmt::format(" {}", attributes);
        }
        for (const std::uint32_t input : g.inputs(i))
            what += fmt::format(" %{}", input);
    }
    return fmt::format("%{} = {} : {} {}", i, what, xgrad::name(node.dtype), g.shape(i).str());
}

} // namespace

std::string Graph::str() const {
    std::string text;
    for (std::uint32_t i = 0; i < size(); ++i)
        text += line_of(*this, i) + "\n";
    return text;
}

std::string Var::str(Location where) const {
    const Call call("str", where);
    if (!valid()) return "Var{}";
    Graph* const graph = Graph::alive_of(*this);
    if (!graph) return "a Var whose node is gone";
    const GraphUse use(*graph, where);
    if (!graph->has(*this)) return "a Var whose node is gone";
    const std::uint32_t i = Graph::known_index(*this);
    const Leaf* const leaf = graph->leaf(i);
    return line_of(*graph, i) + (leaf && leaf->buffer ? " = " + elements_text(leaf->type, leaf->buffer->data()) : "");
}

} // namespace xgrad
