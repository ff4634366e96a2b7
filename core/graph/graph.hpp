#pragma once
// The inside of a tape: its nodes, with their attributes, shapes and leaves.

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <xgrad/core/base/one_user.hpp>
#include <xgrad/core/base/scratch.hpp>
#include <xgrad/core/graph/attribute_arena.hpp>
#include <xgrad/core/graph/leaf.hpp>
#include <xgrad/core/graph/leaf_names.hpp>
#include <xgrad/core/graph/node_table.hpp>
#include <xgrad/core/graph/tape_entries.hpp>
#include <xgrad/core/op.hpp>
#include <xgrad/core/options.hpp>
#include <xgrad/core/step.hpp>

namespace xgrad {

class Graph {
  public:
    Graph(Tape& tape, TapeOptions options);
    ~Graph();

    /// The graph of a Var; throws if the Var is none, its tape is gone, or its node was forgotten.
    /// Of a Var that may have lost its node, or null. What is done with it is done inside (see GraphUse).
    static Graph* alive_of(Var var) {
        const TapeEntry& slot = tape_entries[static_cast<std::uint32_t>(var.tape_)];
        return slot.epoch.load(std::memory_order_relaxed) == var.tape_ >> 32
                   ? slot.graph.load(std::memory_order_relaxed)
                   : nullptr;
    }
    /// The same, or an error.
    static Graph& existing_of(Var var, Location where) {
        Graph* const graph = alive_of(var);
        if (!graph) fail(var, where);
        return *graph;
    }
    bool has(Var var) const { return var.tape_ == handle_ && holds(var); }
    std::uint32_t index(Var var, Location where = {}) const {
        if (var.tape_ != handle_) throw Error("a Var of another tape was used", where);
        if (!holds(var)) fail(var, where);
        return known_index(var);
    }
    /// Of a Var that is known to be of this graph, and to stand.
    static std::uint32_t known_index(Var var) { return static_cast<std::uint32_t>(var.node_); }
    Var var(std::uint32_t node) const {
        Var result;
        result.tape_ = handle_;
        result.node_ = node | static_cast<std::uint64_t>(nodes_[node].generation) << 32;
        return result;
    }
    /// No other node of this tape ever has it.
    static std::uint64_t identity(Var var) { return var.node_; }
    Tape& tape() const { return tape_; }
    const TapeOptions& options() const { return options_; }
    void check_numerics(bool on) { options_.check_numerics = on; }

    std::string str() const;
    std::size_t size() const { return nodes_.size(); }
    const Node& node(std::uint32_t i) const { return nodes_[i]; }
    std::span<const std::uint32_t> inputs(std::uint32_t i) const { return nodes_.inputs(i); }
    const Shape& shape(std::uint32_t i) const { return shapes_[nodes_[i].shape]; }
    const Shape& interned_shape(std::uint32_t number) const { return shapes_[number]; } // see Node::shape
    bool has_elements(std::uint32_t i) const { return nodes_[i].shape == number_shape || shape(i).numel() != 0; }
    /// Whether it has one element.
    bool is_single(std::uint32_t i) const { return single_[nodes_[i].shape] != 0; }
    Type type(std::uint32_t i) const { return {nodes_[i].dtype, shape(i)}; }

    /// Null for a node that is not a leaf (or is a number).
    const Leaf* leaf(std::uint32_t i) const;
    std::shared_ptr<Leaf> shared_leaf(std::uint32_t i) const;
    /// Null for a node that is not a number.
    const Scalar* scalar(std::uint32_t i) const;

    /// Records a node or finds the equal one that stands. `op` is copied.
    std::uint32_t record(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, Location where);
    std::uint32_t record_scalar(DType dtype, double number, std::int64_t integer, bool is_integer, Location where);
    std::uint32_t record_leaf(std::shared_ptr<Leaf> leaf, Location where);
    /// A stand-in of a type, differentiated or batched but never run (see jvp and vmap).
    Var placeholder(const Type& type, Location where, const char* name = "placeholder");

    /// A Var or a number as a node; a number takes `dtype`, if it fits.
    std::uint32_t operand(const Operand& operand, DType dtype);

    Mark mark() const { return {nodes_.size(), generation_}; }
    void rewind(Mark mark);
    /// Forgets what a trace has recorded, but for the slots that it asked for.
    void rewind_trace(Mark mark);

    std::vector<std::uint32_t> leaves(LeafKind kind) const;
    std::size_t leaf_count(LeafKind kind) const { return leaf_counts_[static_cast<std::size_t>(kind)]; }
    /// Who keeps a slot: a rule (0: nobody yet), and where it was recorded last.
    struct SlotOwner {
        std::uint64_t rule = 0, function = 0;
        Location where = {};
    };
    /// A state that is found again by its name, and the node that was recorded last for it.
    struct Slot {
        std::shared_ptr<Leaf> leaf;
        std::uint32_t node;
        SlotOwner owner = {};
    };
    Slot* named_slot(const std::string& name);
    void add_slot(const std::string& name, Slot slot) { slots_[name] = std::move(slot); }
    void remove_slot(const std::string& name) { slots_.erase(name); }
    const std::unordered_map<std::string, Slot>& slots() const { return slots_; }
    std::string unique_name(const std::string& wanted) { return names_.unique(wanted); }

