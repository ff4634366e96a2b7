// From the members of loops to kernel calls, with the tile registers they work in.

#include <xgrad/core/emit.hpp>

#include <algorithm>
#include <cstring>
#include <span>

#include <xgrad/core/machine.hpp>

namespace xgrad {
namespace {

/// Below this many columns, operands that are spread over a row or a column are spread out in registers, so that every
/// kernel sees one long row.
constexpr std::size_t narrow = 48;

/// Results of this size that nothing in their loop reads are written past the caches, into which they do not fit anyway: then
/// memory need not be read to be written.
constexpr std::size_t past_caches = 24 << 20;

/// For each value; used by one loop after the other.
struct Scratch {
    explicit Scratch(std::size_t values) : register_of(values), last_read(values, never), reads(values) {}
    static constexpr std::uint32_t never = ~0u;
    std::vector<std::uint32_t> register_of, last_read, reads;
};

class LoopEmitter {
  public:
    LoopEmitter(Draft& draft, Plan& plan, std::size_t step, Scratch& scratch)
        : draft_(draft), plan_(plan), s_(static_cast<int>(step)), step_(draft.steps[step]),
          register_of_(scratch.register_of), last_read_(scratch.last_read), reads_(scratch.reads) {}

    Loop run() {
        loop_.rows = step_.rows != 0 ? step_.rows : step_.space;
        if (step_.space == 0) loop_.rows = empty_rows();
        loop_.body = Spare<Instruction>::take();
        loop_.body.reserve(step_.members.size() + 4);
        find_last_reads();
        find_joint();
        for (std::size_t i = 0; i < step_.members.size(); ++i)
            if (waits_for_[i] == Scratch::never) emit(i);
        choose_blocks(loop_, demands_);
        find_fetched(loop_, demands_);
        place_registers(loop_, demands_);
        return std::move(loop_);
    }

  private:
    // A loop over nothing: its rows may be there with no columns (a sum along an empty axis is 0 for each row).
    std::size_t empty_rows() const {
        const Member& m = step_.members[0];
        return m.role == Role::row_reduction || m.role == Role::rowwise ? m.rows : 0;
    }

    std::size_t width(std::size_t count) const { return loop_.rows == 0 ? 0 : count / loop_.rows; }

    // --- Registers: one number each while emitting; their offsets are known when the block is -----------------------

    std::uint32_t allocate(std::size_t row_bytes) {
        auto& free = free_registers(row_bytes);
        if (!free.empty()) {
            const std::uint32_t r = free.back();
            free.pop_back();
            return r;
        }
        demands_.register_row_bytes.push_back(row_bytes);
        return static_cast<std::uint32_t>(demands_.register_row_bytes.size() - 1);
    }
    void release(std::uint32_t r) { free_registers(demands_.register_row_bytes[r]).push_back(r); }
    std::vector<std::uint32_t>& free_registers(std::size_t row_bytes) { // there are few widths
        for (auto& [width, list] : free_)
            if (width == row_bytes) return list;
        return free_.emplace_back(row_bytes, std::vector<std::uint32_t>()).second;
    }

    static Place register_place(std::uint32_t r, std::int64_t within = 0) {
        return {base_registers, (static_cast<std::int64_t>(r) << 32) + within, 0};
    }

    void find_last_reads() {
        for (std::size_t i = 0; i < step_.members.size(); ++i)
            for (const Access& a : step_.members[i].in)
                if (draft_.values[a.value].step == s_)
                    last_read_[a.value] = static_cast<std::uint32_t>(i), ++reads_[a.value];
    }

    /// Members that wait for another, which reads their results on its left and on its right.
    struct Waiting {
        std::array<std::uint32_t, 2> members{Scratch::never, Scratch::never};
        bool empty() const { return members[0] == Scratch::never && members[1] == Scratch::never; }
        bool full() const { return members[0] != Scratch::never && members[1] != Scratch::never; }
        std::uint32_t any() const { return members[0] != Scratch::never ? members[0] : members[1]; }
    };

