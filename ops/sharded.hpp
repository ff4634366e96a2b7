#pragma once
// Training steps that give the same bits for any number of processes.

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/core/function.hpp>
#include <xgrad/core/group.hpp>
#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

struct ShardedOptions {
    /// false, for speed: participants are the ranks, each with all of its rows at once, and sums are the engine's own
    /// (MPI_Iallreduce). The ranks should have as many rows; bits depend on their number.
    bool exact = true;
};

namespace detail {

using FunctionOfShard = std::function<Step(const std::vector<Var>&)>;
[[nodiscard]] Step record_sharded(const FunctionOfShard& f, const std::vector<Var>& x, const Group& group,
                                  ShardedOptions options, Location where);

template <class F>
struct Sharded {
    F f;
    Group group;
    ShardedOptions options;
    Location where;

    template <class... X>
        requires(std::same_as<X, Var>&&...)
    &&std::invocable<F&, X...> Step operator()(X... x) {
        const auto traced = [&](const std::vector<Var>& one) {
            return [&]<std::size_t... I>(std::index_sequence<I...>) { return to_step(f(one[I]...)); }
            (std::make_index_sequence<sizeof...(X)>{});
        };
        return record_sharded(traced, {x...}, group, options, where);
    }
};

} // namespace detail

/// A step for one shard of a batch, as one for the rows of all shards that a rank has:
///
///     auto train = tape.function(xg::sharded(world, [&](xg::Var x, xg::Var y) {
///         xg::Var loss = all_mean(softmax_loss(classify(x), y), world);
///         return xg::Step{.outputs = {loss}, .updates = chain(AllMeanGradients{world}, ...).minimize(loss)};
///     }));
///     const xg::GroupPart mine = world.rows(batch);
///     train(rows of mine, labels of mine);
///
/// f is called once, with Vars for the rows of one shard, and returns a Step. Arguments are cut along their first axis
/// into as many equal parts as the rank has shards; those of shape () are the same for all shards, and must be on all
/// ranks. Collectives of the group in f combine what all its shards have. What f returns, outputs and updates, must be
/// made of what they give, so that it is the same for all shards; else it is an error.
///
/// The parts of f between two collectives are programs that run for one shard after the other. So what is computed for
/// a shard does not depend on the number of processes or threads, and what is combined is so in one tree over the
/// shards: all bits are the same for 1, 2, 3 ... processes. Random numbers are those of the shard's rows within the
/// global batch. What f computes from the results of collectives, as an optimizer does, is computed once.
template <class F>
[[nodiscard]] auto sharded(const Group& group, F f, ShardedOptions options = {}, Location where = Location::current()) {
    return detail::Sharded<F>{std::move(f), group, options, where};
}

} // namespace xgrad
#pragma GCC visibility pop
