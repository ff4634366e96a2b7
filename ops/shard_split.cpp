// What leads to a collective is a program that runs for each shard, and what follows from its result alone is computed
// once.

#include <xgrad/ops/shard_split.hpp>

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/base/split_mix.hpp>
#include <xgrad/core/control/parts.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/constants.hpp>
#include <xgrad/core/graph/copies.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/collective_ops.hpp>
#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/logic.hpp>
#include <xgrad/ops/random_ops.hpp>
#include <xgrad/ops/shard_stage.hpp>

namespace xgrad {
namespace {

bool is_draw(const Node& node) { return node.info->advance != nullptr; }

/// A hash of what a step is made of: the same on all ranks that have recorded the same.
std::uint64_t program_of(const Graph& graph, const std::vector<char>& needed, std::size_t shards) {
    std::uint64_t hash = split_mix(shards);
    const auto add = [&](std::string_view text) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
        hash = split_mix(hash);
    };
    for (std::uint32_t i = 0; i < needed.size(); ++i) {
        if (!needed[i]) continue;
        const Node& node = graph.node(i);
        add(node.info->name);
        add(graph.type(i).shape.str());
        add(name(node.dtype));
        if (const Scalar* number = graph.scalar(i))
            add({reinterpret_cast<const char*>(number->bytes.data()), number->bytes.size()});
    }
    return hash;
}

/// Splits the nodes of a step.
class Split {
  public:
    Split(Graph& graph, ShardFunction function) : graph_(graph), of_(std::move(function)), once_(graph) {}

    std::vector<Var> run(const std::vector<Var>& ends) {
        if (ends.empty()) return {};
        std::vector<std::uint32_t> last;
        for (const Var& end : ends)
            last.push_back(graph_.index(end));
        needed_ = ancestors(graph_, last);
        program_ = program_of(graph_, needed_, of_.group.shards());
        classify();
        require_same_for_all(last);
        const std::size_t levels = 1 + *std::max_element(level_.begin(), level_.end());
        for (std::size_t level = 0; level < levels; ++level) {
            compute_once(level);
            make_stage(level);
        }
        std::vector<Var> result;
        for (const std::uint32_t end : last)
            result.push_back(graph_.var(once_.of(end)));
        return result;
    }

  private:
    AnyCollective combines(std::uint32_t node) const {
        const Node& n = graph_.node(node);
        const AnyCollective any = collective_of(n.info, n.op);
        return any.who && any.who->sharded ? any : AnyCollective{};
    }
    /// Whether it waits for other shards. What is the same for all need not be exchanged.
    bool exchanges(std::uint32_t node) const { return combines(node).who && varies_[graph_.inputs(node)[0]]; }
    bool is_own_draw(std::uint32_t node) const { return node >= of_.first && is_draw(graph_.node(node)); }

    /// What differs between shards, and how many collectives lie on the longest way to each node.
    void classify() {
        varies_.assign(needed_.size(), 0);
        level_.assign(needed_.size(), 0);
        for (std::size_t k = 0; k < of_.stand_ins.size(); ++k)
            if (const std::uint32_t i = graph_.index(of_.stand_ins[k]); i < needed_.size()) varies_[i] = 1;
        for (std::uint32_t i = 0; i < needed_.size(); ++i) {
            if (!needed_[i]) continue;
            for (const std::uint32_t input : graph_.inputs(i)) {
                level_[i] = std::max(level_[i], level_[input]);
                varies_[i] |= varies_[input];
            }
            if (is_own_draw(i)) varies_[i] = 1;
            const AnyCollective any = combines(i);
            if (!any.who) continue;
            if (exchanges(i)) ++level_[i];
            varies_[i] = any.kind == Combining::scatter || any.kind == Combining::sum_at;
        }
    }

    void require_same_for_all(const std::vector<std::uint32_t>& ends) const {
        for (const std::uint32_t end : ends)
            if (varies_[end])
                throw Error(
                    fmt::format("sharded: what the function returns is the same for all shards, and {}, "
                                "recorded at {}, differs between them; combine it, as by all_mean(x, group), or "
                                "its gradients by AllMeanGradients{{group}}",
                                graph_.node(end).info->name, graph_.node(end).where.str()),
                    of_.where);
    }

    Var once(std::uint32_t node) const { return graph_.var(once_.of(node)); }
    void put(std::uint32_t node, Var value) { once_.put(node, graph_.index(value)); }

