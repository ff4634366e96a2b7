#include <xgrad/core/custom.hpp>

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/copies.hpp>
#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad::detail {
namespace {

struct Custom : FirstInput {
    static constexpr auto name = "custom_vjp";
    static constexpr std::size_t nondiff = 1;
    CustomRule rule;

    std::vector<Var> vjp(Var g, Var y, std::span<const Var> x) const {
        std::vector<Var> result(x.size());
        const std::span<Var> adjoints = std::span(result).subspan(nondiff);
        result.resize(nondiff + rule.vjp(rule.rule.get(), g, y, x.subspan(nondiff), adjoints));
        return result;
    }
    std::size_t hash() const { return std::hash<const void*>{}(rule.rule.get()); }
    bool operator==(const Custom& other) const { return rule.rule == other.rule.rule; }
};

/// Equal to x, but never taken for it: what is made from it is computed again and not found among what stands. With a
/// second input it is there only after that.
struct Again : FirstInput {
    static constexpr auto name = "again";
    static constexpr bool waits = true;
    static std::vector<Var> vjp(Var g, Var, std::span<const Var> x) {
        std::vector<Var> result(x.size());
        result[0] = g;
        return result;
    }
    static Var jvp(std::span<const Var> tangents, Var, std::span<const Var>) { return tangents[0]; }
    bool operator==(const Again&) const { return true; }
};

/// The nodes on the way from the inputs to y, inputs left out, in the order of recording. Of a derivative's ways, only
/// those are followed that it goes: not through what has none.
std::vector<std::uint32_t> between(const Graph& graph, const std::vector<std::uint32_t>& inputs, std::uint32_t y,
                                   bool of_a_derivative = false) {
    std::vector<std::uint32_t> result, open{y};
    std::unordered_set<std::uint32_t> seen(inputs.begin(), inputs.end());
    while (!open.empty()) {
        const std::uint32_t node = open.back();
        open.pop_back();
        if (!seen.insert(node).second) continue;
        result.push_back(node);
        if (of_a_derivative && graph.node(node).info->zero_derivative) continue;
        for (const std::uint32_t input : graph.inputs(node))
            open.push_back(input);
    }
    std::sort(result.begin(), result.end());
    return result;
}

struct Checkpoint : FirstInput {
    static constexpr auto name = "checkpoint";

    static std::vector<Var> vjp(Var g, Var, std::span<const Var> x) {
        const GraphUse use(x[0]);
        Graph& graph = *use;
        std::vector<std::uint32_t> inputs;
        std::vector<Var> again;
        Copies copies(graph);
        for (const Var& input : x.subspan(1)) {
            const std::uint32_t i = graph.index(input);
            again.push_back(graph.leaf(i) ? record(Again{}, input) : record(Again{}, input, g));
            inputs.push_back(i);
            copies.put(i, graph.index(again.back()));
        }
        const std::uint32_t y = graph.index(x[0]);
        for (const std::uint32_t i : between(graph, inputs, y))
            copies.record(i);
        std::vector<Var> floating, result(x.size());
        for (const Var& input : again)
            if (is_floating(input.dtype())) floating.push_back(input);
        if (!copies.has(y) || floating.empty()) return result;
        const std::vector<Var> adjoints = xgrad::vjp({graph.var(copies.of(y))}, floating, {g});
        for (std::size_t k = 0, next = 0; k < again.size(); ++k)
            if (is_floating(again[k].dtype())) result[k + 1] = adjoints[next++];
        return result;
    }
    static Var jvp(std::span<const Var> tangents, Var, std::span<const Var>) { return tangents[0]; }
    /// What computes the batch lies between the same inputs.
    static Var vmap(const BatchedInputs& in) {
        std::vector<Operand> operands(in.x.begin(), in.x.end());
        operands[0] = in.all(0);
        return record(Checkpoint{}, std::span<const Operand>(operands));
    }
    bool operator==(const Checkpoint&) const { return true; }
};

std::vector<Var> vars_of(const char* op, std::span<const Operand> x) {
    std::vector<Var> vars;
    for (const Operand& operand : x) {
        const Call call(op, operand.where);
        if (operand.is_number || !operand.var.valid())
            throw Error(fmt::format("{}: its arguments are Vars; make one of a number with tape.constant(...)", op),
                        operand.where);
        vars.push_back(operand.var);
    }
    if (vars.empty()) throw Error(fmt::format("{}: the function takes no Var", op));
    return vars;
}

GraphUse graph_of(const char* op, const std::vector<Var>& x, Location where) {
    const Call call(op, where);
    return GraphUse(x, op, where);
}

/// What f records.
struct Traced {
    Traced(const char* op, const std::function<Var()>& f, std::span<const Operand> arguments)
        : x(vars_of(op, arguments)), where(arguments[0].where), graph(graph_of(op, x, where)), first(graph->size()) {
        y = f(); // the user's own code: an error there has its own line and name
        const Call call(op, where);
        if (!y.valid() || &Graph::existing_of(y, where) != &*graph)
            throw Error(fmt::format("{}: the function must return a Var of the tape of its arguments", op), where);
        graph->index(y, where);
    }

