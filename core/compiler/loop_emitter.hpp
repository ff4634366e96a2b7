#pragma once
// From the members of a loop to kernel calls, with the tile registers they work in.

#include <algorithm>
#include <array>
#include <span>

#include <xgrad/core/compiler/emit.hpp>
#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

/// Below this many columns, operands that are spread over a row or a column are spread out in registers, so that every
/// kernel sees one long row.
inline constexpr std::size_t narrow = 48;

/// For each value; used by one loop after the other.
struct Scratch {
    explicit Scratch(std::size_t values)
        : register_of(values, never), last_read(values, never), reads(values), reordered(values) {}
    static constexpr std::uint32_t never = ~0u;
    LargeVector<std::uint32_t> register_of; // never: it has none, or has given it back
    LargeVector<std::uint32_t> last_read, reads;
    LargeVector<char> reordered; // some read does not take all its elements in the order in which they lie
};

class LoopEmitter {
  public:
    LoopEmitter(Draft& draft, Plan& plan, std::size_t step, Scratch& scratch)
        : draft_(draft), plan_(plan), s_(static_cast<int>(step)), step_(draft.steps[step]),
          register_of_(scratch.register_of), last_read_(scratch.last_read), reads_(scratch.reads),
          reordered_(scratch.reordered) {}

    Loop run();

  private:
    // A loop over nothing: its rows may be there with no columns (a sum along an empty axis is 0 for each row).
    std::size_t empty_rows() const;

    std::size_t width(std::size_t count) const {
        return count == loop_.rows ? count != 0 : loop_.rows == 0 ? 0 : count / loop_.rows;
    }

    // --- Registers: one number each while emitting; their offsets are known when the block is -----------------------

    std::uint32_t allocate(std::size_t row_bytes);
    void release(std::uint32_t r) { free_registers(demands_.register_row_bytes[r]).push_back(r); }
    std::vector<std::uint32_t>& free_registers(std::size_t row_bytes) { // there are few widths
        for (auto& [width, list] : free_)
            if (width == row_bytes) return list;
        return free_.emplace_back(row_bytes, std::vector<std::uint32_t>()).second;
    }

    static Place register_place(std::uint32_t r, std::int64_t within = 0) {
        return {base_registers, (static_cast<std::int64_t>(r) << 32) + within, 0};
    }

    void find_last_reads();

    /// Members that wait for another, which reads their results on its left and on its right; and a square or a root that one
    /// of them reads, or a cast of bytes that the other reads itself.
    struct Waiting {
        std::array<std::uint32_t, 2> members{Scratch::never, Scratch::never};
        std::uint32_t power = Scratch::never;
        bool empty() const { return members[0] == Scratch::never && members[1] == Scratch::never; }
        bool only_power() const { return empty() && power != Scratch::never; }
        bool full() const { return members[0] != Scratch::never && members[1] != Scratch::never; }
        std::uint32_t any() const { return members[0] != Scratch::never ? members[0] : members[1]; }
    };

    /// Arithmetic that is read once, by more arithmetic, waits for its reader: both are one pass. So are the two products of a sum.
    void find_joint();
    void find_powers();
    /// What narrow products alone read, and is a cast of bytes or that times a number, they make themselves.
    void find_bytes();
    struct Bytes {
        const Access* source = nullptr;
        const Access* scale = nullptr; // a number
    };
    Bytes bytes_of(std::uint32_t member) const;
    const Bytes* bytes_behind(ValueId numbers) const {
        for (const auto& [value, bytes] : bytes_)
            if (value == numbers) return &bytes;
        return nullptr;
    }
    /// The large operand of a narrow product, and the kernel that reads it so; `scale` is the position of the number.
    void set_rows(Instruction& i, const Access& x, std::size_t scale, Kernel plain, Kernel of_bytes,
                  Kernel of_scaled_bytes);

    bool on_the_left(const Member& first, const Member& second) const { return second.in[0].value == first.out; }

    /// Whether nothing but one later member reads its result, element by element as it lies, so that the member can compute it;
    /// and the operands stay as they are until then.
    bool read_once(std::uint32_t member, std::uint32_t by) const;
    /// Whether the member, if there is one, reads the value.
    bool in(ValueId value, std::uint32_t member) const;
    void wait_for(std::uint32_t member, std::uint32_t reader);

    /// Whether there is a kernel for that member and what waits for it, with another one.
    bool can_wait(const Member& first, std::uint32_t reader) const;

    /// Whether the power can be part of the call for that member and what waits for it.
    bool fits(const Member& power, const Member& last, const Waiting& waiting) const;

    /// What is done to the result of the first, as JointKernels calls it.
    char after(const Member& first, const Member& second) const;

    const JointKernels& kernels(const Member& m) const;

    /// Whether the loop replaces the leaf by its next value before that member.
    bool overwritten_before(ValueId id, std::uint32_t member) const;

    // --- Operands --------------------------------------------------------------------------------------------------

    struct Operand {
        Place place;
        std::int64_t stride; // elements from row to row
        bool spread;         // one element for each row
        bool dense(std::size_t w) const { return !spread && stride == static_cast<std::int64_t>(w); }
        bool constant() const { return spread && stride == 0; }
    };

