#pragma once
// What a program is once compiled: items over flat lists of kernel calls, and where every operand lies.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/core/base/memory.hpp>
#include <xgrad/core/base/red_zones.hpp>
#include <xgrad/core/graph/attribute_arena.hpp>
#include <xgrad/core/graph/leaf.hpp>
#include <xgrad/core/graph/op_info.hpp>
#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

/// Memory is addressed relative to bases, because inputs and outputs lie elsewhere at each call, and registers and
/// accumulators at each thread.
enum Base : std::uint32_t {
    base_registers,
    base_accumulators,
    base_arena,
    base_outputs,
    base_numbers,
    first_free_base
};

/// The address of row r is bases[base] + offset + r * row_bytes.
struct Place { // not initialized: there are many
    std::uint32_t base;
    std::int64_t offset;
    std::int64_t row_bytes;
    bool operator==(const Place&) const = default;
};

inline std::byte* address(const Place& place, std::byte* const* bases, std::size_t row = 0) {
    return bases[place.base] + place.offset + static_cast<std::int64_t>(row) * place.row_bytes;
}

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// One call of a kernel for each block of rows.
struct Instruction {
    static constexpr std::uint32_t no_fault = ~0u;
    Kernel kernel = nullptr;
    Place out, in[4];
    std::int64_t out_stride = 0, in_stride[4]; // in elements, from row to row
    std::size_t cols = 1;
    std::size_t subrows = 1; // rows of the kernel for each row of the loop
    bool flat = false;       // the rows lie end to end: one long row for the kernel
    std::uint8_t inputs = 0;
    const void* op = nullptr;
    std::size_t inner = 0;
    std::uint32_t fault = no_fault; // in the plan's list
    const char* name = "";
    Location where;           // of the node; unknown where data is only moved
    std::uint32_t node = ~0u; // of the graph that it was compiled from

    Instruction() {} // the places are not initialized: there are many
};

/// A column or full reduction, or the adjoint of a narrow product: each chunk of rows has its own, and they are merged
/// in the order of the chunks, so the result does not depend on the number of threads.
struct Accumulator {
    const char* name = "";
    std::size_t offset = 0; // in a chunk's accumulators
    std::size_t count = 0;
    Kernel start = nullptr, merge = nullptr, finish = nullptr;
    Place out;
    std::size_t cols = 0, inner = 0; // for finish
    std::size_t bytes = 0;
};

/// An array that a loop goes over from end to end: its next rows are fetched while the present ones are worked on.
struct Prefetched {
    Place place;
    bool written = false;
};

/// Below so many elements times kernels, a loop is not shared out: telling other threads costs more than they bring.
inline constexpr double worth_sharing = 60000;

struct Loop {
    std::size_t rows = 0;
    std::size_t block_rows = 1;
    std::size_t chunk_rows = 1;
    LargeVector<Instruction> setup;    // once for each call: weights packed
    LargeVector<Instruction> prologue; // once for each chunk: what does not change from block to block
    LargeVector<Instruction> body;
    std::vector<Accumulator> accumulators;
    std::size_t register_bytes = 0;
    std::size_t accumulator_bytes = 0; // of one chunk
    std::vector<Stretch> registers;    // for red zones
    std::vector<Prefetched> prefetched;
    std::size_t prefetched_ahead = 1; // blocks
    double work = 0;                  // elements times kernels, to decide about threads
    bool one_block() const { return rows <= block_rows; }
    std::size_t chunks() const { return rows == 0 ? 0 : (rows + chunk_rows - 1) / chunk_rows; }
};

/// A product of matrices by BLAS, over broadcast batches.
struct Product {
    DType dtype;
    std::size_t m, n, k;
    bool transpose_a, transpose_b;
    std::size_t lda, ldb;
    Place a, b, out;
    std::vector<std::size_t> batch;
    std::vector<std::int64_t> stride_a, stride_b; // bytes, for each batch axis
    Location where;
    std::uint32_t node = ~0u;
};

