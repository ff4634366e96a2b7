#include <xgrad/ops/shard_stage.hpp>

#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/derivative/batch.hpp>
#include <xgrad/core/program/plan.hpp>
#include <xgrad/ops/collective_ops.hpp>

namespace xgrad {
namespace {

/// The program of one shard after another.
class StageRun {
  public:
    StageRun(const Stage& stage, const BodyProgram& program, ConstArrays in, std::byte* out)
        : stage_(stage), lent_(program), in_(in), out_(out) {
        for (std::size_t i = 0; i < stage.takes.size(); ++i)
            bind(i, stage.takes[i]);
        for (const StageReduction& r : stage.reductions)
            stacks_.emplace_back(stage.group.shards(), out + r.offset, r.stride);
    }

    void run() {
        const GroupPart own = stage_.own();
        for (std::size_t shard = own.first; shard < own.end(); ++shard) {
            try {
                run(shard - own.first, shard);
            } catch (const std::exception& error) {
                const auto* const ours = dynamic_cast<const Error*>(&error);
                fail(fmt::format("{}; in shard {} of {}", ours ? ours->message() : error.what(), shard,
                                 stage_.group.shards()),
                     ours && ours->where().known() ? ours->where() : stage_.where);
            }
        }
    }

  private:
    void bind(std::size_t i, const ShardTake& take) {
        using enum ShardTake::From;
        if (take.from == number || take.from == rows) lent_->bind_own(i);
        if (take.from != captured) return;
        const ConstArray& array = in_[take.input];
        if (reinterpret_cast<std::uintptr_t>(array.data) % 64 == 0) return lent_->bind(i, array.data);
        // The bits of a product may depend on how its operands lie: on all ranks alike, then.
        std::memcpy(lent_->taken(i), array.data, array.shape().numel() * size_of(array.dtype()));
        lent_->bind_own(i);
    }

    void run(std::size_t place, std::size_t shard) {
        using enum ShardTake::From;
        for (std::size_t i = 0; i < stage_.takes.size(); ++i) {
            const ShardTake& take = stage_.takes[i];
            if (take.from == number) {
                const auto its = static_cast<std::int64_t>(shard);
                std::memcpy(lent_->taken(i), &its, sizeof(its));
            }
            if (take.from == number || take.from == captured) continue;
            const auto* const from = static_cast<const std::byte*>(in_[take.input].data) + take.offset +
                                     place * take.bytes;
            if (take.from == stored)
                lent_->bind(i, from);
            else
                std::memcpy(lent_->taken(i), from, take.bytes);
        }
        (*lent_)();
        for (std::size_t i = 0; i < stage_.gives.size(); ++i) {
            const ShardGive& give = stage_.gives[i];
            if (give.reduction == ShardGive::stored)
                std::memcpy(out_ + give.offset + place * give.stride, lent_->given(i), give.bytes);
        }
        for (std::size_t r = 0; r < stacks_.size(); ++r)
            push(r, shard);
    }

    /// Null stands for what the program gives, which lies in several places.
    void push(std::size_t r, std::size_t shard) {
        const Reduction& numbers = stage_.reductions[r].numbers;
        const auto each = [&](auto f) {
            for (std::size_t i = 0; i < stage_.gives.size(); ++i)
                if (const ShardGive& give = stage_.gives[i]; give.reduction == r) f(give, lent_->given(i));
        };
        const auto add = [&](std::byte* into, const std::byte* from) {
            if (from) return merge(numbers, 0, numbers.count(), into, from);
            each([&](const ShardGive& give, const std::byte* its) {
                const std::size_t element = size_of(numbers.dtype);
                merge(numbers, give.offset / element, give.bytes / element, into + give.offset, its);
            });
        };
        const auto copy = [&](std::byte* to, const std::byte*) {
            each([&](const ShardGive& give, const std::byte* its) { std::memcpy(to + give.offset, its, give.bytes); });
        };
        stacks_[r].push({shard, 1}, nullptr, add, copy);
    }

    /// Other ranks wait for this one.
    [[noreturn]] void fail(const std::string& text, Location where) const {
        const Group& group = stage_.group;
        const Error error(text, where);
        if (group.size() == 1) throw error;
        group.fail(fmt::format("rank {}: {}", group.rank(), error.what()));
        throw GroupError(group.engine().failure());
    }

    const Stage& stage_;
    BodyProgram::Lent lent_;
    ConstArrays in_;
    std::byte* out_;
    std::vector<TreeStack> stacks_;
};

/// While it lives, collectives refuse to run.
struct InShard {
    InShard() { in_shard = true; }
    ~InShard() { in_shard = before; }
    bool before = in_shard;
};

struct RunStage {
    static constexpr auto name = "shards";
    static constexpr bool zero_derivative = true; // derivatives are taken of the function of one shard
    StagePtr stage;
    BodyProgramPtr program = nullptr; // in a plan

