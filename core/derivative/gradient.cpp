#include <xgrad/core/gradient.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/derivative/adjoints.hpp>
#include <xgrad/core/derivative/pieces.hpp>
#include <xgrad/core/derivative/rewrites.hpp>
#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {
namespace {

/// One node of the range that a sweep goes over, copied out because recording moves the nodes.
struct Visited {
    std::uint32_t node = 0;
    const OpInfo* info;
    const void* op;
    Var y;
    std::vector<Var> x;
};

void visit(const Graph& graph, std::uint32_t i, Visited& v) {
    v.node = i;
    v.info = graph.node(i).info;
    v.op = graph.node(i).op;
    v.y = graph.var(i);
    v.x.clear();
    for (const std::uint32_t input : graph.inputs(i))
        v.x.push_back(graph.var(input));
}

std::vector<std::uint32_t> indices(const Graph& graph, const std::vector<Var>& vars) {
    std::vector<std::uint32_t> result;
    for (const Var& var : vars)
        result.push_back(graph.index(var));
    return result;
}

/// The inputs that a node is differentiated by: none, if its derivative is zero or it is no real numbers.
std::span<const std::uint32_t> differentiable_inputs(const Graph& graph, std::uint32_t i) {
    const Node& node = graph.node(i);
    if (!is_floating(node.dtype) || node.info->zero_derivative) return {};
    return graph.inputs(i).subspan(node.info->nondiff);
}

void require_of_graph(const Graph& graph, const char* function, const std::vector<Var>& xs, Location where) {
    for (const Var& x : xs) {
        if (&Graph::existing_of(x, where) != &graph)
            throw Error(fmt::format("{}: the Vars are of different tapes", function), where);
        graph.index(x, where);
    }
}

/// Throws unless `given`, called what() in errors, can be a tangent, a cotangent or the like of `of`.
template <class What>
void check_like(const Graph& graph, Var of, Var given, Location where, What what) {
    if (&Graph::existing_of(given, where) != &graph)
        throw Error(what() + " is a Var of another tape; it must be of the tape of what it belongs to", where);
    graph.index(given, where);
    if (of.shape() != given.shape() || of.dtype() != given.dtype())
        throw Error(fmt::format("{} is {} {}, and what it belongs to is {} {}; they must be equal", what(),
                                name(given.dtype()), given.shape().str(), name(of.dtype()), of.shape().str()),
                    where);
}

void check_pairs(const Graph& graph, const char* function, const char* what, const std::vector<Var>& of,
                 const std::vector<Var>& given, Location where) {
    if (of.size() != given.size())
        throw Error(
            fmt::format("{}: {} {}s were given for {} Vars; each needs one", function, given.size(), what, of.size()),
            where);
    for (std::size_t i = 0; i < of.size(); ++i)
        check_like(graph, of[i], given[i], where, [&] { return fmt::format("{}: {} {}", function, what, i); });
}

void check_floating(const char* function, const std::vector<Var>& vars, Location where) {
    for (const Var& var : vars)
        if (!is_floating(var.dtype()))
            throw Error(
                fmt::format("{}: there is no derivative by a Var of dtype {} {}; record what is differentiated of "
                            "a float32 or float64 Var, and give that",
                            function, name(var.dtype()), var.shape().str()),
                where);
}

} // namespace