    /// Arithmetic that is read once, by more arithmetic, waits for its reader: both are one pass. So are the two products of a sum.
    void find_joint() {
        const std::size_t n = step_.members.size();
        waits_for_.assign(n, Scratch::never);
        waiting_.assign(n, {});
        if (!draft_.options.fuse) return;
        auto arithmetic = [&](const Member& m) {
            return m.role == Role::elementwise && m.info->arithmetic != 0 && is_floating(draft_.values[m.out].dtype);
        };
        for (std::uint32_t i = 0; i < n; ++i) {
            const Member& first = step_.members[i];
            const Value& value = draft_.values[first.out];
            if (!arithmetic(first) || value.in_memory || reads_[first.out] != 1 || !waiting_[i].empty()) continue;
            const std::uint32_t r = last_read_[first.out];
            const Member& second = step_.members[r];
            if (!arithmetic(second) || second.space != first.space || !can_wait(first, r)) continue;
            if (std::any_of(first.in.begin(), first.in.end(),
                            [&](const Access& a) { return overwritten_before(a.value, r); }))
                continue;
            waits_for_[i] = r;
            waiting_[r].members[on_the_left(first, second) ? 0 : 1] = i;
            for (const Access& a : first.in)
                if (draft_.values[a.value].step == s_) last_read_[a.value] = std::max(last_read_[a.value], r);
        }
    }

    bool on_the_left(const Member& first, const Member& second) const { return second.in[0].value == first.out; }

    /// Whether there is a kernel for that member and what waits for it, with another one.
    bool can_wait(const Member& first, std::uint32_t reader) const {
        const Member& second = step_.members[reader];
        if (waiting_[reader].empty())
            return kernels(second).pair(first.info->arithmetic, after(first, second), 0) != nullptr;
        const Member& other = step_.members[waiting_[reader].any()];
        return !waiting_[reader].full() && first.info->arithmetic == '*' && other.info->arithmetic == '*' &&
               (second.info->arithmetic == '+' || second.info->arithmetic == '-');
    }

    /// What is done to the result of the first, as JointKernels calls it.
    char after(const Member& first, const Member& second) const {
        const char op = second.info->arithmetic;
        if (on_the_left(first, second)) return op;
        return op == '-' ? 'r' : op == '/' ? 'd' : op;
    }

    const JointKernels& kernels(const Member& m) const {
        return joint_kernels(draft_.values[m.out].dtype == DType::float32);
    }

    /// Whether the loop replaces the leaf by its next value before that member.
    bool overwritten_before(ValueId id, std::uint32_t member) const {
        return std::any_of(draft_.updates.begin(), draft_.updates.end(), [&](const DraftUpdate& u) {
            const Value& next = draft_.values[u.next];
            return u.in_place && next.step == s_ && next.member < member && draft_.leaf_values.at(u.leaf) == id;
        });
    }

    // --- Operands --------------------------------------------------------------------------------------------------

    struct Operand {
        Place place;
        std::int64_t stride = 0; // elements from row to row
        bool spread = false;     // one element for each row
        bool dense(std::size_t w) const { return !spread && stride == static_cast<std::int64_t>(w); }
        bool constant() const { return spread && stride == 0; }
    };

    Place place_of(ValueId id) const {
        const Value& value = draft_.values[id];
        if (value.in_memory) return value.place;
        return register_place(register_of_[id]);
    }

    /// The operand where it stands, if a loop can read it so.
    bool direct(const Access& a, Operand& result) const {
        const Value& value = draft_.values[a.value];
        const std::size_t w = width(a.count);
        const Reading how = reading(*a.pattern, loop_.rows, w);
        if (how.kind == Reading::Kind::gather) return false;
        if (how.kind == Reading::Kind::rows && w == 1 && how.stride != 1 && loop_.rows > 1) return false;
        const auto element = static_cast<std::int64_t>(size_of(value.dtype));
        result.place = place_of(a.value);
        result.place.offset += a.pattern->offset * element;
        if (result.place.base != base_registers) result.place.row_bytes = how.stride * element;
        result.stride = how.stride;
        result.spread = how.kind == Reading::Kind::spread;
        return true;
    }

    Instruction move(Kernel kernel, const char* name, const Place& from, std::int64_t stride, std::size_t w,
                     const Place& to) const {
        Instruction i;
        i.kernel = kernel;
        i.name = name;
        i.in[0] = from;
        i.in_stride[0] = stride;
        i.inputs = 1;
        i.out = to;
        i.out_stride = static_cast<std::int64_t>(w);
        i.cols = w;
        return i;
    }