    Shape shape(Types) const { return Shape(stage->bytes); }
    static DType dtype(Types) { return DType::uint8; }
    void prepare(const Graph& graph, const CompileOptions& options) { program = stage->compile(graph, options); }
    void eval(ConstArrays in, Array out) const {
        const InShard inside;
        StageRun(*stage, *program, in, static_cast<std::byte*>(out.data)).run();
    }
    std::size_t hash() const { return std::hash<StagePtr>{}(stage); }
    std::string str() const { return fmt::format("{} of {}", stage->own().count, stage->group.shards()); }
    bool operator==(const RunStage& o) const { return stage == o.stage; }
};

/// What both have that combine the results of a stage.
struct OverShards {
    static constexpr bool zero_derivative = true;
    StagePtr stage;
    std::size_t which;
    const char* op;
    Location where;

    Meeting meeting() const { return {op, where, stage->program}; }
    Parts parts() const { return {stage->group.shards(), true}; }
    std::size_t hash() const { return std::hash<StagePtr>{}(stage) + which; }
    std::string str() const { return op; }
    bool operator==(const OverShards& o) const { return stage == o.stage && which == o.which; }
};

struct ReduceShards : OverShards {
    static constexpr auto name = "reduce_shards";
    const StageReduction& reduction() const { return stage->reductions[which]; }
    Shape shape(Types) const { return Shape(reduction().numbers.count()); }
    DType dtype(Types) const { return reduction().numbers.dtype; }
    void eval(ConstArrays in, Array out) const {
        const StageReduction& r = reduction();
        reduce_over(stage->group, meeting(), parts(), r.numbers, static_cast<const std::byte*>(in[0].data) + r.offset,
                    r.stride, static_cast<std::byte*>(out.data));
    }
};

struct GatherShards : OverShards {
    static constexpr auto name = "gather_shards";
    Type one;
    Shape shape(Types) const { return with_first(stage->group.shards(), one.shape); }
    DType dtype(Types) const { return one.dtype; }
    void eval(ConstArrays in, Array out) const {
        const ShardGive& give = stage->gives[which];
        const auto* const first = static_cast<const std::byte*>(in[0].data) + give.offset;
        const std::size_t count = stage->own().count;
        std::byte* const dense = group_scratch(3, count * give.bytes);
        for (std::size_t k = 0; k < count && give.bytes != 0; ++k)
            std::memcpy(dense + k * give.bytes, first + k * give.stride, give.bytes);
        gather_over(stage->group, meeting(), parts(), give.bytes, dense, static_cast<std::byte*>(out.data));
    }
};

} // namespace

std::size_t Stage::store(Var value) {
    for (std::size_t i = 0; i < gives.size(); ++i)
        if (gives[i].reduction == ShardGive::stored && body.gives[i].is(value)) return i;
    const std::size_t size = value.shape().numel() * size_of(value.dtype());
    body.gives.push_back(value);
    gives.push_back({.bytes = size, .stride = aligned(size)});
    return gives.size() - 1;
}

std::size_t Stage::reduce(Var value, bool max) {
    for (std::size_t i = 0; i < reduced.size(); ++i)
        if (reduced[i].value.is(value) && reduced[i].max == max) return i;
    reduced.push_back({value, max});
    return reduced.size() - 1;
}

void Stage::place() {
    for (std::size_t d = 0; d < dtype_count; ++d) {
        Reduction numbers{static_cast<DType>(d), 0, 0};
        for (const bool max : {false, true})
            for (Reduced& r : reduced) {
                const std::size_t n = r.value.shape().numel();
                if (r.value.dtype() != numbers.dtype || r.max != max) continue;
                r.reduction = reductions.size();
                r.first = numbers.count();
                (max ? numbers.maxima : numbers.sums) += n;
                body.gives.push_back(r.value);
                gives.push_back({r.reduction, r.first * size_of(numbers.dtype), n * size_of(numbers.dtype)});
            }
        if (numbers.count() != 0) reductions.push_back({numbers});
    }
    for (ShardGive& give : gives)
        if (give.reduction == ShardGive::stored) {
            give.offset = bytes;
            bytes += own().count * give.stride;
        }
    for (StageReduction& r : reductions) {
        r.offset = bytes;
        r.stride = aligned(r.numbers.bytes());
        r.slots = tree_nodes(own(), group.shards()).slots;
        bytes += r.slots * r.stride;
    }
}

Var run_stage(const StagePtr& stage, const std::vector<Var>& inputs) {
    const std::vector<Operand> operands(inputs.begin(), inputs.end());
    return record(RunStage{stage}, std::span<const Operand>(operands));
}

Var reduced_over(const StagePtr& stage, std::size_t reduction, Var run, const char* op, Location where) {
    return record(ReduceShards{{stage, reduction, op, where}}, run);
}

Var gathered_over(const StagePtr& stage, std::size_t give, const Type& one, Var run, const char* op, Location where) {
    return record(GatherShards{{stage, give, op, where}, one}, run);
}

} // namespace xgrad