std::vector<Var> vjp(const std::vector<Var>& ys, const std::vector<Var>& xs, const std::vector<Var>& cotangents,
                     Location where) {
    if (xs.empty()) return {};
    const Call call("vjp", where);
    const GraphUse use(ys, "vjp", where);
    Graph& graph = *use;
    require_of_graph(graph, "vjp", xs, where);
    check_pairs(graph, "vjp", "cotangent", ys, cotangents, where);
    check_floating("vjp", xs, where);
    const std::vector<std::uint32_t> y = indices(graph, ys), x = indices(graph, xs);
    check_rewrites(graph, "vjp", y, x, where);
    const std::uint32_t low = *std::min_element(x.begin(), x.end());
    const std::uint32_t high = std::max(low, *std::max_element(y.begin(), y.end()));
    const detail::Caller caller = detail::caller;
    const detail::CallerScope scope({.where = caller.where}); // an error in an op's own rule names what that calls

    // Of each node: whether it is an x or follows from one, whether it follows, whether a term of its adjoint is a
    // piece.
    constexpr std::uint8_t reached = 1, follows = 2, piece = Node::piece;
    std::vector<std::uint8_t> state(high - low + 1);
    for (const std::uint32_t i : x)
        if (i <= high) state[i - low] = reached;
    for (std::uint32_t i = low; i <= high; ++i)
        for (const std::uint32_t input : differentiable_inputs(graph, i))
            if (input >= low && state[input - low] != 0) state[i - low] |= reached | follows;

    std::vector<Var> adjoint(high - low + 1);
    AdjointsInPieces in_pieces(graph);
    Visited node;
    auto add = [&](std::uint32_t i, Var term, std::size_t k) {
        if (i < low || state[i - low] == 0) return;
        if (!graph.has(term)) check_adjoint(graph, node.node, k, term, caller);
        Var& sum = adjoint[i - low];
        const Node &from = graph.node(Graph::known_index(term)), &to = graph.node(i);
        const unsigned pieces = (state[i - low] |= from.traits & piece) & piece;
        if (from.shape != to.shape || from.dtype != to.dtype) {
            check_adjoint(graph, node.node, k, term, caller);
            term = sum_to(term, graph.shape(i)); // undoes broadcasting
        }
        if (!sum.valid())
            sum = term;
        else if (pieces == 0)
            sum = sum + term;
        else
            in_pieces.add(i, sum, term);
    };
    for (std::size_t k = 0; k < y.size(); ++k)
        add(y[k], cotangents[k], k);

    auto wanted_adjoints = [&](const Visited& of, Var g, std::vector<Var>& result) {
        std::vector<char> wanted;
        for (const Var& input : of.x) {
            const std::uint32_t i = graph.index(input);
            wanted.push_back(i >= low && state[i - low] != 0 && is_floating(input.dtype()));
        }
        return of.info->vjp_of_wanted(of.op, g, of.y, of.x, wanted, result);
    };
    std::vector<Var> terms;
    for (std::uint32_t i = high + 1; i-- > low;) {
        if ((state[i - low] & piece) != 0) adjoint[i - low] = in_pieces.sum(i, adjoint[i - low]);
        const Var g = adjoint[i - low];
        if (!g.valid() || (state[i - low] & follows) == 0) continue;
        if (!graph.node(i).info->vjp) fail_without_rule(graph, i, caller);
        if (!graph.has_elements(i)) continue; // nothing goes on from there, not even 0 times an infinity
        visit(graph, i, node);
        detail::caller.where = graph.node(i).where;
        terms.assign(node.x.size(), Var{});
        const std::size_t given = node.info->vjp_of_wanted ? wanted_adjoints(node, g, terms)
                                                           : node.info->vjp(node.op, g, node.y, node.x, terms);
        if (given != terms.size()) check_adjoint_count(graph, i, given, caller);
        for (std::size_t k = 0; k < terms.size(); ++k)
            if (terms[k].valid()) add(graph.index(node.x[k]), terms[k], k);
    }

    std::vector<Var> result;
    for (const std::uint32_t i : x)
        result.push_back(i <= high && adjoint[i - low].valid() ? adjoint[i - low] : zeros_of(graph, graph.type(i)));
    return result;
}

std::vector<Var> gradient(Var y, const std::vector<Var>& xs, Location where) {
    const Call call("gradient", where);
    const GraphUse graph(y, where);
    if (!is_floating(y.dtype()))
        throw Error(fmt::format("gradient: y is {} {}, which has no derivative; it must be made of float32 or float64 "
                                "Vars",
                                name(y.dtype()), y.shape().str()),
                    where);
    if (y.shape().numel() != 1)
        throw Error(
            fmt::format("gradient: y is {} {}; it must be one floating-point number. Sum or average it, or use vjp "
                        "with a cotangent",
                        name(y.dtype()), y.shape().str()),
            where);
    const std::uint32_t one = graph->record_scalar(y.dtype(), 1, 1, true, where);
    return vjp({y}, xs, {broadcast_to(Operand(graph->var(one), where), y.shape())}, where);
}

Var gradient(Var y, Var x, Location where) { return gradient(y, std::vector<Var>{x}, where)[0]; }

