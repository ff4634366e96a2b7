#include <xgrad/core/linearize.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/copies.hpp>

namespace xgrad::detail {
namespace {

/// What stands between a tangent and its image: nodes that follow from the tangent, and others that these read.
struct LinearPart {
    std::vector<std::uint32_t> nodes, reads;

    LinearPart(const Graph& graph, std::uint32_t tangent, std::uint32_t image) {
        const std::vector<char> needed = ancestors(graph, std::array{image});
        std::vector<char> follows(std::max<std::size_t>(needed.size(), tangent + 1));
        follows[tangent] = 1;
        for (std::uint32_t i = tangent + 1; i < needed.size(); ++i) {
            const auto inputs = graph.inputs(i);
            follows[i] = needed[i] &&
                         std::any_of(inputs.begin(), inputs.end(), [&](auto k) { return follows[k] != 0; });
            if (!follows[i]) continue;
            nodes.push_back(i);
            for (const std::uint32_t input : inputs)
                if (!follows[input] && !graph.scalar(input)) reads.push_back(input);
        }
        std::sort(reads.begin(), reads.end());
        reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
    }
};

Var constant_of(Graph& graph, const Results& results, std::size_t i, Location where) {
    const Type& type = results.type(i);
    const auto [constant, elements] = new_constant(graph, type, where);
    if (const std::size_t bytes = type.shape.numel() * size_of(type.dtype); bytes != 0)
        std::memcpy(elements, results.data(i), bytes);
    return constant;
}

void check_real(Var var, const char* otherwise, Location where) {
    if (!var.valid() || !is_floating(var.dtype(where)))
        throw Error(fmt::format("linearize: {}; it must be a float32 or float64 Var", otherwise), where);
}

GraphUse graph_of(const Operand& x) {
    const Call call("linearize", x.where);
    check_real(x.var, "x is no real Var", x.where);
    return GraphUse(x.var, x.where);
}

} // namespace

Linearization linearize(const std::function<Var(Var)>& f, const Operand& x) {
    const Location where = x.where;
    const GraphUse use = graph_of(x);
    Graph& graph = *use;
    graph.refuse_in_trace("linearize", where);
    const Var y = f(x.var); // the user's own code: an error there has its own line and name
    const Call call("linearize", where);
    check_real(y, "the function returned no real Var", where);
    Tape& tape = graph.tape();
    const Mark mark = graph.mark();
    const Var tangent = tape.input(x.var.dtype(), x.var.shape(), "tangent", where);
    Var image = jvp({y}, {x.var}, {tangent}, where)[0];
    const LinearPart part(graph, graph.index(tangent), graph.index(image));

    // What is read is computed once, and stands as constants in another record of the linear part.
    Step once;
    for (const std::uint32_t i : part.reads)
        once.outputs.push_back(graph.var(i));
    once.outputs.push_back(y);
    const Results results = tape.compile(once, {}, {.advance = false}, where)();
    Copies copies(graph);
    for (std::size_t k = 0; k < part.reads.size(); ++k)
        copies.put(part.reads[k], graph.index(constant_of(graph, results, k, where)));
    for (const std::uint32_t i : part.nodes)
        copies.record(i);
    image = graph.var(copies.of(graph.index(image)));
    Program tangents = tape.compile({.outputs = {image}, .updates = {}}, {tangent}, {}, where);
    tape.rewind(mark, where);
    return {constant_of(graph, results, part.reads.size(), where), std::move(tangents)};
}

} // namespace xgrad::detail
