#pragma once
// A step of one shard becomes stages.

#include <vector>

#include <xgrad/core/group.hpp>
#include <xgrad/core/var.hpp>

namespace xgrad {

class Graph;

/// What was recorded for one shard.
struct ShardFunction {
    Group group;
    Location where;
    std::uint32_t first;                   // of its nodes
    std::vector<Var> stand_ins, arguments; // the rows of a shard, and of all shards of this rank
};

/// What is the same for all shards, of all of them. `ends` are of one.
std::vector<Var> split_into_stages(Graph& graph, ShardFunction function, const std::vector<Var>& ends);

} // namespace xgrad