    const GatherMap* gather_map(const Pattern& p) {
        auto* map = static_cast<GatherMap*>(plan_.attributes.allocate(sizeof(GatherMap), alignof(GatherMap)));
        if (p.map)
            *map = *p.map;
        else
            *map = {p.rank, {p.extents[0], p.extents[1]}, {p.strides[0], p.strides[1]}};
        return map;
    }

    /// Puts what an access shows, densely, to a place. What is the same for all blocks may be put `once` into a register
    /// that nobody else gets.
    void move_to(const Access& a, const Place& to, bool once = false) {
        const Value& value = draft_.values[a.value];
        const std::size_t element = size_of(value.dtype), w = width(a.count);
        const MoveKernels& kernels = move_kernels(element);
        const Reading how = reading(*a.pattern, loop_.rows, w);
        Place from = place_of(a.value);
        from.offset += a.pattern->offset * static_cast<std::int64_t>(element);
        if (how.kind == Reading::Kind::gather) {
            Instruction i = move(kernels.gather, "gather", from, 0, w, to);
            i.op = gather_map(*a.pattern);
            add(loop_.body, i);
            return;
        }
        if (from.base != base_registers) from.row_bytes = how.stride * static_cast<std::int64_t>(element);
        const bool spread = how.kind == Reading::Kind::spread;
        Instruction i = move(spread ? kernels.spread : kernels.rows, spread ? "spread" : "copy", from, how.stride, w,
                             to);
        const bool invariant = once && how.stride == 0 && draft_.values[a.value].step != s_;
        if (!spread && how.stride == static_cast<std::int64_t>(w)) i.flat = true;
        add(invariant ? loop_.prologue : loop_.body, i);
    }

    /// The operand as a dense register; what several members read so is moved once.
    Operand moved(const Access& a) {
        const std::size_t w = width(a.count);
        for (const Moved& m : moved_)
            if (m.value == a.value && m.width == w && m.pattern == *a.pattern)
                return {register_place(m.reg), static_cast<std::int64_t>(w), false};
        const std::size_t element = size_of(draft_.values[a.value].dtype);
        demands_.register_row_bytes.push_back(w * element); // never given back: the next block may find it still there
        const auto reg = static_cast<std::uint32_t>(demands_.register_row_bytes.size() - 1);
        move_to(a, register_place(reg), true);
        moved_.push_back({a.value, *a.pattern, w, reg});
        return {register_place(reg), static_cast<std::int64_t>(w), false};
    }

    // --- Members ---------------------------------------------------------------------------------------------------

    static void add(std::vector<Instruction>& list, const Instruction& i) { list.push_back(i); }

    void set_input(Instruction& i, std::size_t k, const Operand& operand) {
        i.in[k] = operand.place;
        i.in_stride[k] = operand.stride;
        i.inputs = static_cast<std::uint8_t>(std::max<std::size_t>(i.inputs, k + 1));
    }

    /// The register that a result stands in on its way past the caches; allocated before those of the operands are given back.
    std::uint32_t way_out(const Member& m, std::size_t w) {
        return goes_past_caches(m) ? allocate(w * size_of(draft_.values[m.out].dtype)) : Scratch::never;
    }

    void add_last(const Member& m, Instruction i, std::size_t w, std::uint32_t way_out) {
        if (way_out == Scratch::never) return add(loop_.body, i);
        Instruction last = move(move_kernels(size_of(draft_.values[m.out].dtype)).rows_past_caches,
                                "write past the caches", register_place(way_out), static_cast<std::int64_t>(w), w,
                                i.out);
        last.past_caches = true;
        i.out = last.in[0];
        add(loop_.body, i);
        last.flat = true;
        add(loop_.body, last);
        release(way_out);
        loop_.past_caches = true;
    }

    bool goes_past_caches(const Member& m) const {
        const Value& value = draft_.values[m.out];
        if (!draft_.options.fuse || !value.in_memory || value.bytes() < past_caches || reads_[m.out] != 0) return false;
        return std::none_of(draft_.updates.begin(), draft_.updates.end(),
                            [&](const DraftUpdate& u) { return u.in_place && u.next == m.out; });
    }