    Place place_of(ValueId id) const {
        const DraftValue& value = draft_.values[id];
        if (value.in_memory) return value.place;
        return register_place(register_of_[id]);
    }

    /// The operand where it stands, if a loop can read it so.
    bool direct(const Access& a, Operand& result) const;

    Instruction move(Kernel kernel, const char* name, const Place& from, std::int64_t stride, std::size_t w,
                     const Place& to) const;

    /// Puts what an access shows, densely, to a place. What is the same for all blocks may be put `once` into a register
    /// that nobody else gets.
    void move_to(const Access& a, const Place& to, bool once = false);

    /// The operand as a dense register; what several members read so is moved once.
    Operand moved(const Access& a);

    // --- Members ---------------------------------------------------------------------------------------------------

    static void add(LargeVector<Instruction>& list, const Instruction& i) { list.push_back(i); }

    void set_input(Instruction& i, std::size_t k, const Operand& operand) {
        i.in[k] = operand.place;
        i.in_stride[k] = operand.stride;
        i.inputs = static_cast<std::uint8_t>(std::max<std::size_t>(i.inputs, k + 1));
    }

    /// The register that a result stands in on its way past the caches; allocated before those of the operands are given back.
    std::uint32_t way_out(const Member& m, std::size_t w);

    void add_last(const Member& m, Instruction i, std::size_t w, std::uint32_t way_out);

    bool goes_past_caches(const Member& m) const;

    /// Calls f(pointers to what the member's call reads): its own reads, but bytes instead of numbers that it makes of them itself.
    auto with_reads(const Member& m, auto f) const {
        std::array<const Access*, 4> reads{};
        std::size_t size = 0;
        for (const Access& a : m.in)
            if (const Bytes* bytes = bytes_behind(a.value)) {
                reads[size++] = bytes->source;
                if (bytes->scale) reads[size++] = bytes->scale;
            } else
                reads[size++] = &a;
        return f(std::span<const Access* const>(reads.data(), size));
    }

    Place result_place(std::size_t member, const Member& m, std::size_t w, bool reuse);

    /// Where the member's result goes; registers that die with its dense operands may be taken for it.
    Place result_place(std::size_t member, const Member& m, std::span<const Access* const> reads, std::size_t w,
                       bool reuse);

    void release_dead(std::size_t member, std::span<const Access* const> reads);
    void release_register(ValueId id);

    void emit(std::size_t index);

    Instruction instruction(const Member& m, Kernel kernel);

    /// Reads of joint members, and how they are read.
    struct JointReads {
        std::array<const Access*, 4> accesses;
        std::array<Operand, 4> operands;
        std::size_t size = 0;
        unsigned spread() const {
            unsigned mask = 0;
            for (std::size_t k = 0; k < size; ++k)
                mask |= static_cast<unsigned>(operands[k].spread) << k;
            return mask;
        }
        /// Of two that may change places, the first is the one that is spread.
        void order(std::size_t k) {
            if (!operands[k + 1].spread || operands[k].spread) return;
            std::swap(operands[k], operands[k + 1]);
            std::swap(accesses[k], accesses[k + 1]);
        }
    };

    bool add_read(JointReads& reads, const Access& a, std::size_t w);
    /// Of a product that reads a square, what it is multiplied by, and what is squared.
    bool add_square(JointReads& reads, const Member& product, const Member& square, std::size_t w);
    /// The reads of a member and of those that waited for it, in the order of the kernel for all of them; false if there is none.
    bool choose_kernel(Instruction& i, JointReads& reads, const Member& second, const Waiting& waiting, std::size_t w);

    /// The member and those that waited for it as one call, if there is a kernel for the way their operands stand.
    bool emit_joint(std::size_t index, const Member& second, const Waiting& waiting);

    bool add_to_quotient(const Instruction& i, const JointReads& reads, const Member& second);

    static const char* bytes_name(char op);

    void emit_elementwise(std::size_t index, const Member& m);

    void emit_copy(std::size_t index, const Member& m);

    Operand rows_of(const Access& a);

    Operand whole(const Access& a) const { return {place_of(a.value), 0, false}; }

    void emit_row_reduction(std::size_t index, const Member& m);

    void emit_accumulation(std::size_t index, const Member& m);

    void emit_narrow_product(std::size_t index, const Member& m);

    void emit_narrow_adjoint(std::size_t index, const Member& m);

    void emit_rowwise(std::size_t index, const Member& m);

    Draft& draft_;
    Plan& plan_;
    const int s_;
    const DraftStep& step_;
    Loop loop_;
    BlockDemands demands_;
    std::vector<std::pair<std::size_t, std::vector<std::uint32_t>>> free_;
    LargeVector<std::uint32_t>&register_of_, &last_read_, &reads_;
    LargeVector<char>& reordered_;
    LargeVector<std::uint32_t> waits_for_; // members
    LargeVector<Waiting> waiting_;
    std::vector<std::pair<ValueId, Bytes>> bytes_;
    struct Moved {
        ValueId value;
        Pattern pattern;
        std::size_t width;
        std::uint32_t reg;
    };
    std::vector<Moved> moved_;
};

} // namespace xgrad