    /// What is the same for all shards and follows from collectives that are done.
    void compute_once(std::size_t level) {
        for (std::uint32_t i = 0; i < needed_.size(); ++i) {
            if (!needed_[i] || varies_[i] || level_[i] != level || once_.has(i) || exchanges(i)) continue;
            if (const AnyCollective any = combines(i); any.who)
                put(i, of_equals(any, once(graph_.inputs(i)[0])));
            else
                once_.record(i);
        }
    }

    /// A collective of what all shards have alike.
    static Var of_equals(const AnyCollective& any, Var x) {
        using enum Combining;
        if (any.kind == sum) return x * static_cast<std::int64_t>(any.who->count);
        if (any.kind == gather) return broadcast_to(x, shape_of_collective(gather, *any.who, {x.dtype(), x.shape()}));
        return x;
    }

    // --- A stage: what differs between shards, between two collectives -----------------------------------------------

    /// The program of a stage while it is recorded.
    struct Making {
        std::size_t level;
        std::shared_ptr<Stage> stage;
        Copies copies;                // in the program
        std::vector<Var> inputs = {}; // of the stage's node
        Var number = {};              // of the shard
    };

    static std::size_t input(Making& m, Var var) {
        const auto known = std::find_if(m.inputs.begin(), m.inputs.end(), [&](const Var& v) { return v.is(var); });
        if (known != m.inputs.end()) return static_cast<std::size_t>(known - m.inputs.begin());
        m.inputs.push_back(var);
        return m.inputs.size() - 1;
    }

    Var take(Making& m, Var stand_in, ShardTake take) const {
        m.stage->body.takes.push_back(stand_in);
        m.stage->takes.push_back(take);
        return stand_in;
    }
    Var take(Making& m, const Type& type, ShardTake its) const {
        return take(m, graph_.placeholder(type, of_.where), its);
    }

    Var shard_number(Making& m) const {
        if (!m.number.valid()) m.number = take(m, {DType::int64, Shape()}, {ShardTake::From::number});
        return m.number;
    }

    /// What is the same for all shards, in the program.
    Var captured(Making& m, Var value) const {
        if (graph_.scalar(graph_.index(value))) return value;
        return take(m, {value.dtype(), value.shape()}, {ShardTake::From::captured, input(m, value)});
    }

    std::size_t argument(std::uint32_t node) const {
        const auto is_it = [&](const Var& v) { return graph_.index(v) == node; };
        return static_cast<std::size_t>(std::find_if(of_.stand_ins.begin(), of_.stand_ins.end(), is_it) -
                                        of_.stand_ins.begin());
    }

    /// What stands for a node in the program.
    Var within(Making& m, std::uint32_t node) {
        if (m.copies.has(node)) return graph_.var(m.copies.of(node));
        Var its;
        const Type type = graph_.type(node);
        const std::size_t size = type.shape.numel() * size_of(type.dtype);
        if (!varies_[node])
            its = captured(m, once(node));
        else if (const std::size_t k = argument(node); k < of_.arguments.size())
            its = take(m, graph_.var(node), {ShardTake::From::rows, input(m, of_.arguments[k]), 0, size});
        else {
            const auto& [level, give] = kept_.at(node);
            const ShardGive& place = runs_[level].stage->gives[give];
            its = take(m, type, {ShardTake::From::stored, input(m, runs_[level].run), place.offset, place.stride});
        }
        m.copies.put(node, graph_.index(its));
        return its;
    }

    /// Records a node in the program.
    void record(Making& m, std::uint32_t i) {
        const Node node = graph_.node(i);
        const std::vector<std::uint32_t> inputs(graph_.inputs(i).begin(), graph_.inputs(i).end());
        const detail::CallerScope scope({.where = node.where});
        Var its;
        if (const AnyCollective any = combines(i); any.who) {
            const Var all = totals_.contains(i) ? totals_.at(i)
                                                : once(inputs[0]) * static_cast<std::int64_t>(any.who->count);
            const Var total = captured(m, all), number = shard_number(m);
            its = any.kind == Combining::scatter ? xgrad::take(total, number, 0)
                                                 : where(number == static_cast<std::int64_t>(any.who->root), total, 0);
        } else if (is_own_draw(i)) {
            if (node.info != &info<UniformBits>())
                throw Error(
                    fmt::format("sharded: the function draws random numbers by {}, recorded at {}, which is not "
                                "known to draw others for each shard; draw by xg::Random",
                                node.info->name, node.where.str()),
                    of_.where);
            const UniformBits bits = *static_cast<const UniformBits*>(node.op);
            its = xgrad::record(ShardBits{bits}, within(m, inputs[0]), within(m, inputs[1]), shard_number(m));
        } else {
            for (const std::uint32_t k : inputs)
                within(m, k);
            m.copies.record(i);
            its = graph_.var(m.copies.of(i));
        }
        m.copies.put(i, graph_.index(its));
    }