    /// Calls f(pointers to the member's reads).
    static auto with_reads(const Member& m, auto f) {
        std::array<const Access*, 3> reads{};
        for (std::size_t k = 0; k < m.in.size(); ++k)
            reads[k] = &m.in[k];
        return f(std::span<const Access* const>(reads.data(), m.in.size()));
    }

    Place result_place(std::size_t member, const Member& m, std::size_t w, bool reuse) {
        return with_reads(m, [&](auto reads) { return result_place(member, m, reads, w, reuse); });
    }

    /// Where the member's result goes; registers that die with its dense operands may be taken for it.
    Place result_place(std::size_t member, const Member& m, std::span<const Access* const> reads, std::size_t w,
                       bool reuse) {
        const Value& value = draft_.values[m.out];
        const std::size_t row_bytes = w * size_of(value.dtype);
        if (reuse) release_dead(member, reads);
        Place place = value.place;
        if (value.in_memory)
            place.row_bytes = static_cast<std::int64_t>(row_bytes);
        else {
            const std::uint32_t reg = allocate(row_bytes);
            register_of_[m.out] = reg;
            place = register_place(reg);
        }
        if (!reuse) release_dead(member, reads);
        if (!value.in_memory && last_read_[m.out] == Scratch::never) release(register_of_[m.out]); // nobody reads it
        return place;
    }

    void release_dead(std::size_t member, std::span<const Access* const> reads) {
        for (std::size_t k = 0; k < reads.size(); ++k) {
            const ValueId id = reads[k]->value;
            const Value& value = draft_.values[id];
            if (value.step != s_ || value.in_memory || last_read_[id] != member) continue;
            const bool seen = std::any_of(reads.begin(), reads.begin() + static_cast<std::ptrdiff_t>(k),
                                          [&](const Access* a) { return a->value == id; });
            if (!seen) release(register_of_[id]);
        }
    }

    void emit(std::size_t index) {
        const Member& m = step_.members[index];
        switch (m.role) {
        case Role::elementwise: return emit_elementwise(index, m);
        case Role::copy: return emit_copy(index, m);
        case Role::row_reduction: return emit_row_reduction(index, m);
        case Role::column_reduction:
        case Role::full_reduction: return emit_accumulation(index, m);
        case Role::rowwise: return emit_rowwise(index, m);
        case Role::narrow_product: return emit_narrow_product(index, m);
        case Role::narrow_adjoint: return emit_narrow_adjoint(index, m);
        }
    }

    Instruction instruction(const Member& m, Kernel kernel) {
        Instruction i;
        i.kernel = kernel;
        i.name = m.info ? m.info->name : "copy";
        i.node = m.node;
        i.op = m.info ? plan_.keep(*m.info, m.op) : nullptr;
        return i;
    }

    /// Reads of joint members, and how they are read.
    struct JointReads {
        std::array<const Access*, 4> accesses{};
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

    bool add_read(JointReads& reads, const Access& a, std::size_t w) {
        Operand operand;
        if (!direct(a, operand)) return false;
        if (w < narrow && !operand.dense(w) && !operand.constant()) operand = moved(a);
        reads.accesses[reads.size] = &a;
        reads.operands[reads.size++] = operand;
        return true;
    }

    /// The member and those that waited for it as one call, if there is a kernel for the way their operands stand.
    bool emit_joint(std::size_t index, const Member& second, const Waiting& waiting) {
        const std::size_t w = width(second.space);
        JointReads reads;
        Instruction i;
        if (waiting.full()) {
            for (const std::uint32_t product : waiting.members)
                for (const Access& a : step_.members[product].in)
                    if (!add_read(reads, a, w)) return false;
            reads.order(0), reads.order(2);
            i.kernel = kernels(second).products(second.info->arithmetic, reads.spread());
            i.name = second.info->arithmetic == '+' ? "a*b+c*d" : "a*b-c*d";
        } else {
            const Member& first = step_.members[waiting.any()];
            const bool left = on_the_left(first, second);
            for (const Access* a : {&first.in[0], &first.in[1], &second.in[left ? 1 : 0]})
                if (!add_read(reads, *a, w)) return false;
            const char f = first.info->arithmetic, g = after(first, second);
            if (f == '+' || f == '*') reads.order(0);
            i.kernel = kernels(second).pair(f, g, reads.spread());
            i.name = pair_name(f, g);
        }
        if (!i.kernel) return false;
        i.node = second.node;
        i.op = op_without_attributes();
        i.flat = true;
        bool reuse = true;
        for (std::size_t k = 0; k < reads.size; ++k) {
            const Operand& operand = reads.operands[k];
            set_input(i, k, operand);
            i.flat = i.flat && (operand.dense(w) || operand.constant());
            const Value& value = draft_.values[reads.accesses[k]->value];
            if (value.step == s_ && !value.in_memory && !operand.dense(w)) reuse = false;
        }
        i.cols = w;
        i.out_stride = static_cast<std::int64_t>(w);
        const std::uint32_t out = way_out(second, w);
        i.out = result_place(index, second, {reads.accesses.data(), reads.size}, w, reuse);
        add_last(second, i, w, out);
        return true;
    }

