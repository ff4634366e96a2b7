#include <xgrad/core/derivative/adjoints.hpp>

#include <fmt/format.h>

#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

std::string recorded(const Graph& graph, std::uint32_t node) {
    return fmt::format("{}, recorded at {}", graph.node(node).info->name, graph.node(node).where.str());
}

std::string text_of(const Type& type) { return fmt::format("{} {}", name(type.dtype), type.shape.str()); }

std::string text_of(const Graph& graph, Var var) {
    return graph.has(var) ? text_of(graph.type(graph.index(var))) : "a Var that is not on its tape";
}

[[noreturn]] void fail(const std::string& message, const detail::Caller& caller) {
    const detail::CallerScope scope(caller);
    throw Error(message);
}

bool broadcasts_to(const Shape& from, const Shape& to) {
    Shape both;
    return broadcast(from, to, both) && both == to;
}

} // namespace

void fail_without_rule(const Graph& graph, std::uint32_t node, const detail::Caller& caller) {
    fail(fmt::format("{}, has no vjp, and lies on a way from x to y; give it a vjp, or `static constexpr bool "
                     "zero_derivative = true;` if its derivative is zero everywhere, or use stop_gradient of its "
                     "result",
                     recorded(graph, node)),
         caller);
}

void check_adjoint_count(const Graph& graph, std::uint32_t node, std::size_t given, const detail::Caller& caller) {
    const std::size_t inputs = graph.inputs(node).size();
    if (given == inputs) return;
    const std::size_t skip = graph.node(node).info->nondiff;
    fail(fmt::format("the vjp of {}, gave {} adjoints for {} inputs; it must give one for each, Var{{}} for none",
                     recorded(graph, node), given - skip, inputs - skip),
         caller);
}

void check_adjoint(const Graph& graph, std::uint32_t node, std::size_t k, Var adjoint, const detail::Caller& caller) {
    const Type input = graph.type(graph.inputs(node)[k]);
    if (graph.has(adjoint)) {
        const Type type = graph.type(graph.index(adjoint));
        if (type.dtype == input.dtype && broadcasts_to(input.shape, type.shape)) return;
    }
    fail(fmt::format("the vjp of {}, gave {} as the adjoint of input {}, which is {}; an adjoint has the dtype of "
                     "its input, and its shape or one that it broadcasts to",
                     recorded(graph, node), text_of(graph, adjoint), k - graph.node(node).info->nondiff,
                     text_of(input)),
         caller);
}

Var checked_tangent(const Graph& graph, std::uint32_t node, Var tangent, const detail::Caller& caller) {
    if (!tangent.valid()) return tangent;
    const Type y = graph.type(node);
    if (graph.has(tangent)) {
        const Type type = graph.type(graph.index(tangent));
        if (type.dtype == y.dtype && broadcasts_to(type.shape, y.shape)) return broadcast_to(tangent, y.shape);
    }
    fail(fmt::format("the jvp of {}, gave {} as the tangent of its output, which is {}; a tangent has the dtype of "
                     "the output, and its shape or one that broadcasts to it",
                     recorded(graph, node), text_of(graph, tangent), text_of(y)),
         caller);
}

void detail::fail_vjp_inputs(const char* op, std::size_t inputs) {
    throw Error(
        fmt::format("{}: it has {} inputs, and its vjp takes another number; a vjp takes the adjoint, the output "
                    "and each input",
                    op, inputs));
}

} // namespace xgrad