struct OpaqueCall {
    const OpInfo* info;
    const void* op;
    std::vector<Type> types;
    std::vector<Place> in;
    Type type;
    Place out;
    Location where;
    std::uint32_t node = ~0u;
};

struct Copy {
    Place from, to;
    std::size_t bytes;
};

/// An op that checks integers, and what to say when one is out of range.
struct FaultCheck {
    const OpInfo* info;
    const void* op;
    std::vector<Type> types;
    Place integers; // dense
    Location where;
    std::size_t item;
};

/// A value that is looked at after a item, and what to say of a NaN or an infinity in it.
struct NumericsCheck {
    struct Input {
        Type type;
        Place place;
        GatherMap elements; // in the order of the result's, or of its own
        std::size_t count;
    };
    int item = -1;     // -1: before all items
    std::string label; // the op, or which leaf
    Type type;
    Place place;
    std::vector<Input> inputs{};
    bool elementwise = false;
    Location where;
};

struct PlanItem {
    enum class Kind : std::uint8_t { loop, product, opaque } kind;
    std::size_t index; // in the list of its kind
};

/// What comes to lie in the arena by an item, and what does no more after it; for red zones.
struct ItemZones {
    std::vector<Stretch> made, dying;
};

struct PlannedOutput {
    Type type;
    std::size_t offset;
};

struct PlannedInput {
    Type type;
    std::string name;
    std::uint32_t base;
};

/// A result that a program of its own works out once (see constant_results.hpp): where it lies, and, while it is
/// compiled, its node.
struct PlannedConstant {
    std::uint32_t base, node;
};

struct Plan {
    Location where; // of what it was compiled or traced for
    std::vector<PlanItem> items;
    std::vector<Loop> loops;
    std::vector<Product> products;
    std::vector<OpaqueCall> opaques;
    std::vector<Copy> copies;            // at the end: updates that could not be made in place
    std::vector<FaultCheck> faults;      // in the order of the items
    std::vector<NumericsCheck> numerics; // in the order of the items
    std::vector<ItemZones> zones;        // of each item, where there are red zones

    std::vector<PlannedInput> inputs;
    std::vector<PlannedOutput> outputs;
    std::size_t output_bytes = 0;
    std::size_t arena_bytes = 0;
    std::size_t register_bytes = 0;    // the largest of all loops
    std::size_t accumulator_bytes = 0; // all chunks of the largest loop
    std::vector<std::byte> numbers;
    std::vector<std::pair<std::uint32_t, std::shared_ptr<Leaf>>> leaves; // base, and what lies there
    std::vector<PlannedConstant> constants;
    std::uint32_t bases = first_free_base;

    // The attributes of the ops, which must outlive the nodes.
    KeptAttributes attributes;

    Plan() = default;
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;

    /// Where an input or a leaf will lie: its base.
    std::uint32_t add_input(const Type& type, const std::string& name) {
        inputs.push_back({type, name, bases});
        return bases++;
    }
    std::uint32_t add_leaf(std::shared_ptr<Leaf> leaf) {
        leaves.emplace_back(bases, std::move(leaf));
        return bases++;
    }
    std::uint32_t add_constant(std::uint32_t node) {
        constants.push_back({bases, node});
        return bases++;
    }
    /// Where an output or a number will lie: its offset.
    std::size_t add_output(const Type& type) {
        const std::size_t offset = output_bytes;
        outputs.push_back({type, offset});
        output_bytes += aligned(type.shape.numel() * size_of(type.dtype) + 64);
        return offset;
    }
    std::size_t add_number(const Scalar& number) {
        numbers.insert(numbers.end(), number.bytes.begin(), number.bytes.end());
        return numbers.size() - number.bytes.size();
    }

    const void* keep(const OpInfo& info, const void* op) { return attributes.keep(info, op); }
    std::string str() const;
};

} // namespace xgrad