    std::vector<Var> x;
    Location where;
    GraphUse graph;
    std::size_t first; // node recorded by f
    Var y;
};

} // namespace

Var record_custom(const std::function<Var()>& f, std::span<const Operand> x, const CustomRule& rule) {
    const Traced t(Custom::name, f, x);
    const Call call(Custom::name, t.where);
    Graph& graph = *t.graph;
    std::vector<std::uint32_t> inputs;
    for (const Var& input : t.x)
        inputs.push_back(graph.index(input));
    for (const std::uint32_t i : between(graph, inputs, graph.index(t.y), true))
        if (const Leaf* leaf = graph.leaf(i); leaf && leaf->kind == LeafKind::parameter)
            throw Error(
                fmt::format(
                    "custom_vjp: the function uses the parameter \"{}\", which is not among its arguments and would "
                    "get no gradient; pass it as an argument, or stop_gradient of it",
                    leaf->name),
                t.where);
    std::vector<Operand> operands{Operand(t.y, t.where)};
    for (const Var& input : t.x)
        operands.emplace_back(input, t.where);
    Custom op;
    op.rule = rule;
    return record(op, std::span<const Operand>(operands));
}

Var record_checkpoint(const std::function<Var()>& f, std::span<const Operand> x) {
    const Traced t(Checkpoint::name, f, x);
    const Call call(Checkpoint::name, t.where);
    Graph& graph = *t.graph;
    const std::uint32_t y = graph.index(t.y);
    std::vector<std::uint32_t> inputs;
    for (const Var& input : t.x)
        inputs.push_back(graph.index(input));
    std::vector<Operand> operands{Operand(t.y, t.where)};
    for (const std::uint32_t i : inputs)
        operands.emplace_back(graph.var(i), t.where);
    if (std::find(inputs.begin(), inputs.end(), y) != inputs.end()) return t.y; // nothing to compute
    // What f captures: the nodes from before that the new ones read; the leaves, if the same was all recorded before.
    const bool recorded_before = y < t.first;
    for (const std::uint32_t i : between(graph, inputs, y)) {
        if (!recorded_before && i < t.first) continue;
        for (const std::uint32_t input : graph.inputs(i)) {
            const bool known = std::find(inputs.begin(), inputs.end(), input) != inputs.end();
            const bool inside = recorded_before ? !graph.leaf(input) : input >= t.first;
            if (inside || known || graph.scalar(input)) continue;
            inputs.push_back(input);
            operands.emplace_back(graph.var(input), t.where);
        }
    }
    return record(Checkpoint{}, std::span<const Operand>(operands));
}

} // namespace xgrad::detail
