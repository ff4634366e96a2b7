#include <xgrad/core/vmap.hpp>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad::detail {
namespace {

constexpr const char* name = "vmap";

std::vector<Var> vars_of(std::span<const Operand> x) {
    const Call call(name, x.empty() ? Location{} : x[0].where);
    std::vector<Var> vars;
    for (std::size_t k = 0; k < x.size(); ++k) {
        if (x[k].is_number || !x[k].var.valid())
            throw Error(
                fmt::format("vmap: argument {} is no Var; use a number in the function itself, or make a Var of "
                            "it with tape.constant(...)",
                            k),
                x[k].where);
        vars.push_back(x[k].var);
    }
    if (vars.empty()) throw Error("vmap: no Var was given; it must have at least one, whose examples it goes over");
    return vars;
}

/// An argument with the axis of its examples in front, and what stands for one of them.
struct Argument {
    Var batch, one;
    bool batched = false;
};

/// x with an axis moved to the front.
Var with_first(Var x, std::size_t axis) {
    if (axis == 0) return x;
    Dims axes = static_cast<std::int64_t>(axis);
    for (std::size_t i = 0; i < x.shape().rank(); ++i)
        if (i != axis) axes.push_back(static_cast<std::int64_t>(i));
    return record(Transpose{axes}, x);
}

class Arguments {
  public:
    Arguments(Graph& graph, const std::vector<Var>& x, const VmapOptions& options, Location where) {
        const Call call(name, where);
        if (!options.in_axes.empty() && options.in_axes.size() != x.size())
            throw Error(
                fmt::format("vmap: in_axes names {} axes, and there are {} arguments; it must name one for each, "
                            "or not_batched",
                            options.in_axes.size(), x.size()),
                where);
        for (std::size_t k = 0; k < x.size(); ++k)
            add(x[k], k, options.in_axes.empty() ? std::optional<std::int64_t>(0) : options.in_axes[k], where);
        if (request.batches.empty())
            throw Error("vmap: no argument is batched; at least one must be, or call the function itself", where);
        for (std::size_t k = 0; k < request.batches.size(); ++k) {
            const Var batch = request.batches[k];
            const Shape one = without_first(batch.shape());
            request.xs.push_back(graph.placeholder({batch.dtype(), one}, where, "an example of vmap"));
        }
        std::size_t next = 0;
        for (std::size_t k = 0; k < x.size(); ++k)
            ones.push_back(batched_[k] ? request.xs[next++] : x[k]);
    }

    BatchRequest request;
    std::vector<Var> ones; // what the function is called with

  private:
    void add(Var x, std::size_t k, const std::optional<std::int64_t>& asked, Location where) {
        batched_.push_back(asked.has_value());
        if (!asked) return;
        const Shape shape = x.shape();
        const auto rank = static_cast<std::int64_t>(shape.rank());
        if (*asked < -rank || *asked >= rank)
            throw Error(fmt::format("vmap: argument {} is {}, and axis {} was to be that of its examples; {}. One that "
                                    "is the same for all examples is not_batched in in_axes",
                                    k, shape.str(), *asked, axes_of_rank(shape.rank())),
                        where);
        const auto axis = static_cast<std::size_t>(*asked < 0 ? *asked + rank : *asked);
        if (request.batches.empty()) {
            request.examples = shape[axis];
            first_ = fmt::format("argument {} is {} and has {} along axis {}", k, shape.str(), shape[axis], axis);
        } else if (shape[axis] != request.examples)
            throw Error(fmt::format("vmap: the numbers of examples differ: {}, argument {} is {} and has {} along axis "
                                    "{}; they must be equal",
                                    first_, k, shape.str(), shape[axis], axis),
                        where);
        request.batches.push_back(with_first(x, axis));
    }

    std::vector<char> batched_;
    std::string first_; // what errors say of the first one that is batched
};

GraphUse graph_of(const std::vector<Var>& vars, Location where) {
    const Call call(name, where);
    return GraphUse(vars, name, where);
}

/// Updates that the function has registered would be of one example.
void refuse_updates(Graph& graph, std::size_t before, Location where) {
    if (graph.updates_with.size() == before) return;
    const Update update = graph.updates_with[before].update;
    const std::string leaf = graph.leaf(graph.index(update.leaf))->name;
    graph.updates_with.resize(before);
    throw Error(fmt::format("vmap: the function registers an update of \"{}\", which would be made for one example; "
                            "return what it follows from, and register an update of all of it",
                            leaf),
                where);
}

} // namespace

std::vector<Var> vmap(const FunctionOfExample& f, std::span<const Operand> x, const VmapOptions& options) {
    const std::vector<Var> vars = vars_of(x);
    const Location where = x[0].where;
    const GraphUse use = graph_of(vars, where);
    Graph& graph = *use;
    Arguments arguments(graph, vars, options, where);
    BatchRequest& request = arguments.request;
    request.first_own_draw = static_cast<std::uint32_t>(graph.size());
    const std::size_t updates = graph.updates_with.size();
    try {
        request.ys = f(arguments.ones); // the user's own code: an error there has its own line and name
    } catch (...) {
        graph.updates_with.resize(updates);
        throw;
    }
    const Call call(name, where);
    refuse_updates(graph, updates, where);
    for (const Var& y : request.ys) {
        if (!y.valid() || &Graph::existing_of(y, where) != &graph)
            throw Error("vmap: the function must return Vars of the tape of its arguments", where);
        graph.index(y, where);
    }
    return batch_of(graph, request);
}

} // namespace xgrad::detail
