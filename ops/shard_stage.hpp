#pragma once
// A stage of a sharded step: a program that runs for each of a rank's shards, and what is made of its results.

#include <memory>
#include <vector>

#include <xgrad/core/control/body.hpp>
#include <xgrad/core/group/tree.hpp>

namespace xgrad {

/// Where the program of a shard finds what it takes.
struct ShardTake {
    enum class From { rows, stored, captured, number };
    From from;
    std::size_t input = 0;             // of the node
    std::size_t offset = 0, bytes = 0; // of the first shard, and from one to the next, of rows and of what is stored
};

/// Sums and maxima of one dtype of all shards, and where they begin in the stage's bytes: nodes of the tree.
struct StageReduction {
    Reduction numbers;
    std::size_t offset = 0, stride = 0, slots = 0;
};

/// Where a result of the program goes.
struct ShardGive {
    static constexpr std::size_t stored = ~std::size_t{0};
    std::size_t reduction = stored; // or the place among the reductions
    std::size_t offset = 0;         // of the first shard, or in a slot
    std::size_t bytes = 0;
    std::size_t stride = 0; // from shard to shard
};

struct Stage {
    Group group;
    std::uint64_t program = 0; // a hash of the whole step
    Location where;
    Body body;
    std::vector<ShardTake> takes;
    std::vector<ShardGive> gives;
    std::vector<StageReduction> reductions;
    std::size_t bytes = 0; // of all

    /// Of a value of the program what all shards have is kept: which of `gives` that is.
    std::size_t store(Var value);
    /// Its sum over the shards is wanted, or its maximum: which of `reduced` that is.
    std::size_t reduce(Var value, bool max);
    struct Reduced {
        Var value;
        bool max;
        std::size_t reduction = 0, first = 0; // once placed: among its numbers
    };
    std::vector<Reduced> reduced;
    /// Gives all that has been named a place.
    void place();

    GroupPart own() const { return group.shards_of(group.rank()); }
    BodyProgramPtr compile(const Graph& graph, const CompileOptions& options) const {
        return compiler_(graph, body, options, where);
    }

  private:
    BodyCompiler compiler_;
};
using StagePtr = std::shared_ptr<const Stage>;

/// The node that runs the program for all shards: its bytes hold all that the stage gives.
Var run_stage(const StagePtr& stage, const std::vector<Var>& inputs);
/// What the numbers of one reduction come to over all shards: (n).
Var reduced_over(const StagePtr& stage, std::size_t reduction, Var run, const char* op, Location where);
/// What is stored of a value, of all shards: (S, ...).
Var gathered_over(const StagePtr& stage, std::size_t give, const Type& one, Var run, const char* op, Location where);

} // namespace xgrad
