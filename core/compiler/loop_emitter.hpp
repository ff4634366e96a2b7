#pragma once
// From the statements of a loop to kernel calls, with the tile registers they work in.

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>
#include <vector>

#include <xgrad/core/compiler/emit.hpp>
#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

/// For each value; used by one loop after the other.
struct RegisterLists {
    RegisterLists(std::size_t values, Scratch& memory)
        : register_of(values, none, &memory), last_read(values, none, &memory) {}
    static constexpr std::uint32_t none = ~0u;
    ScratchVector<std::uint32_t> register_of; // none: it has none, or has given it back
    ScratchVector<std::uint32_t> last_read;   // a statement
};

class LoopEmitter {
  public:
    LoopEmitter(LoopIR& ir, Plan& plan, std::size_t nest, RegisterLists& lists)
        : ir_(ir), plan_(plan), s_(static_cast<int>(nest)), nest_(ir.nests[nest]), statements_(ir.statements_of(nest_)),
          register_of_(lists.register_of), last_read_(lists.last_read) {}

    Loop run();

  private:
    // A loop over nothing: its rows may be there with no columns (a sum along an empty axis is 0 for each row).
    std::size_t empty_rows() const;

    /// Of the rows into which the present statement divides so many elements.
    std::size_t width(std::size_t count) const {
        return rows_ == 1 ? count : count == rows_ ? count != 0 : rows_ == 0 ? 0 : count / rows_;
    }

    // --- Registers: one number each while emitting; their offsets are known when the block is -----------------------

    std::uint32_t allocate(std::size_t row_bytes) {
        std::uint32_t& first = free_of(row_bytes).first;
        if (first == RegisterLists::none) return new_register(row_bytes);
        const std::uint32_t r = first;
        first = next_free_[r];
        return r;
    }
    /// One that was never another one.
    std::uint32_t new_register(std::size_t row_bytes) {
        demands_.register_row_bytes.push_back(row_bytes);
        next_free_.push_back(RegisterLists::none);
        return static_cast<std::uint32_t>(next_free_.size() - 1);
    }
    void release(std::uint32_t r) {
        std::uint32_t& first = free_of(demands_.register_row_bytes[r]).first;
        next_free_[r] = first;
        first = r;
    }
    /// Registers of equal size that are free.
    struct FreeList {
        std::size_t row_bytes;
        std::uint32_t first; // the others by next_free_
    };
    FreeList& free_of(std::size_t row_bytes) { // there are few sizes
        for (FreeList& list : free_)
            if (list.row_bytes == row_bytes) return list;
        return free_.emplace_back(FreeList{row_bytes, RegisterLists::none});
    }

    static Place register_place(std::uint32_t number) { return NumberedRegister{number}.place(); }

    void find_last_reads();

    // --- Operands --------------------------------------------------------------------------------------------------

    struct Operand {
        Place place;
        std::int64_t stride; // elements from row to row
        bool spread;         // one element for each row
        bool dense(std::size_t w) const { return !spread && stride == static_cast<std::int64_t>(w); }
        bool constant() const { return spread && stride == 0; }
    };

    Place place_of(ValueId id) const {
        const IrValue& value = ir_.values[id];
        if (value.in_memory) return ir_.place(id);
        return register_place(register_of_[id]);
    }

    /// From row to row of the loop, of an operand that is so far from row to row of the statement. A small loop has one
    /// row.
    std::int64_t row_bytes(std::int64_t bytes) const { return nest_.small ? 0 : bytes; }

    /// The operand where it stands, if a loop can read it so.
    bool direct(const Read& a, Operand& result) const {
        const IrValue& value = ir_.values[a.value];
        if (a.dense()) {
            const auto w = static_cast<std::int64_t>(width(value.numel));
            result = {place_of(a.value), w, false};
            if (value.in_memory)
                result.place.row_bytes = row_bytes(w * static_cast<std::int64_t>(size_of(value.dtype)));
            return true;
        }
        const Pattern& pattern = ir_.pattern(a);
        const std::size_t w = width(pattern.count);
        const Reading how = reading(pattern, rows_, w);
        if (how.kind == Reading::Kind::gather) return false;
        if (how.kind == Reading::Kind::rows && w == 1 && how.stride != 1 && rows_ > 1) return false;
        const auto element = static_cast<std::int64_t>(size_of(value.dtype));
        result.place = place_of(a.value);
        result.place.offset += pattern.offset * element;
        if (result.place.base != base_registers) result.place.row_bytes = row_bytes(how.stride * element);
        result.stride = how.stride;
        result.spread = how.kind == Reading::Kind::spread;
        return true;
    }

