#include <xgrad/ops/collective_ops.hpp>

#include <algorithm>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/base/split_mix.hpp>
#include <xgrad/core/graph/ancestors.hpp>
#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/logic.hpp>
#include <xgrad/ops/rearrange.hpp>

namespace xgrad {

constinit thread_local const ShardTrace* shard_trace = nullptr;
constinit thread_local bool in_shard = false;

namespace {

/// A hash of the ops that x follows from, and of its shape; not of theirs, as ranks may have batches of different
/// sizes.
std::uint64_t program_of(Var x) {
    const GraphUse graph(x);
    const std::vector<char> needed = ancestors(*graph, std::array{graph->index(x)});
    std::uint64_t hash = x.shape().hash();
    for (std::uint32_t i = 0; i < needed.size(); ++i) {
        if (!needed[i]) continue;
        for (const char* c = graph->node(i).info->name; *c != 0; ++c)
            hash = (hash ^ static_cast<unsigned char>(*c)) * 0x100000001B3ull;
        hash = split_mix(hash + static_cast<std::uint64_t>(graph->node(i).dtype));
    }
    return hash;
}

bool is_number(Var x) {
    const GraphUse graph(x);
    return graph->scalar(graph->index(x)) != nullptr;
}

Participants participants_of(const char* op, const Group& group, Location where) {
    if (!shard_trace) return {.group = group, .count = group.size()};
    const Group& traced = shard_trace->group;
    if (&traced.engine() != &group.engine())
        throw Error(fmt::format("{}: in a function that is sharded over one group another one was given; combine over "
                                "the group of sharded, or outside of it",
                                op),
                    where);
    if (shard_trace->exact) return {.group = traced, .count = traced.shards(), .sharded = true};
    return {.group = traced, .count = traced.size(), .exact = false};
}

template <Combining kind>
Var record_collective(const Operand& x, const Group& group, std::size_t root = 0) {
    constexpr const char* name = Collective<kind>::name;
    const Call call(name, x.where);
    if (x.is_number || !x.var.valid())
        throw Error(fmt::format("{}: was given a number; it must be a Var", name), x.where);
    Participants who = participants_of(name, group, x.where);
    if (root >= who.count)
        throw Error(fmt::format("{}: participant {} does not exist; they go from 0 to {}", name, root, who.count - 1),
                    x.where);
    who.root = root;
    who.where = detail::place(x.where);
    return combine<kind>(x.var, who);
}

} // namespace

template <Combining kind>
Var combine(Var x, Participants who) {
    using enum Combining;
    // All ranks have recorded the same number.
    if constexpr (kind == mean || kind == max || kind == pick)
        if (is_number(x)) return x;
    who.where = detail::place(who.where);
    who.program = who.sharded ? 0 : program_of(x);
    return record(Collective<kind>{who}, x);
}

template <Combining kind>
Var Collective<kind>::shares(Var y, Var x) const {
    const Var ties = cast(x == y, x.dtype());
    return ties / combine<Combining::sum>(ties, who);
}

template <Combining kind>
Var Collective<kind>::vmap(const BatchedInputs& in) const {
    using enum Combining;
    if constexpr (kind == gather)
        return moveaxis(combine<kind>(in.x[0], who), 1, 0);
    else if constexpr (kind == scatter)
        return combine<kind>(moveaxis(in.x[0], 1, 0), who);
    else
        return combine<kind>(in.x[0], who);
}

Shape shape_of_collective(Combining kind, const Participants& who, const Type& x) {
    using enum Combining;
    if (kind == mean && !is_floating(x.dtype))
        throw Error(
            fmt::format("is not defined for {} {}; cast it to float32 or float64", name(x.dtype), x.shape.str()));
    if ((kind == sum || kind == scatter || kind == sum_at) && x.dtype == DType::uint8)
        throw Error(fmt::format("is not defined for uint8 {}, which would overflow; cast it to int64", x.shape.str()));
    if (kind == gather) {
        Shape all(who.count);
        for (const std::size_t extent : x.shape)
            all.append(static_cast<std::int64_t>(extent));
        return all;
    }
    if (kind != scatter) return x.shape;
    if (x.shape.rank() == 0 || x.shape[0] != who.count)
        throw Error(fmt::format("x is {}; its first axis must have {}, a part for each of the {}", x.shape.str(),
                                who.count, who.sharded ? "shards" : "ranks"));
    Shape part;
    for (std::size_t axis = 1; axis < x.shape.rank(); ++axis)
        part.append(static_cast<std::int64_t>(x.shape[axis]));
    return part;
}

void eval_collective(Combining kind, const Participants& who, ConstArray in, Array out) {
    using enum Combining;
    const char* const name = combining_names[static_cast<std::size_t>(kind)];
    if (in_shard || who.sharded)
        throw Error(
            fmt::format("{}: it stands in the body of a loop or of a choice in a sharded function, where shards "
                        "cannot wait for each other; combine what the loop gives",
                        name));
    const Group& group = who.group;
    const Meeting meeting{name, who.where, who.program};
    const Parts parts{who.count, false};
    const std::size_t n = in.shape().numel(), element = size_of(in.dtype()), rank = group.rank();
    const auto* const x = static_cast<const std::byte*>(in.data);
    auto* const y = static_cast<std::byte*>(out.data);
    const auto reduce = [&](std::byte* to) {
        if (!who.exact && kind != max && is_floating(in.dtype())) {
            std::memcpy(to, x, n * element);
            if (group.engine().all_reduce(in.dtype(), to, n, deadline_of(group))) return;
        }
        const Reduction r{in.dtype(), kind == max ? 0 : n, kind == max ? n : 0};
        reduce_over(group, meeting, parts, r, x, n * element, to);
    };
    switch (kind) {
    case sum:
    case max: return reduce(y);
    case mean:
        reduce(y);
        return detail::visit(in.dtype(), [&]<class T>(T) {
            for (T* p = out.pointer<T>(); p != out.pointer<T>() + n; ++p)
                *p = static_cast<T>(*p / static_cast<T>(who.count));
        });
    case gather: return gather_over(group, meeting, parts, n * element, x, y);
    case pick:
        if (rank == who.root) std::memcpy(y, x, n * element);
        return broadcast_over(group, meeting, y, n * element, who.root);
    case scatter:
    case sum_at: {
        std::byte* const all = group_scratch(2, n * element);
        reduce(all);
        const std::size_t bytes = out.shape().numel() * element;
        if (kind == scatter)
            std::memcpy(y, all + rank * bytes, bytes);
        else if (rank == who.root)
            std::memcpy(y, all, bytes);
        else
            std::memset(y, 0, bytes);
    }
    }
}

AnyCollective collective_of(const OpInfo* info_of_node, const void* op) {
    AnyCollective result{};
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto look = [&]<Combining kind>() {
            if (info_of_node == &info<Collective<kind>>())
                result = {kind, &static_cast<const Collective<kind>*>(op)->who};
        };
        (look.template operator()<static_cast<Combining>(K)>(), ...);
    }
    (std::make_index_sequence<combining_names.size()>{});
    return result;
}

Var all_sum(Operand x, const Group& group) { return record_collective<Combining::sum>(x, group); }
Var all_mean(Operand x, const Group& group) { return record_collective<Combining::mean>(x, group); }
Var all_max(Operand x, const Group& group) { return record_collective<Combining::max>(x, group); }
Var all_gather(Operand x, const Group& group) { return record_collective<Combining::gather>(x, group); }
Var reduce_scatter(Operand x, const Group& group) { return record_collective<Combining::scatter>(x, group); }
Var broadcast_from(Operand x, const Group& group, std::size_t root) {
    return record_collective<Combining::pick>(x, group, root);
}

std::size_t participants(const Group& group, Location where) {
    return participants_of("participants", group, where).count;
}

} // namespace xgrad