    static const char* pair_name(char f, char g) {
        static constexpr const char* names[4][6] = {{"(a+b)+c", "(a+b)-c", "(a+b)*c", "c-(a+b)", "(a+b)/c", "c/(a+b)"},
                                                    {"(a-b)+c", "(a-b)-c", "(a-b)*c", "c-(a-b)", "(a-b)/c", "c/(a-b)"},
                                                    {"(a*b)+c", "(a*b)-c", "(a*b)*c", "c-(a*b)", "(a*b)/c", "c/(a*b)"},
                                                    {"(a/b)+c", "(a/b)-c", "(a/b)*c", "c-(a/b)", "(a/b)/c", "c/(a/b)"}};
        return names[JointKernels::index(f, "+-*/")][JointKernels::index(g, "+-*r/d")];
    }

    void emit_elementwise(std::size_t index, const Member& m) {
        if (const Waiting waiting = waiting_[index]; !waiting.empty()) {
            if (emit_joint(index, m, waiting)) return;
            for (const std::uint32_t first : waiting.members)
                if (first != Scratch::never) emit_elementwise(first, step_.members[first]);
        }
        const std::size_t w = width(m.space);
        const ElementwiseForm& form = *m.info->elementwise;
        const std::size_t data = form.masked ? 1 : 0;
        const auto dtype = static_cast<std::size_t>(draft_.values[m.in[data].value].dtype);
        const auto& kernels = form.kernels[dtype];

        std::array<Operand, 3> operands;
        for (std::size_t k = 0; k < m.in.size(); ++k)
            if (!direct(m.in[k], operands[k])) operands[k] = moved(m.in[k]);
        // In narrow spaces all but numbers is spread out.
        auto plain = [&](const Operand& o) { return o.dense(w) || o.constant(); };
        if (w < narrow)
            for (std::size_t k = 0; k < m.in.size(); ++k)
                if (!plain(operands[k])) operands[k] = moved(m.in[k]);
        unsigned mask = 0;
        for (std::size_t k = 0; k < m.in.size(); ++k)
            mask |= static_cast<unsigned>(operands[k].spread) << k;
        for (std::size_t k = 0; k < m.in.size() && !(mask < kernels.size() && kernels[mask]); ++k)
            if (operands[k].spread) operands[k] = moved(m.in[k]), mask &= ~(1u << k);

        Instruction i = instruction(m, kernels[mask]);
        i.flat = std::all_of(operands.begin(), operands.begin() + static_cast<std::ptrdiff_t>(m.in.size()), plain);
        bool reuse = true;
        for (std::size_t k = 0; k < m.in.size(); ++k) {
            set_input(i, k, operands[k]);
            const Value& value = draft_.values[m.in[k].value];
            if (value.step == s_ && !value.in_memory && !operands[k].dense(w)) reuse = false;
        }
        i.cols = w;
        i.out_stride = static_cast<std::int64_t>(w);
        const std::uint32_t out = way_out(m, w);
        i.out = result_place(index, m, w, reuse);
        add_last(m, i, w, out);
    }

    void emit_copy(std::size_t index, const Member& m) {
        const Place to = result_place(index, m, width(m.space), false);
        move_to(m.in[0], to);
        loop_.body.back().node = m.node;
    }

    Operand rows_of(const Access& a) {
        Operand operand;
        if (!direct(a, operand) || operand.spread) operand = moved(a);
        return operand;
    }

    Operand whole(const Access& a) const { return {place_of(a.value), 0, false}; }

