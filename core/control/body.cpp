#include <xgrad/core/control/body.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/compiler/compile.hpp>
#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/copies.hpp>
#include <xgrad/core/structural.hpp>

namespace xgrad {

std::vector<Var> stand_ins(Graph& graph, const std::vector<Type>& types, const char* name, Location where) {
    std::vector<Var> result;
    for (const Type& type : types)
        result.push_back(graph.placeholder(type, where, name));
    return result;
}

std::vector<Type> types_of(const std::vector<Var>& vars) {
    std::vector<Type> result;
    for (const Var& var : vars)
        result.push_back({var.dtype(), var.shape()});
    return result;
}

Var zeros_like(Graph& graph, const Var& x) { return zeros_of(graph, {x.dtype(), x.shape()}); }

std::vector<Var> chosen(const std::vector<Var>& vars, const std::vector<char>& flags) {
    std::vector<Var> result;
    for (std::size_t i = 0; i < vars.size(); ++i)
        if (flags[i]) result.push_back(vars[i]);
    return result;
}

std::vector<char> floating(const std::vector<Var>& vars) {
    std::vector<char> result;
    for (const Var& var : vars)
        result.push_back(is_floating(var.dtype()));
    return result;
}

std::vector<Var> joined(std::vector<Var> a, const std::vector<Var>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

std::vector<Var> adjoints(Graph& graph, const std::vector<Var>& ys, const std::vector<Var>& xs,
                          const std::vector<Var>& cotangents) {
    if (!ys.empty()) return vjp(ys, xs, cotangents);
    std::vector<Var> result;
    for (const Var& x : xs)
        result.push_back(zeros_like(graph, x));
    return result;
}

std::vector<Var> tangents_of(Graph& graph, const std::vector<Var>& ys, const std::vector<Var>& xs,
                             const std::vector<Var>& tangents) {
    if (ys.empty()) return {};
    if (!xs.empty()) return jvp(ys, xs, tangents);
    std::vector<Var> result;
    for (const Var& y : ys)
        result.push_back(zeros_like(graph, y));
    return result;
}

std::vector<Var> replaced(Graph& graph, const std::vector<Var>& ends, const std::vector<Var>& from,
                          const std::vector<Var>& to) {
    std::vector<std::uint32_t> last;
    for (const Var& end : ends)
        last.push_back(graph.index(end));
    const std::vector<char> needed = ancestors(graph, last);
    Copies copies(graph);
    for (std::size_t k = 0; k < from.size(); ++k)
        copies.put(graph.index(from[k]), graph.index(to[k]));
    for (std::uint32_t i = 0; i < needed.size(); ++i)
        if (needed[i] && !copies.has(i)) copies.record(i);
    std::vector<Var> result;
    for (const std::uint32_t end : last)
        result.push_back(graph.var(copies.of(end)));
    return result;
}

void require_of_tape(const Graph& graph, const char* function, const char* what, const std::vector<Var>& vars,
                     Location where) {
    for (std::size_t i = 0; i < vars.size(); ++i) {
        if (!vars[i].valid())
            throw Error(fmt::format("{}: {} {} is a Var{{}} without a node", function, what, i), where);
        if (&Graph::existing_of(vars[i], where) != &graph)
            throw Error(fmt::format("{}: {} {} is a Var of another tape", function, what, i), where);
        graph.index(vars[i], where);
    }
}

void require_carries(const char* function, const std::vector<Var>& before, const std::vector<Var>& after,
                     Location where) {
    if (before.size() != after.size())
        throw Error(fmt::format("{}: there are {} carries, and the body returns {}; it must return the next of each",
                                function, before.size(), after.size()),
                    where);
    for (std::size_t i = 0; i < before.size(); ++i)
        if (before[i].dtype() != after[i].dtype() || before[i].shape() != after[i].shape())
            throw Error(fmt::format("{}: carry {} is {} {}, and the body makes {} {} of it; dtype and shape must stay. "
                                    "Cast or broadcast the first carry, or what the body returns",
                                    function, i, name(before[i].dtype()), before[i].shape().str(),
                                    name(after[i].dtype()), after[i].shape().str()),
                        where);
}

Trace::Trace(Graph& graph, const char* function, Location where)
    : graph_(graph), function_(function), where_(where), first_(static_cast<std::uint32_t>(graph.size())),
      updates_with_(graph.updates_with.size()) {}

void Trace::check() const {
    for (auto i = first_; i < graph_.size(); ++i)
        if (graph_.node(i).info->advance)
            throw Error(
                fmt::format("{}: the body draws random numbers at {}, which would be the same at each step; draw "
                            "them before, for all steps, and give them to the body",
                            function_, graph_.node(i).where.str()),
                where_);
    if (graph_.updates_with.size() == updates_with_) return;
    const std::string& state = graph_.leaf(graph_.index(graph_.updates_with.back().update.leaf))->name;
    graph_.updates_with.resize(updates_with_);
    throw Error(fmt::format("{}: the body comes with an update of the state \"{}\", as a layer with running averages "
                            "has, which would happen once and not at each step; make it a carry",
                            function_, state),
                where_);
}

ClosedBody Trace::close(const std::vector<Var>& arguments, const std::vector<Var>& results, bool all) const {
    ClosedBody closed;
    closed.body.takes = arguments;
    if (results.empty()) return closed;
    std::vector<std::uint32_t> ends;
    for (const Var& result : results)
        ends.push_back(graph_.index(result));
    const std::vector<char> needed = ancestors(graph_, ends);

    // Which nodes are inside, and what stands for each of them in the closed body.
    std::vector<char> inside(needed.size());
    for (const Var& argument : arguments)
        if (const std::uint32_t i = graph_.index(argument); i < inside.size()) inside[i] = 1;
    Copies copies(graph_);
    const auto stand_in_for_outside = [&](std::uint32_t node) {
        if (inside[node] || copies.has(node) || graph_.scalar(node)) return;
        const Var stand_in = graph_.placeholder(graph_.type(node), {});
        copies.put(node, graph_.index(stand_in));
        closed.captured.push_back(graph_.var(node));
        closed.body.takes.push_back(stand_in);
    };
    for (std::uint32_t i = 0; i < needed.size(); ++i) {
        if (!needed[i] || inside[i]) continue;
        const auto its = graph_.inputs(i);
        inside[i] = !its.empty() && ((all && i >= first_) ||
                                     std::any_of(its.begin(), its.end(), [&](std::uint32_t k) { return inside[k]; }));
        if (!inside[i]) continue;
        for (std::size_t k = 0; k < graph_.inputs(i).size(); ++k) // a stand-in may move them
            stand_in_for_outside(graph_.inputs(i)[k]);
        copies.record(i);
    }
    for (const std::uint32_t end : ends) {
        stand_in_for_outside(end);
        closed.body.gives.push_back(graph_.var(copies.of(end)));
    }
    return closed;
}

BodyProgram::BodyProgram(const Graph& graph, const Body& body, const CompileOptions& options, Location where)
    : first_(compile(graph, {.outputs = body.gives, .updates = {}}, body.takes, options, where)) {}

std::unique_ptr<BodyProgram::Run> BodyProgram::take() const {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
        auto run = std::make_unique<Run>(runs_ == 0 ? first_ : first_->copy());
        free_.reserve(++runs_);
        return run;
    }
    std::unique_ptr<Run> run = std::move(free_.back());
    free_.pop_back();
    return run;
}

void BodyProgram::give_back(std::unique_ptr<Run> run) const {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(run));
}

namespace {

/// Where arrays of these types lie, one after the other; and the bytes of all.
std::vector<std::size_t> offsets_of(const std::vector<PlannedInput>& inputs) {
    std::vector<std::size_t> result{0};
    for (const PlannedInput& input : inputs)
        result.push_back(result.back() + aligned(input.type.shape.numel() * size_of(input.type.dtype) + 64));
    return result;
}

} // namespace

BodyProgram::Run::Run(std::shared_ptr<Executable> executable)
    : executable_(std::move(executable)), offsets_(offsets_of(executable_->plan->inputs)), taken_(offsets_.back()),
      given_(executable_->plan->output_bytes) {}

} // namespace xgrad
