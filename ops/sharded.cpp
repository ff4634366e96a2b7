#include <xgrad/ops/sharded.hpp>

#include <fmt/format.h>

#include <xgrad/core/control/body.hpp>
#include <xgrad/core/graph/additions.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/ops/collective_ops.hpp>
#include <xgrad/ops/random_ops.hpp>
#include <xgrad/ops/shard_split.hpp>

namespace xgrad {
namespace {

/// What is being traced, for the collectives.
struct Tracing {
    explicit Tracing(const ShardTrace& trace) { shard_trace = &trace; }
    ~Tracing() { shard_trace = nullptr; }
};

/// Calls the function, and adds the updates that come with what it returns.
Step trace(Graph& graph, const detail::FunctionOfShard& f, const std::vector<Var>& x, const ShardTrace& as,
           Location where) {
    const std::size_t updates = graph.updates_with.size();
    try {
        Step step;
        {
            const Tracing tracing(as);
            step = f(x); // the user's own code: an error there has its own line
        }
        step = with_additions(graph, step, true, where);
        graph.updates_with.resize(updates);
        return step;
    } catch (...) {
        graph.updates_with.resize(updates);
        throw;
    }
}

std::vector<Var> ends_of(const Step& step) {
    std::vector<Var> ends = step.outputs;
    for (const Update& update : step.updates)
        ends.push_back(update.next);
    return ends;
}

void set_ends(Step& step, const std::vector<Var>& ends) {
    const auto updates = ends.begin() + static_cast<std::ptrdiff_t>(step.outputs.size());
    step.outputs.assign(ends.begin(), updates);
    for (std::size_t i = 0; i < step.updates.size(); ++i)
        step.updates[i].next = updates[static_cast<std::ptrdiff_t>(i)];
}

GraphUse graph_of(const std::vector<Var>& x, Location where) {
    const Call call("sharded", where);
    return GraphUse(x, "sharded", where);
}

/// Each rank draws as if it were a shard.
Step with_own_draws(Graph& graph, Step step, std::uint32_t first, std::size_t rank) {
    const std::vector<Var> ends = ends_of(step);
    std::vector<Var> draws, own;
    const auto size = static_cast<std::uint32_t>(graph.size());
    for (std::uint32_t i = first; i < size; ++i) {
        const Node node = graph.node(i);
        if (node.info != &info<UniformBits>()) continue;
        const UniformBits bits = *static_cast<const UniformBits*>(node.op);
        const Var key = graph.var(graph.inputs(i)[0]), counter = graph.var(graph.inputs(i)[1]);
        draws.push_back(graph.var(i));
        const Var number = graph.var(
            graph.record_scalar(DType::int64, 0, static_cast<std::int64_t>(rank), true, node.where));
        own.push_back(record(ShardBits{bits}, key, counter, number));
    }
    set_ends(step, replaced(graph, ends, draws, own));
    return step;
}

} // namespace

namespace detail {

Step record_sharded(const FunctionOfShard& f, const std::vector<Var>& x, const Group& group, ShardedOptions options,
                    Location where) {
    if (shard_trace) throw Error("sharded: it was called in a sharded function; one is enough", where);
    if (x.empty()) throw Error("sharded: the function has no argument; it must have one, whose rows are cut", where);
    const GraphUse use = graph_of(x, where);
    Graph& graph = *use;
    const auto first = static_cast<std::uint32_t>(graph.size());
    if (!options.exact) {
        const Step step = trace(graph, f, x, {group, false}, where);
        const Call call("sharded", where);
        return with_own_draws(graph, step, first, group.rank());
    }
    std::vector<Var> one, stand_ins, arguments;
    const std::size_t own = group.shards_of(group.rank()).count;
    for (std::size_t k = 0; k < x.size(); ++k) {
        Shape shape = x[k].shape();
        if (shape.rank() == 0) {
            one.push_back(x[k]);
            continue;
        }
        if (shape[0] % own != 0)
            throw Error(
                fmt::format("sharded: argument {} is {}, and its {} rows cannot be cut into the {} shards of rank "
                            "{}; give each rank its group.rows(batch) of a batch that is a multiple of {}",
                            k, shape.str(), shape[0], own, group.rank(), group.shards()),
                where);
        shape[0] /= own;
        arguments.push_back(x[k]);
        stand_ins.push_back(graph.placeholder({x[k].dtype(), shape}, where, "the rows of a shard"));
        one.push_back(stand_ins.back());
    }
    Step step = trace(graph, f, one, {group, true}, where);
    const Call call("sharded", where);
    set_ends(step, split_into_stages(graph, {group, where, first, std::move(stand_ins), std::move(arguments)},
                                     ends_of(step)));
    return step;
}

} // namespace detail
} // namespace xgrad