    Instruction move(Kernel kernel, const char* name, const Place& from, std::int64_t stride, std::size_t w,
                     const Place& to) const;

    /// Puts what a read shows, densely, to a place. What is the same for all blocks may be put `once` into a register
    /// that nobody else gets.
    void move_to(const Read& a, const Place& to, bool once = false);

    /// The operand as a dense register; what several statements read so is moved once.
    Operand moved(const Read& a);

    // --- Statements ----------------------------------------------------------------------------------------------

    void set_input(Instruction& i, std::size_t k, const Operand& operand) {
        i.in[k] = operand.place;
        i.in_stride[k] = operand.stride;
        i.inputs = static_cast<std::uint8_t>(std::max<std::size_t>(i.inputs, k + 1));
    }

    /// Where the statement's result goes; registers that die with its dense operands may be taken for it. (A Place that
    /// was returned would be waited for when it is copied.)
    void place_result(Place& to, std::size_t statement, const Statement& m, std::size_t w, bool reuse) {
        if (reuse) release_dead(statement, m);
        place_new(to, m, w);
        if (!reuse) release_dead(statement, m);
        if (!ir_.values[m.out].in_memory && last_read_[m.out] == RegisterLists::none)
            release_register(m.out); // nobody reads it
    }
    void place_new(Place& to, const Statement& m, std::size_t w) {
        const IrValue& value = ir_.values[m.out];
        const std::size_t bytes = w * subrows_ * size_of(value.dtype);
        if (!value.in_memory) {
            register_of_[m.out] = allocate(bytes);
            to = register_place(register_of_[m.out]);
            return;
        }
        to = ir_.place(m.out);
        to.row_bytes = row_bytes(static_cast<std::int64_t>(bytes));
    }
    void release_dead(std::size_t statement, const Statement& m) {
        for (const Read& read : m.in()) {
            if (last_read_[read.value] != statement) continue;
            release_register(read.value);
            if (nest_.small && !moved_.empty())
                release_moved(read.value); // else the next block may find it still there
        }
    }
    /// What is read twice has already given its own back.
    void release_register(ValueId id) {
        if (register_of_[id] == RegisterLists::none) return;
        release(register_of_[id]);
        register_of_[id] = RegisterLists::none;
    }
    void release_moved(ValueId id);

    void emit(std::size_t index);

    /// `together`: the superinstruction of the statement, or null.
    void describe(Instruction& i, const Statement& m, const Superinstruction* together, Kernel kernel) {
        const Node& node = ir_.graph.node(m.node);
        i.kernel = kernel;
        i.node = m.node;
        i.where = node.where;
        i.subrows = subrows_;
        i.name = together ? together->name : node.info->name;
        i.op = together ? op_without_attributes() : plan_.keep(*node.info, node.op);
    }
    Instruction instruction(const Statement& m, Kernel kernel);

    /// By which operands are one element for each row.
    std::span<const Kernel> kernels_of(const Statement& m, const Superinstruction* together) const {
        if (together) return together->kernels[ir_.values[m.out].dtype == DType::float32 ? 0 : 1];
        const ElementwiseForm& form = *ir_.info(m)->elementwise;
        return form.kernels[static_cast<std::size_t>(ir_.values[m.in()[form.masked ? 1 : 0].value].dtype)];
    }
    void emit_elementwise(std::size_t index, const Statement& m);

    void emit_copy(std::size_t index, const Statement& m);

    Operand rows_of(const Read& a);

    Operand whole(const Read& a) const { return {place_of(a.value), 0, false}; }

    void emit_row_reduction(std::size_t index, const Statement& m);

    void emit_accumulation(std::size_t index, const Statement& m);
    void emit_whole_accumulation(std::size_t index, const Statement& m);

    void set_rows(Instruction& i, const Statement& m, std::size_t scale, Kernel plain, Kernel of_bytes,
                  Kernel of_scaled_bytes);
    void emit_narrow_product(std::size_t index, const Statement& m);

    void emit_narrow_adjoint(std::size_t index, const Statement& m);

    void emit_rowwise(std::size_t index, const Statement& m);

    LoopIR& ir_;
    Plan& plan_;
    const int s_;
    std::size_t rows_ = 1, subrows_ = 1; // of the present statement: in all, and for each row of the loop
    const Nest& nest_;
    const std::span<const Statement> statements_;
    Loop loop_;
    BlockDemands demands_;
    std::vector<FreeList> free_;
    std::vector<std::uint32_t> next_free_; // of each register
    ScratchVector<std::uint32_t>&register_of_, &last_read_;
    struct Moved {
        std::uint32_t pattern, reg;
    };
    std::unordered_map<ValueId, std::vector<Moved>> moved_;
};

} // namespace xgrad
