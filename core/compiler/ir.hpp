#pragma once
// The compiler's working form: values (what nodes compute), and steps whose statements compute them.

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include <xgrad/core/compiler/constant_part.hpp>
#include <xgrad/core/compiler/pattern.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {

using ValueId = std::uint32_t;
inline constexpr ValueId no_value = ~0u;
inline constexpr int before_all = -1; // the step of leaves and numbers

/// A node as its readers see it: a value, and the layout of the node's elements in it.
struct View {
    ValueId value = no_value;
    Layout layout;
};

/// A read by a statement of a loop.
struct Read { // not initialized: there are many
    ValueId value;
    bool whole; // read at once, not row by row
    const Pattern* pattern;
    std::size_t count; // elements read in all
};

/// The up to four reads of a statement.
class Reads {
  public:
    void push_back(const Read& read) { items_[size_++] = read; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    Read& operator[](std::size_t i) { return items_[i]; }
    const Read& operator[](std::size_t i) const { return items_[i]; }
    const Read* begin() const { return items_.data(); }
    const Read* end() const { return items_.data() + size_; }

  private:
    std::array<Read, 4> items_;
    std::size_t size_ = 0;
};

struct IrValue {
    DType dtype = DType::float32;
    bool accumulated = false; // there only when its loop has ended
    bool in_memory = false;   // else in a register of its loop
    bool placed = false;
    std::size_t numel = 1;
    std::uint32_t node = ~0u;
    int step = before_all;
    std::uint32_t statement = 0;       // in its step
    int last_step = before_all;        // that reads it
    ValueId overwritten_by = no_value; // of a leaf: the update that is written where it lies
    Place place;

    std::size_t bytes() const { return numel * size_of(dtype); }
};

enum class Role : std::uint8_t {
    elementwise,
    copy,
    row_reduction,
    column_reduction,
    full_reduction,
    rowwise,
    narrow_product,
    narrow_adjoint
};

/// Something a loop computes for each block of rows.
struct Statement {
    Role role;
    bool transposed = false; // of a narrow product or adjoint, see below
    ValueId out;
    std::uint32_t node = ~0u;
    ValueId packed = no_value;
    const OpInfo* info = nullptr;
    const void* op = nullptr;
    const Superinstruction* super = nullptr; // what computes it together with others
    Reads in;
    std::size_t rows = 0;    // the rows it needs the loop to have; 0: any that divide the space
    std::size_t space = 0;   // elements it goes over
    std::size_t columns = 1; // of a column reduction
    // Of a narrow product or adjoint: the contracted or streamed extent, the few columns, and how the small matrix lies.
    std::size_t inner = 0, few = 0;
    std::int64_t leading = 0;
};

struct Nest {
    PlanStep::Kind kind = PlanStep::Kind::loop;
    // loop
    std::size_t rows = 0;  // 0: not yet decided, the space is flat
    std::size_t space = 0; // elements of what opened the loop
    LargeVector<Statement> statements;
    // product or opaque
    std::uint32_t node = ~0u;
    std::vector<View> in;
    ValueId out = no_value;
};

struct IrUpdate {
    std::uint32_t leaf; // node
    ValueId next;
};

struct LoopIR {
    const Graph& graph;
    const ConstantPart& constants;
    CompileOptions options;
    LargeVector<IrValue> values;
    std::deque<GatherMap> maps;
    std::deque<Pattern> patterns;
    std::vector<Nest> steps;
    std::vector<ValueId> outputs; // dense
    std::vector<IrUpdate> updates;
    std::vector<Type> output_types;
    std::vector<std::uint32_t> inputs;                      // nodes, in the order of the arguments
    std::unordered_map<std::uint32_t, ValueId> leaf_values; // node -> value

    LoopIR(const Graph& g, const ConstantPart& c, CompileOptions o) : graph(g), constants(c), options(o) {}
    LoopIR(const LoopIR&) = delete;
    LoopIR& operator=(const LoopIR&) = delete;

    bool is_in_place(const IrUpdate& u) const { return values[leaf_values.at(u.leaf)].overwritten_by == u.next; }
    /// Whether the loop replaces the leaf by its next value before that statement.
    bool overwritten_before(ValueId leaf, int step, std::uint32_t statement) const {
        const ValueId next = values[leaf].overwritten_by;
        return next != no_value && values[next].step == step && values[next].statement < statement;
    }

    ValueId add_value(DType dtype, std::size_t numel, std::uint32_t node) {
        values.push_back({.dtype = dtype, .numel = numel, .node = node, .place = {}});
        return static_cast<ValueId>(values.size() - 1);
    }
};

/// Whether a statement reads the value so that each row of a loop over `rows` rows needs that row of the value alone.
bool row_by_row(const Read& access, const IrValue& value, std::size_t rows);

/// The first pass: the nodes that outputs and updates need, in the order in which they become steps.
std::vector<std::uint32_t> prune(const Graph& graph, const Step& step, const ConstantPart& constants);

/// The second: these nodes to steps, fused.
void fuse(LoopIR& ir, const Step& step, const std::vector<std::uint32_t>& order);

} // namespace xgrad