    /// Whether a later stage reads what this node is in its own.
    std::vector<char> read_later() const {
        std::vector<char> result(needed_.size());
        for (std::uint32_t i = 0; i < needed_.size(); ++i)
            if (needed_[i] && varies_[i] && !exchanges(i))
                for (const std::uint32_t k : graph_.inputs(i))
                    result[k] |= varies_[k] && level_[k] < level_[i];
        return result;
    }

    void make_stage(std::size_t level) {
        Making m{level, std::make_shared<Stage>(), Copies(graph_)};
        m.stage->group = of_.group;
        m.stage->program = program_;
        m.stage->where = of_.where;
        const std::vector<char> kept = read_later();
        for (std::uint32_t i = 0; i < needed_.size(); ++i) {
            if (!needed_[i] || !varies_[i] || level_[i] != level || argument(i) < of_.arguments.size()) continue;
            record(m, i);
            if (kept[i]) kept_[i] = {level, m.stage->store(within(m, i))};
        }
        struct Exchange {
            std::uint32_t node, x;
            AnyCollective any;
            std::size_t place; // among the reductions, or what is stored
        };
        std::vector<Exchange> exchanged;
        for (std::uint32_t i = 0; i < needed_.size(); ++i) {
            if (!needed_[i] || !exchanges(i) || level_[i] != level + 1) continue;
            const AnyCollective any = combines(i);
            const std::uint32_t x = graph_.inputs(i)[0];
            const Var value = within(m, x);
            const bool whole = any.kind == Combining::gather || any.kind == Combining::pick;
            exchanged.push_back(
                {i, x, any, whole ? m.stage->store(value) : m.stage->reduce(value, any.kind == Combining::max)});
        }
        m.stage->place();
        runs_.push_back({m.stage, {}});
        if (m.stage->gives.empty()) return;
        const Var run = runs_.back().run = run_stage(m.stage, m.inputs);
        for (const Exchange& e : exchanged) {
            const Var total = combined(m.stage, run, e.any, graph_.type(e.x), e.place);
            if (varies_[e.node])
                totals_[e.node] = total;
            else
                put(e.node, total);
        }
    }

    Var combined(const StagePtr& stage, Var run, const AnyCollective& any, const Type& x, std::size_t place) const {
        using enum Combining;
        const char* const name = combining_names[static_cast<std::size_t>(any.kind)];
        const Location where = any.who->where;
        if (any.kind == gather || any.kind == pick) {
            const Var all = gathered_over(stage, place, x, run, name, where);
            return any.kind == gather ? all : part(all, any.who->root * x.shape.numel(), x.shape);
        }
        const Stage::Reduced& r = stage->reduced[place];
        if (x.shape.numel() == 0) return zeros_of(graph_, x);
        const Var total = part(reduced_over(stage, r.reduction, run, name, where), r.first, x.shape);
        return any.kind == mean ? total / static_cast<std::int64_t>(any.who->count) : total;
    }

    Graph& graph_;
    const ShardFunction of_;
    std::vector<char> needed_, varies_;
    std::vector<std::size_t> level_;
    std::uint64_t program_ = 0;
    Copies once_;
    struct Run {
        StagePtr stage;
        Var run;
    };
    std::vector<Run> runs_; // of each level
    struct Kept {
        std::size_t level, give;
    };
    std::unordered_map<std::uint32_t, Kept> kept_;
    std::unordered_map<std::uint32_t, Var> totals_; // of collectives that give each shard something else
};

} // namespace

std::vector<Var> split_into_stages(Graph& graph, ShardFunction function, const std::vector<Var>& ends) {
    return Split(graph, std::move(function)).run(ends);
}

} // namespace xgrad
