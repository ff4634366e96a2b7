// Operations of arithmetic that are joined in one call.

#include <xgrad/core/compiler/loop_emitter.hpp>

namespace xgrad {

void LoopEmitter::find_joint() {
    const std::size_t n = step_.members.size();
    waits_for_.assign(n, Scratch::never);
    waiting_.assign(n, {});
    if (!draft_.options.fuse) return;
    auto arithmetic = [&](const Member& m) {
        return m.role == Role::elementwise && m.info->arithmetic != 0 && is_floating(draft_.values[m.out].dtype);
    };
    for (std::uint32_t i = 0; i < n; ++i) {
        const Member& first = step_.members[i];
        if (!arithmetic(first) || !waiting_[i].empty()) continue;
        const std::uint32_t r = last_read_[first.out];
        if (!read_once(i, r)) continue;
        const Member& second = step_.members[r];
        if (!arithmetic(second) || !can_wait(first, r)) continue;
        waiting_[r].members[on_the_left(first, second) ? 0 : 1] = i;
        wait_for(i, r);
    }
    find_powers();
    find_bytes();
}

/// Squares and roots that a joint member can compute too: a b + c d^2, c / (a + sqrt(b)).
void LoopEmitter::find_powers() {
    for (std::uint32_t i = 0; i < step_.members.size(); ++i) {
        const Member& power = step_.members[i];
        if (power.role != Role::elementwise || power.info->power == 0) continue;
        const std::uint32_t last = last_read_[power.out]; // of what waits the reads are those of its reader
        if (!read_once(i, last) || waiting_[last].power != Scratch::never ||
            !fits(power, step_.members[last], waiting_[last]))
            continue;
        waiting_[last].power = i;
        wait_for(i, last);
    }
}

void LoopEmitter::find_bytes() {
    for (std::uint32_t i = 0; i < step_.members.size(); ++i) {
        const ValueId x = step_.members[i].out;
        const Bytes bytes = bytes_of(i);
        if (!bytes.source || draft_.values[x].in_memory || reordered_[x] ||
            overwritten_before(bytes.source->value, last_read_[x]))
            continue;
        std::uint32_t readers = 0;
        for (const Member& m : step_.members)
            readers += (m.role == Role::narrow_product || m.role == Role::narrow_adjoint) && m.in[0].value == x;
        if (readers == 0 || readers != reads_[x]) continue;
        bytes_.emplace_back(x, bytes);
        wait_for(i, last_read_[x]);
        if (waiting_[i].power != Scratch::never) wait_for(waiting_[i].power, last_read_[x]);
    }
}

auto LoopEmitter::bytes_of(std::uint32_t member) const -> Bytes {
    const Member& m = step_.members[member];
    auto is_cast = [&](const Member& c) {
        return c.role == Role::elementwise && c.info->power == 'c' && is_floating(draft_.values[c.out].dtype) &&
               draft_.values[c.in[0].value].dtype == DType::uint8 && c.in[0].pattern->dense();
    };
    if (is_cast(m)) return {&m.in[0], nullptr};
    if (!waiting_[member].only_power() || m.info->arithmetic != '*') return {};
    const Member& cast = step_.members[waiting_[member].power];
    const Access& scale = m.in[on_the_left(cast, m) ? 1 : 0];
    const DraftValue& number = draft_.values[scale.value];
    return is_cast(cast) && number.numel == 1 ? Bytes{&cast.in[0], &scale} : Bytes{};
}

void LoopEmitter::set_rows(Instruction& i, const Access& x, std::size_t scale, Kernel plain, Kernel of_bytes,
                           Kernel of_scaled_bytes) {
    const Bytes* bytes = bytes_behind(x.value);
    set_input(i, 0, rows_of(bytes ? *bytes->source : x));
    i.kernel = !bytes ? plain : bytes->scale ? of_scaled_bytes : of_bytes;
    if (bytes && bytes->scale) set_input(i, scale, {place_of(bytes->scale->value), 0, false});
}

bool LoopEmitter::fits(const Member& power, const Member& last, const Waiting& waiting) const {
    if (last.role != Role::elementwise || last.info->arithmetic == 0 || !is_floating(draft_.values[last.out].dtype))
        return false;
    if (power.info->power == 'c') return waiting.empty() && draft_.values[power.in[0].value].dtype == DType::uint8;
    if (waiting.empty() || !(in(power.out, waiting.members[0]) || in(power.out, waiting.members[1]))) return false;
    if (power.info->power == '2') return waiting.full() && last.info->arithmetic == '+';
    const Member& first = step_.members[waiting.any()];
    return !waiting.full() && first.info->arithmetic == '+' && after(first, last) == 'd';
}

bool LoopEmitter::read_once(std::uint32_t member, std::uint32_t by) const {
    const Member& m = step_.members[member];
    return by != Scratch::never && !draft_.values[m.out].in_memory && reads_[m.out] == 1 && !reordered_[m.out] &&
           std::none_of(m.in.begin(), m.in.end(), [&](const Access& a) { return overwritten_before(a.value, by); });
}

bool LoopEmitter::in(ValueId value, std::uint32_t member) const {
    if (member == Scratch::never) return false;
    const Accesses& reads = step_.members[member].in;
    return std::any_of(reads.begin(), reads.end(), [&](const Access& a) { return a.value == value; });
}

void LoopEmitter::wait_for(std::uint32_t member, std::uint32_t reader) {
    waits_for_[member] = reader;
    for (const Access& a : step_.members[member].in)
        if (draft_.values[a.value].step == s_) last_read_[a.value] = std::max(last_read_[a.value], reader);
}

bool LoopEmitter::can_wait(const Member& first, std::uint32_t reader) const {
    const Member& second = step_.members[reader];
    if (waiting_[reader].empty())
        return kernels(second).pair(first.info->arithmetic, after(first, second), 0) != nullptr;
    const Member& other = step_.members[waiting_[reader].any()];
    return !waiting_[reader].full() && first.info->arithmetic == '*' && other.info->arithmetic == '*' &&
           (second.info->arithmetic == '+' || second.info->arithmetic == '-');
}

char LoopEmitter::after(const Member& first, const Member& second) const {
    const char op = second.info->arithmetic;
    return on_the_left(first, second) ? op : JointKernels::turned(op);
}

const JointKernels& LoopEmitter::kernels(const Member& m) const {
    return joint_kernels(draft_.values[m.out].dtype == DType::float32);
}

bool LoopEmitter::add_read(JointReads& reads, const Access& a, std::size_t w) {
    Operand& operand = reads.operands[reads.size];
    if (!direct(a, operand)) return false;
    if (w < narrow && !operand.dense(w) && !operand.constant()) operand = moved(a);
    reads.accesses[reads.size++] = &a;
    return true;
}

bool LoopEmitter::add_square(JointReads& reads, const Member& product, const Member& square, std::size_t w) {
    const std::size_t at = product.in[0].value == square.out ? 0 : 1;
    return add_read(reads, product.in[1 - at], w) && add_read(reads, square.in[0], w);
}

bool LoopEmitter::choose_kernel(Instruction& i, JointReads& reads, const Member& second, const Waiting& waiting,
                                std::size_t w) {
    auto add_all = [&](const Accesses& accesses) {
        return std::all_of(accesses.begin(), accesses.end(), [&](const Access& a) { return add_read(reads, a, w); });
    };
    const Member* power = waiting.power != Scratch::never ? &step_.members[waiting.power] : nullptr;
    if (waiting.only_power()) {
        const Access& other = second.in[on_the_left(*power, second) ? 1 : 0];
        if (!add_read(reads, power->in[0], w) || !add_read(reads, other, w)) return false;
        const char op = after(*power, second);
        i.kernel = kernels(second).of_bytes(op, reads.spread());
        i.name = bytes_name(op);
        return i.kernel;
    }
    if (waiting.full()) {
        const Member *left = &step_.members[waiting.members[0]], *right = &step_.members[waiting.members[1]];
        if (power) {
            if (in(power->out, waiting.members[0])) std::swap(left, right); // the square stands last
            if (!add_all(left->in) || !add_square(reads, *right, *power, w)) return false;
            reads.order(0);
            i.kernel = kernels(second).sum_with_square(reads.spread());
            i.name = "a*b+c*d^2";
        } else {
            if (!add_all(left->in) || !add_all(right->in)) return false;
            reads.order(0), reads.order(2);
            i.kernel = kernels(second).products(second.info->arithmetic, reads.spread());
            i.name = second.info->arithmetic == '+' ? "a*b+c*d" : "a*b-c*d";
        }
        return i.kernel;
    }
    const Member& first = step_.members[waiting.any()];
    const Access& other = second.in[on_the_left(first, second) ? 1 : 0];
    if (power) {
        const std::size_t at = first.in[0].value == power->out ? 0 : 1;
        if (!add_read(reads, first.in[1 - at], w) || !add_read(reads, power->in[0], w) || !add_read(reads, other, w))
            return false;
        i.kernel = kernels(second).quotient_with_root(reads.spread());
        i.name = "c/(a+sqrt(b))";
    } else {
        if (!add_all(first.in) || !add_read(reads, other, w)) return false;
        const char f = first.info->arithmetic, g = after(first, second);
        if (f == '+' || f == '*') reads.order(0);
        i.kernel = kernels(second).pair(f, g, reads.spread());
        i.name = joint_name(f, g);
    }
    return i.kernel;
}

bool LoopEmitter::emit_joint(std::size_t index, const Member& second, const Waiting& waiting) {
    const std::size_t w = width(second.space);
    JointReads reads;
    Instruction i;
    if (!choose_kernel(i, reads, second, waiting, w)) return false;
    i.node = second.node;
    i.op = op_without_attributes();
    i.flat = true;
    bool reuse = true;
    for (std::size_t k = 0; k < reads.size; ++k) {
        const Operand& operand = reads.operands[k];
        set_input(i, k, operand);
        i.flat = i.flat && (operand.dense(w) || operand.constant());
        const DraftValue& value = draft_.values[reads.accesses[k]->value];
        if (!value.in_memory && !operand.dense(w)) reuse = false;
    }
    i.cols = w;
    i.out_stride = static_cast<std::int64_t>(w);
    const std::uint32_t out = way_out(second, w);
    i.out = result_place(index, second, {reads.accesses.data(), reads.size}, w, reuse);
    if (!add_to_quotient(i, reads, second)) add_last(second, i, w, out);
    return true;
}

/// p = s q + p, in place, where q = c / (a + sqrt(b)) has just been computed for this alone.
bool LoopEmitter::add_to_quotient(const Instruction& i, const JointReads& reads, const Member& second) {
    const JointKernels& joint = kernels(second);
    if (loop_.body.empty() || i.kernel != joint.pair('*', '+', 1) || i.in[2] != i.out) return false;
    const ValueId q = reads.accesses[1]->value;
    if (draft_.values[q].in_memory || reads_[q] != 1) return false;
    Instruction& quotient = loop_.body.back();
    if (quotient.kernel != joint.quotient_with_root(1) || quotient.out != i.in[1] || quotient.cols != i.cols)
        return false;
    quotient.flat = quotient.flat && i.flat; // each of the two numbers may be one for each row
    for (const std::size_t k : {3, 2, 1}) {
        quotient.in[k] = quotient.in[k - 1];
        quotient.in_stride[k] = quotient.in_stride[k - 1];
    }
    quotient.in[0] = i.in[0];
    quotient.in_stride[0] = i.in_stride[0];
    quotient.inputs = 4;
    quotient.kernel = joint.add_quotient_with_root;
    quotient.name = "out+s*c/(a+sqrt(b))";
    quotient.out = i.out;
    quotient.out_stride = i.out_stride;
    quotient.node = i.node;
    return true;
}

const char* LoopEmitter::bytes_name(char op) {
    static constexpr const char* names[6] = {"cast(a)+b", "cast(a)-b", "cast(a)*b",
                                             "b-cast(a)", "cast(a)/b", "b/cast(a)"};
    return names[JointKernels::index(op, "+-*r/d")];
}

const char* joint_name(char f, char g) {
    static constexpr const char* names[4][6] = {{"(a+b)+c", "(a+b)-c", "(a+b)*c", "c-(a+b)", "(a+b)/c", "c/(a+b)"},
                                                {"(a-b)+c", "(a-b)-c", "(a-b)*c", "c-(a-b)", "(a-b)/c", "c/(a-b)"},
                                                {"(a*b)+c", "(a*b)-c", "(a*b)*c", "c-(a*b)", "(a*b)/c", "c/(a*b)"},
                                                {"(a/b)+c", "(a/b)-c", "(a/b)*c", "c-(a/b)", "(a/b)/c", "c/(a/b)"}};
    return names[JointKernels::index(f, "+-*/")][JointKernels::index(g, "+-*r/d")];
}

} // namespace xgrad
