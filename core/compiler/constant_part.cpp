#include <xgrad/core/compiler/constant_part.hpp>

#include <algorithm>

#include <xgrad/core/graph/ancestors.hpp>

namespace xgrad {
namespace {

/// A result this small is kept whatever it is made from.
constexpr std::size_t small_bytes = 4 << 10;

bool is_constant(const Node& node) {
    return (node.traits & Node::from_constants) != 0 && (node.traits & Node::varies) == 0;
}

std::size_t bytes_of(const Graph& graph, std::uint32_t i) {
    return graph.shape(i).numel() * size_of(graph.node(i).dtype);
}

/// Of each node that follows from constants alone, the bytes of the largest array that must be in memory to compute it.
/// A loop that reads less than the result has computes it as fast as it would read it.
std::vector<std::size_t> bytes_read(const Graph& graph, std::uint32_t top) {
    std::vector<std::size_t> result(top);
    for (std::uint32_t i = 0; i < top; ++i) {
        if (!is_constant(graph.node(i))) continue;
        const OpInfo& info = *graph.node(i).info;
        const bool in_loops = info.elementwise || info.view || info.rowwise;
        if (!in_loops) result[i] = bytes_of(graph, i);
        for (const std::uint32_t input : graph.inputs(i))
            result[i] = std::max(result[i], result[input]);
    }
    return result;
}

} // namespace

ConstantPart::ConstantPart(const Graph& graph, const CompileRequest& request) {
    if (!graph.computes_from_constants() || !request.options.fuse || request.options.constant_bytes == 0) return;
    std::uint32_t top = 0;
    for (const std::uint32_t i : request.outputs)
        top = std::max(top, i + 1);
    for (const auto& [leaf, next] : request.updates)
        top = std::max({top, leaf + 1, next + 1});
    std::vector<char> needed(top);
    for (const std::uint32_t i : request.outputs)
        needed[i] = 1;
    for (const auto& [leaf, next] : request.updates)
        needed[leaf] = needed[next] = 1;

    const std::vector<std::size_t> read = bytes_read(graph, top);
    std::vector<char> is_in(top);
    std::size_t left = request.options.constant_bytes;
    bool anything_else = false;
    for (std::uint32_t i = top; i-- > 0;) {
        if (!needed[i]) continue;
        const Node& node = graph.node(i);
        anything_else |= (node.traits & Node::varies) != 0;
        if (is_constant(node) && !graph.leaf(i) && (!node.info->view || node.info->waits)) {
            const std::size_t bytes = bytes_of(graph, i);
            if (bytes <= std::max(read[i], small_bytes) && bytes <= left) {
                left -= bytes;
                is_in[i] = 1;
                nodes_.push_back(i);
                continue;
            }
        }
        for (const std::uint32_t input : inputs_to_run(graph, i))
            needed[input] = 1;
    }
    if (!anything_else) nodes_.clear();
    if (nodes_.empty()) return;
    std::reverse(nodes_.begin(), nodes_.end());
    is_in_ = std::move(is_in);
}

} // namespace xgrad
