#pragma once
// The compiler's working form: values (what nodes compute), and nests, whose statements compute them.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include <xgrad/core/compiler/constant_part.hpp>
#include <xgrad/core/compiler/pattern.hpp>
#include <xgrad/core/program/plan.hpp>

namespace xgrad {

using ValueId = std::uint32_t;
inline constexpr ValueId no_value = ~0u;
inline constexpr int before_all = -1; // the nest of leaves and numbers

/// A node as its readers see it: a value, and the layout of the node's elements in it.
struct View {
    ValueId value = no_value;
    Layout layout;
};

/// A read by a statement of a loop.
struct Read { // not initialized: there are many
    ValueId value;
    std::uint32_t how; // the pattern, and a bit: see below
    static constexpr std::uint32_t dense_bit = 1u << 31;

    /// In LoopIR::patterns.
    std::uint32_t pattern() const { return how & ~dense_bit; }
    /// It takes all elements of the value, as they lie.
    bool dense() const { return (how & dense_bit) != 0; }
};

struct IrValue {
    static constexpr std::uint32_t no_place = ~0u;
    std::size_t numel = 1;
    std::uint32_t node = ~0u;
    int nest = before_all;
    std::uint32_t statement = 0;       // in its nest
    int last_nest = before_all;        // that reads it
    ValueId overwritten_by = no_value; // of a leaf: the update that is written where it lies
    std::uint32_t place = no_place;    // in LoopIR::places
    DType dtype = DType::float32;
    std::uint8_t reads = 0;   // by statements: none, one, or 2 for several
    char symbol = 0;          // of the statement, in the formulas of superinstructions, see symbol_of
    bool accumulated = false; // there only when its loop has ended
    bool in_memory = false;   // else in a register of its loop
    bool reordered = false;   // some read is not dense

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
    static constexpr std::uint8_t alone = 0xFF;
    Role role;
    std::uint8_t together = alone; // with others: by which of superinstructions()
    std::uint8_t read_count = 0;
    ValueId out = no_value;
    std::uint32_t node;    // of a copy: the one whose elements it copies
    std::size_t rows = 0;  // that it needs the loop to have, or has itself in a small one; 0: any that divide the space
    std::size_t space = 0; // elements it goes over
    std::array<Read, 4> reads;

    std::span<const Read> in() const { return {reads.data(), read_count}; }
    std::span<Read> in() { return {reads.data(), read_count}; }
    void add_read(const Read& read) { reads[read_count++] = read; }
    const Superinstruction* superinstruction() const {
        return together == alone ? nullptr : &superinstructions()[together];
    }
};
static_assert(sizeof(Statement) <= 64 && sizeof(IrValue) <= 40, "there are many");

/// More about a narrow product or adjoint.
struct NarrowProduct {
    bool transposed = false;
    std::size_t inner = 0, few = 0; // the contracted or streamed extent, the few columns
    std::int64_t leading = 0;       // from row to row of the small matrix
    ValueId packed = no_value;
};

struct Nest {
    PlanItem::Kind kind = PlanItem::Kind::loop;
    // loop
    bool small = false;    // over one row, which holds all of every array; each statement has rows of its own in it
    std::size_t rows = 0;  // 0: not yet decided, the space is flat
    std::size_t space = 0; // elements of what opened the loop
    std::size_t row_count() const { return rows != 0 ? rows : space; }
    std::uint32_t first = 0, count = 0; // statements, see LoopIR::statements
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
    Scratch::Use use;
    ScratchVector<IrValue> values;
    ScratchVector<Statement> statements; // of one loop after the other, once all are there
    ScratchVector<Place> places;         // of values in memory
    std::deque<GatherMap> maps;
    std::vector<Pattern> patterns;
    std::unordered_map<ValueId, NarrowProduct> narrow_products; // by their results
    std::vector<Nest> nests;
    std::vector<ValueId> outputs; // dense
    std::vector<IrUpdate> updates;
    std::vector<Type> output_types;
    std::vector<std::uint32_t> inputs;                      // nodes, in the order of the arguments
    std::unordered_map<std::uint32_t, ValueId> leaf_values; // node -> value