    void emit_row_reduction(std::size_t index, const Member& m) {
        const auto dtype = static_cast<std::size_t>(draft_.values[m.out].dtype);
        Instruction i = instruction(m, m.info->reduction->rows[dtype]);
        set_input(i, 0, rows_of(m.in[0]));
        i.cols = width(m.space);
        i.out_stride = 1;
        i.out = result_place(index, m, 1, false);
        loop_.body.push_back(i);
    }

    void emit_accumulation(std::size_t index, const Member& m) {
        const Value& out = draft_.values[m.out];
        const auto dtype = static_cast<std::size_t>(out.dtype);
        const ReductionForm& form = *m.info->reduction;
        const bool full = m.role == Role::full_reduction;
        const std::size_t w = width(m.space);

        Instruction i = instruction(m, full ? form.all[dtype] : form.columns[dtype]);
        const Operand operand = rows_of(m.in[0]);
        set_input(i, 0, operand);
        i.cols = w;
        if (full)
            i.flat = operand.dense(w);
        else if (w != m.columns && w != 0) {
            // Each row of the loop holds several rows of what is reduced.
            Operand dense = operand.dense(w) ? operand : moved(m.in[0]);
            dense.stride = static_cast<std::int64_t>(m.columns);
            set_input(i, 0, dense);
            i.subrows = w / m.columns;
            i.cols = m.columns;
        }
        Accumulator a;
        a.name = m.info->name;
        a.count = full ? 1 : m.columns;
        a.bytes = a.count * form.accumulator_bytes[dtype];
        a.offset = loop_.accumulator_bytes;
        a.start = form.start[dtype];
        a.merge = form.merge[dtype];
        a.finish = form.finish[dtype];
        a.cols = a.count;
        a.out = out.place;
        loop_.accumulator_bytes += aligned(a.bytes);
        i.out = {base_accumulators, static_cast<std::int64_t>(a.offset), 0};
        with_reads(m, [&](auto reads) { release_dead(index, reads); });
        loop_.accumulators.push_back(a);
        loop_.body.push_back(i);
    }

    void emit_narrow_product(std::size_t index, const Member& m) {
        const Value& out = draft_.values[m.out];
        const NarrowKernels& kernels = narrow_kernels(out.dtype == DType::float32);
        const std::size_t element = size_of(out.dtype);
        const Place packed = draft_.values[m.packed].place;

        Instruction pack;
        pack.kernel = kernels.pack;
        pack.name = "pack";
        pack.in[0] = place_of(m.in[1].value);
        pack.in[0].offset += m.in[1].pattern->offset * static_cast<std::int64_t>(element);
        pack.in_stride[0] = m.leading;
        pack.inputs = 1;
        pack.out = packed;
        pack.cols = m.few;
        pack.inner = m.inner;
        pack.subrows = m.transposed ? 1 : 0; // the kernel's flag
        loop_.setup.push_back(pack);

        Instruction i = instruction(m, kernels.product);
        i.name = "narrow matmul";
        set_input(i, 0, rows_of(m.in[0]));
        set_input(i, 1, {packed, 0, false});
        demands_.register_row_bytes.push_back(m.few * kernels.lanes *
                                              element); // partial sums, used within the kernel only
        set_input(i, 2, {register_place(static_cast<std::uint32_t>(demands_.register_row_bytes.size() - 1)), 0, false});
        i.cols = m.few;
        i.inner = m.inner;
        i.out_stride = static_cast<std::int64_t>(m.few);
        i.out = result_place(index, m, m.few, false);
        demands_.streamed_row_bytes = std::max(demands_.streamed_row_bytes, m.inner * element);
        demands_.row_work += static_cast<double>(m.inner * m.few) / 4;
        loop_.body.push_back(i);
    }