    /// Random draws recorded so far: each draws from a stream of its own. While a function is traced they are counted
    /// from `traced_draws`, so that the streams are the same in whatever order its signatures come.
    std::uint64_t draws = 0;
    static constexpr std::uint64_t traced_draws = 1ull << 32;

    /// The function that is being traced, if one is: its number, from 1 on, and where it was made.
    struct Traced {
        std::uint64_t function = 0;
        Location where;
    };
    Traced traced;
    std::uint64_t functions = 0; // there are
    /// Throws in a trace, where what `function` does would happen once and not at each call.
    void refuse_in_trace(const char* function, Location where) const;

    /// See Tape::update_with.
    struct UpdateWith {
        std::uint32_t used;
        Update update;
    };
    std::vector<UpdateWith> updates_with;

    /// A result that was recorded in the place of an op on `operand`, in a form that does not lead through it: -(-x) is
    /// x. Who differentiates by what lies between must know.
    struct Rewrite {
        std::uint32_t operand, result;
        auto operator<=>(const Rewrite&) const = default;
    };
    void add_rewrite(std::uint32_t result, std::uint32_t operand) {
        if (!scalar(operand)) rewrites_.insert({operand, result});
    }
    const std::set<Rewrite>& rewrites() const { return rewrites_; }

    /// Whether an op with OpInfo::advance was ever recorded.
    bool has_draws() const { return has_draws_; }
    /// Whether a node was ever recorded that computes something from constant arrays alone.
    bool computes_from_constants() const { return computes_from_constants_; }

    /// Goes with the tape: for what may outlive it.
    const std::shared_ptr<const bool> alive = std::make_shared<const bool>(true);

    /// Of recording, differentiating, compiling.
    mutable OneUser user;
    mutable Scratch scratch; // what they work in

  private:
    static constexpr std::uint32_t number_shape = 0, no_shape = ~0u;
    bool holds(Var var) const {
        const std::uint32_t node = known_index(var);
        return node < nodes_.size() && nodes_[node].generation == var.node_ >> 32;
    }
    void forget(std::uint32_t first); // and all nodes after it
    [[noreturn]] static void fail(Var var, Location where);
    bool is_number(std::uint32_t i) const { return nodes_[i].info == number_info_; }
    /// What one look at the inputs shows: which traits any of them has, see Node; and, if the op is elementwise and its
    /// inputs are of one dtype and one shape, single numbers aside, that shape: then nothing is to be checked. Else
    /// no_shape.
    struct Seen {
        unsigned traits;
        std::uint32_t shape;
    };
    Seen look_at(const OpInfo& info, std::span<const std::uint32_t> inputs) const;
    /// An elementwise op on bytes beside floating inputs of one dtype, and nothing else: the bytes take that dtype. Of
    /// others no_node.
    std::uint32_t record_bytes_as_reals(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs,
                                        Location where);
    std::uint32_t append(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, DType dtype,
                         std::uint32_t shape, std::uint32_t hash, Location where, unsigned inherited);
    std::uint32_t intern(const Shape& shape);
    /// The shape and dtype that the op infers, or its error.
    std::pair<std::uint32_t, DType> infer(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs,
                                          Location where);
    std::uint32_t record_number(const Scalar& scalar, DType dtype, Location where);
    bool fold(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs, Scalar& result) const;

    Tape& tape_;
    TapeOptions options_;
    const OpInfo *const number_info_, *const leaf_info_;
    bool has_draws_ = false, computes_from_constants_ = false;
    std::uint64_t handle_ = 0; // as in its Vars
    /// How often nodes were forgotten. A node and its Vars keep the number that was when they came, which tells them
    /// from others in the same place before and after.
    std::uint32_t generation_ = 0;
    NodeTable nodes_;
    std::deque<Shape> shapes_;
    std::vector<char> single_; // whether the shape has one element: asked of each node that is compiled
    std::unordered_multimap<std::size_t, std::uint32_t> shape_index_;
    AttributeArena attributes_;
    std::vector<std::pair<std::uint32_t, AttributeArena::Position>>
        attribute_marks_;                        // before each node with attributes
    std::vector<std::uint32_t> destroyed_later_; // nodes whose attributes have a destructor
    std::vector<std::uint32_t> leaves_;
    std::set<Rewrite> rewrites_;
    std::array<std::size_t, 4> leaf_counts_{}; // of each kind
    LeafNames names_;
    std::unordered_map<std::string, Slot> slots_;
};

/// The graph of a Var, for as long as it is read or recorded on: a graph moves its nodes when it grows, so another
/// thread that comes to it meanwhile is told.
class GraphUse {
  public:
    explicit GraphUse(Var var, Location where = {})
        : graph_(Graph::existing_of(var, where)), inside_(graph_.user, "a tape", where) {
        graph_.index(var, where);
    }
    explicit GraphUse(Graph& graph, Location where = {}) : graph_(graph), inside_(graph.user, "a tape", where) {}
    /// Of one or more Vars, which must be of one graph; `function` is what errors name.
    GraphUse(std::span<const Var> vars, const char* function, Location where);

    Graph& operator*() const { return graph_; }
    Graph* operator->() const { return &graph_; }

  private:
    Graph& graph_;
    OneUser::Inside inside_;
};

} // namespace xgrad
