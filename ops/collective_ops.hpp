#pragma once

#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/group/tree.hpp>
#include <xgrad/ops/collective.hpp>

namespace xgrad {

enum class Combining { sum, mean, max, gather, scatter, pick, sum_at };
inline constexpr std::array combining_names{"all_sum",        "all_mean",       "all_max",    "all_gather",
                                            "reduce_scatter", "broadcast_from", "sum_at_root"};

/// Who takes part, and where it was recorded.
struct Participants {
    Group group;
    std::size_t count = 1;
    bool sharded = false; // they are shards, else ranks
    bool exact = true;    // false: sums of floating numbers in an order of the engine's own
    std::size_t root = 0;
    std::uint64_t program = 0; // a hash of what x follows from
    Location where = {};
    bool operator==(const Participants& o) const {
        return group == o.group && count == o.count && sharded == o.sharded && exact == o.exact && root == o.root;
    }
};

/// What is being traced for one shard of a group.
struct ShardTrace {
    Group group;
    bool exact;
};
extern constinit thread_local const ShardTrace* shard_trace;
/// While the program of one shard runs, nothing may wait for other ranks.
extern constinit thread_local bool in_shard;

/// Sums, means and broadcasts of one participant's number.
template <Combining kind>
Var combine(Var x, Participants who);
void eval_collective(Combining kind, const Participants& who, ConstArray in, Array out);
Shape shape_of_collective(Combining kind, const Participants& who, const Type& x);

template <Combining kind>
struct Collective {
    static constexpr auto name = combining_names[static_cast<std::size_t>(kind)];
    static constexpr bool linear = kind != Combining::max;
    Participants who;

    Shape shape(Types x) const { return shape_of_collective(kind, who, x[0]); }
    void eval(ConstArrays in, Array out) const { eval_collective(kind, who, in[0], out); }
    Var vjp(Var g, Var y, Var x) const {
        using enum Combining;
        if constexpr (kind == sum || kind == mean)
            return combine<kind>(g, who);
        else if constexpr (kind == gather)
            return combine<scatter>(g, who);
        else if constexpr (kind == scatter)
            return combine<gather>(g, who);
        else if constexpr (kind == pick)
            return combine<sum_at>(g, who);
        else if constexpr (kind == sum_at)
            return combine<pick>(g, who);
        else
            return shares(y, x) * combine<sum>(g, who);
    }
    Var jvp(std::span<const Var> tangents, Var y, std::span<const Var> x) const requires(kind == Combining::max) {
        return combine<Combining::sum>(shares(y, x[0]) * tangents[0], who);
    }
    Var vmap(const BatchedInputs& in) const;
    std::size_t hash() const { return who.count ^ who.root << 8; }
    std::string str() const { return fmt::format("of {} {}", who.count, who.sharded ? "shards" : "ranks"); }
    bool operator==(const Collective&) const = default;

  private:
    /// 1, or less where others have the same, for each element that is the greatest.
    Var shares(Var y, Var x) const;
};

/// The attributes of a node that is a collective, or null.
struct AnyCollective {
    Combining kind;
    const Participants* who = nullptr;
};
AnyCollective collective_of(const OpInfo* info, const void* op);

} // namespace xgrad