    void emit_narrow_adjoint(std::size_t index, const Member& m) {
        const Value& out = draft_.values[m.out];
        const NarrowKernels& kernels = narrow_kernels(out.dtype == DType::float32);
        const std::size_t element = size_of(out.dtype);
        Accumulator a;
        a.name = "narrow matmul";
        a.count = (m.inner + kernels.lanes - 1) / kernels.lanes * kernels.lanes * m.few;
        a.bytes = a.count * element;
        a.offset = loop_.accumulator_bytes;
        a.start = kernels.start;
        a.merge = kernels.merge;
        a.finish = m.transposed ? kernels.finish_transposed : kernels.finish;
        a.cols = m.few;
        a.inner = m.inner;
        a.out = out.place;
        loop_.accumulator_bytes += aligned(a.bytes);

        Instruction i = instruction(m, kernels.accumulate);
        i.name = "narrow matmul adjoint";
        set_input(i, 0, rows_of(m.in[0]));
        set_input(i, 1, rows_of(m.in[1]));
        i.cols = m.few;
        i.inner = m.inner;
        i.out = {base_accumulators, static_cast<std::int64_t>(a.offset), 0};
        with_reads(m, [&](auto reads) { release_dead(index, reads); });
        demands_.streamed_row_bytes = std::max(demands_.streamed_row_bytes, m.inner * element);
        demands_.row_work += static_cast<double>(m.inner * m.few) / 4;
        demands_.least_chunk = 128;
        loop_.accumulators.push_back(a);
        loop_.body.push_back(i);
    }

    void emit_rowwise(std::size_t index, const Member& m) {
        std::vector<Type> types;
        for (const std::uint32_t input : draft_.graph.inputs(m.node))
            types.push_back(draft_.graph.type(input));
        Instruction i = instruction(m, m.info->rowwise(m.op, types));
        for (std::size_t k = 0; k < m.in.size(); ++k)
            set_input(i, k, m.info->whole >> k & 1 ? whole(m.in[k]) : rows_of(m.in[k]));
        const std::size_t w = width(draft_.values[m.out].numel);
        i.cols = w;
        i.out_stride = static_cast<std::int64_t>(w);
        i.inner = m.in.empty() ? 0 : width(m.in[0].count);
        if (m.info->fault) {
            const ValueId integers = m.in[static_cast<std::size_t>(m.info->fault_input)].value;
            auto check = std::make_unique<FaultCheck>();
            check->info = m.info;
            check->op = i.op;
            check->types = types;
            check->integers = place_of(integers);
            check->integers.offset += m.in[static_cast<std::size_t>(m.info->fault_input)].pattern->offset * 8;
            check->where = draft_.graph.node(m.node).where;
            check->step = plan_.steps.size() - 1;
            i.fault = &check->fault;
            plan_.faults.push_back(std::move(check));
        }
        i.out = result_place(index, m, w, false);
        loop_.body.push_back(i);
    }

    Draft& draft_;
    Plan& plan_;
    const int s_;
    const DraftStep& step_;
    Loop loop_;
    BlockDemands demands_;
    std::vector<std::pair<std::size_t, std::vector<std::uint32_t>>> free_;
    std::vector<std::uint32_t>&register_of_, &last_read_, &reads_;
    std::vector<std::uint32_t> waits_for_; // members
    std::vector<Waiting> waiting_;
    struct Moved {
        ValueId value;
        Pattern pattern;
        std::size_t width;
        std::uint32_t reg;
    };
    std::vector<Moved> moved_;
};

} // namespace

void emit(Draft& draft, Plan& plan) {
    Scratch scratch(draft.values.size());
    if (draft.options.check_numerics) watch_leaves(draft, plan);
    for (std::size_t s = 0; s < draft.steps.size(); ++s) {
        const DraftStep& step = draft.steps[s];
        switch (step.kind) {
        case PlanStep::Kind::loop: {
            if (step.members.empty()) break; // all of it has sunk into later loops
            plan.steps.push_back({step.kind, plan.loops.size()});
            plan.loops.push_back(LoopEmitter(draft, plan, s, scratch).run());
            const Loop& loop = plan.loops.back();
            plan.register_bytes = std::max(plan.register_bytes, loop.register_bytes);
            plan.accumulator_bytes = std::max(plan.accumulator_bytes,
                                              loop.accumulator_bytes * std::max<std::size_t>(1, loop.chunks()));
            break;
        }
        case PlanStep::Kind::product:
            plan.steps.push_back({step.kind, plan.products.size()});
            plan.products.push_back(make_product(draft, step));
            break;
        case PlanStep::Kind::opaque:
            plan.steps.push_back({step.kind, plan.opaques.size()});
            plan.opaques.push_back(make_opaque(draft, plan, step));
            break;
        }
        if (draft.options.check_numerics) watch(draft, step, plan);
    }
}

} // namespace xgrad
