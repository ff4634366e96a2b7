// Operations of arithmetic that are joined in one call.

#include <xgrad/core/loop_emitter.hpp>

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
    if (on_the_left(first, second)) return op;
    return op == '-' ? 'r' : op == '/' ? 'd' : op;
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

bool LoopEmitter::emit_joint(std::size_t index, const Member& second, const Waiting& waiting) {
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

const char* LoopEmitter::pair_name(char f, char g) {
    static constexpr const char* names[4][6] = {{"(a+b)+c", "(a+b)-c", "(a+b)*c", "c-(a+b)", "(a+b)/c", "c/(a+b)"},
                                                {"(a-b)+c", "(a-b)-c", "(a-b)*c", "c-(a-b)", "(a-b)/c", "c/(a-b)"},
                                                {"(a*b)+c", "(a*b)-c", "(a*b)*c", "c-(a*b)", "(a*b)/c", "c/(a*b)"},
                                                {"(a/b)+c", "(a/b)-c", "(a/b)*c", "c-(a/b)", "(a/b)/c", "c/(a/b)"}};
    return names[JointKernels::index(f, "+-*/")][JointKernels::index(g, "+-*r/d")];
}

} // namespace xgrad