namespace {

/// The tangent of one node from those of its inputs (Var{} where there is none).
Var push_forward(Graph& graph, const Visited& node, const std::vector<Var>& tangents, const detail::Caller& caller) {
    const OpInfo& info = *node.info;
    const Type type = graph.type(node.node);
    if (info.jvp) return checked_tangent(graph, node.node, info.jvp(node.op, tangents, node.y, node.x), caller);

    auto record_with = [&](auto input) {
        std::vector<std::uint32_t> inputs;
        for (std::size_t k = 0; k < node.x.size(); ++k)
            inputs.push_back(graph.index(input(k)));
        return graph.var(graph.record(info, node.op, inputs, {}));
    };
    if (info.linear)
        return record_with([&](std::size_t k) {
            if (tangents[k].valid()) return tangents[k];
            return is_floating(node.x[k].dtype()) ? zeros_of(graph, graph.type(graph.index(node.x[k]))) : node.x[k];
        });

    Var sum;
    auto add = [&](Var term) {
        if (term.valid()) sum = sum.valid() ? sum + term : term;
    };
    if (info.multilinear) {
        for (std::size_t k = 0; k < tangents.size(); ++k)
            if (tangents[k].valid()) add(record_with([&](std::size_t j) { return j == k ? tangents[k] : node.x[j]; }));
        return sum;
    }
    if (!info.vjp) fail_without_rule(graph, node.node, caller);
    std::vector<Var> terms(node.x.size());
    auto find_adjoints = [&](Var g) {
        check_adjoint_count(graph, node.node, info.vjp(node.op, g, node.y, node.x, terms), caller);
        for (std::size_t k = 0; k < tangents.size(); ++k)
            if (tangents[k].valid() && terms[k].valid()) check_adjoint(graph, node.node, k, terms[k], caller);
    };
    // Without a rule of its own, an op is transposed twice: its vjp is linear in the adjoint u, and the adjoint of u
    // is the tangent of y.
    Var u;
    if (!info.diagonal) find_adjoints(u = graph.placeholder(type, {}));
    for (std::size_t k = 0; k < tangents.size(); ++k) {
        if (!tangents[k].valid()) continue;
        if (info.diagonal) { // y_i depends on x_i alone, so the Jacobian is its own transpose
            find_adjoints(broadcast_to(tangents[k], type.shape));
            add(terms[k]);
        } else if (terms[k].valid())
            add(vjp({sum_to(terms[k], node.x[k].shape())}, {u}, {tangents[k]})[0]);
    }
    return sum.valid() ? broadcast_to(sum, type.shape) : sum;
}

} // namespace

std::vector<Var> jvp(const std::vector<Var>& ys, const std::vector<Var>& xs, const std::vector<Var>& tangents,
                     Location where) {
    const Call call("jvp", where);
    const GraphUse use(ys, "jvp", where);
    Graph& graph = *use;
    require_of_graph(graph, "jvp", xs, where);
    check_pairs(graph, "jvp", "tangent", xs, tangents, where);
    check_floating("jvp", xs, where);
    const std::vector<std::uint32_t> y = indices(graph, ys), x = indices(graph, xs);
    check_rewrites(graph, "jvp", y, x, where);
    const std::uint32_t low = *std::min_element(x.begin(), x.end());
    const std::uint32_t high = std::max(low, *std::max_element(y.begin(), y.end()));
    const detail::Caller caller = detail::caller;
    const detail::CallerScope scope({.where = caller.where}); // an error in an op's own rule names what that calls

    std::vector<char> needed(high - low + 1); // some y depends on it
    for (const std::uint32_t i : y)
        if (i >= low) needed[i - low] = 1;
    for (std::uint32_t i = high + 1; i-- > low;)
        if (needed[i - low])
            for (const std::uint32_t input : differentiable_inputs(graph, i))
                if (input >= low) needed[input - low] = 1;

    std::vector<Var> tangent(high - low + 1);
    auto add = [&](std::uint32_t i, Var term) { // an x may be given twice, or depend on another x
        Var& sum = tangent[i - low];
        if (term.valid()) sum = sum.valid() ? sum + term : term;
    };
    for (std::size_t k = 0; k < x.size(); ++k)
        if (x[k] <= high) add(x[k], tangents[k]);

    Visited node;
    std::vector<Var> of_inputs;
    for (std::uint32_t i = low; i <= high; ++i) {
        if (!needed[i - low]) continue;
        bool any = false;
        for (const std::uint32_t input : differentiable_inputs(graph, i))
            any |= input >= low && tangent[input - low].valid();
        if (!any) continue;
        visit(graph, i, node);
        of_inputs.clear();
        for (const Var& input : node.x) {
            const std::uint32_t k = graph.index(input);
            of_inputs.push_back(k >= low ? tangent[k - low] : Var{});
        }
        detail::caller.where = graph.node(i).where;
        add(i, push_forward(graph, node, of_inputs, caller));
    }

    std::vector<Var> result;
    for (const std::uint32_t i : y)
        result.push_back(i >= low && tangent[i - low].valid() ? tangent[i - low] : zeros_of(graph, graph.type(i)));
    return result;
}

std::vector<Var> hessian_vector_product(Var y, const std::vector<Var>& xs, const std::vector<Var>& vs, Location where) {
    if (xs.empty() && vs.empty()) return {};
    const Call call("hessian_vector_product", where);
    const GraphUse graph(xs, "hessian_vector_product", where);
    check_pairs(*graph, "hessian_vector_product", "vector", xs, vs, where);
    // The Hessian is symmetric: its product with v is the vector-Jacobian product of the gradient.
    return vjp(gradient(y, xs, where), xs, vs, where);
}

Var hessian_vector_product(Var y, Var x, Var v, Location where) {
    const Call call("hessian_vector_product", where);
    const GraphUse graph(x, where);
    check_like(*graph, x, v, where, [] { return std::string("hessian_vector_product: v"); });
    return hessian_vector_product(y, std::vector<Var>{x}, std::vector<Var>{v}, where)[0];
}

} // namespace xgrad