    LoopIR(const Graph& g, const ConstantPart& c, CompileOptions o)
        : graph(g), constants(c), options(o), use(g.scratch), values(&g.scratch), statements(&g.scratch),
          places(&g.scratch) {}
    LoopIR(const LoopIR&) = delete;
    LoopIR& operator=(const LoopIR&) = delete;

    /// The rows that the first read which is not simply dense or one number asks for; 0: none.
    std::size_t natural_rows(std::span<const Read> reads) const {
        for (const Read& read : reads) {
            if (read.dense()) continue;
            const Pattern& p = pattern(read);
            if (p.rank == 2 && (p.strides[1] == 0 || p.strides[1] == 1)) return p.extents[0];
        }
        return 0;
    }
    std::span<Statement> statements_of(const Nest& loop) { return {statements.data() + loop.first, loop.count}; }
    std::span<const Statement> statements_of(const Nest& loop) const {
        return {statements.data() + loop.first, loop.count};
    }
    /// Leaves the loop those of its statements that are wanted.
    template <class Wanted>
    void keep(Nest& loop, Wanted wanted) {
        const auto all = statements_of(loop);
        std::uint32_t left = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!wanted(i)) continue;
            all[left] = all[i];
            values[all[left].out].statement = left;
            ++left;
        }
        loop.count = left;
    }
    /// Of a value in memory.
    Place place(ValueId id) const { return places[values[id].place]; }
    const Pattern& pattern(const Read& read) const { return patterns[read.pattern()]; }
    /// Null for a copy.
    const OpInfo* info(const Statement& m) const { return m.role == Role::copy ? nullptr : graph.node(m.node).info; }
    bool is_in_place(const IrUpdate& u) const { return values[leaf_values.at(u.leaf)].overwritten_by == u.next; }
    /// Whether the loop replaces the leaf by its next value before that statement.
    bool overwritten_before(ValueId leaf, int nest, std::uint32_t statement) const {
        const ValueId next = values[leaf].overwritten_by;
        return next != no_value && values[next].nest == nest && values[next].statement < statement;
    }

    ValueId add_value(DType dtype, std::size_t numel, std::uint32_t node) {
        IrValue& value = values.emplace_back(); // where it stands: there are many
        value.numel = numel;
        value.node = node;
        value.dtype = dtype;
        return static_cast<ValueId>(values.size() - 1);
    }
};

/// An op of the library as formulas write it, known by its type: '+', '-', '*', '/', '2', 'v' of floating numbers, 'u'
/// for a cast of bytes to them. 0 for all others.
inline char symbol_of(const OpInfo& info, DType from, DType to) {
    return is_floating(to) && (info.symbol != 'u' || from == DType::uint8) ? info.symbol : '\0';
}

/// Whether a loop may hold the statement in one row: all it reads and writes is one block, whatever the rows are.
inline bool is_small(const LoopIR& ir, const Statement& m, std::size_t numel) {
    const std::size_t most = ir.options.fuse ? ir.options.small_elements : 0;
    if (m.space == 0 || m.space > most || numel == 0 || numel > most) return false;
    if (m.role == Role::narrow_product || m.role == Role::narrow_adjoint) return false;
    return m.role != Role::rowwise ||
           std::all_of(m.in().begin(), m.in().end(), [&](const Read& a) { return ir.pattern(a).count <= most; });
}
inline bool is_small(const LoopIR& ir, const Statement& m) { return is_small(ir, m, ir.values[m.out].numel); }

/// Whether a statement reads the value so that each row of a loop over `rows` rows needs that row of the value alone.
bool row_by_row(const Pattern& pattern, const IrValue& value, std::size_t rows);

/// The first pass: the nodes that outputs and updates need, in the order in which they become statements.
ScratchVector<std::uint32_t> prune(const Graph& graph, const Step& step, const ConstantPart& constants);

/// The second: these nodes to nests, fused.
void fuse(LoopIR& ir, const Step& step, std::span<const std::uint32_t> order);

} // namespace xgrad
