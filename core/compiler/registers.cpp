// Where the operands and results of a loop stand: registers, memory, or a dense copy.

#include <xgrad/core/compiler/loop_emitter.hpp>

namespace xgrad {

Instruction LoopEmitter::move(Kernel kernel, const char* name, const Place& from, std::int64_t stride, std::size_t w,
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
    i.subrows = subrows_;
    return i;
}

void LoopEmitter::move_to(const Read& a, const Place& to, bool once) {
    const IrValue& value = ir_.values[a.value];
    const Pattern& pattern = ir_.pattern(a);
    const std::size_t element = size_of(value.dtype), w = width(pattern.count);
    const MoveKernels& kernels = move_kernels(element);
    const Reading how = reading(pattern, rows_, w);
    Place from = place_of(a.value);
    from.offset += pattern.offset * static_cast<std::int64_t>(element);
    if (how.kind == Reading::Kind::gather) {
        Instruction i = move(kernels.gather, "gather", from, 0, w, to);
        i.op = pattern.keep(plan_.attributes);
        loop_.body.push_back(i);
        return;
    }
    if (from.base != base_registers) from.row_bytes = row_bytes(how.stride * static_cast<std::int64_t>(element));
    const bool spread = how.kind == Reading::Kind::spread;
    Instruction i = move(spread ? kernels.spread : kernels.rows, spread ? "spread" : "copy", from, how.stride, w, to);
    const bool invariant = once && how.stride == 0 && ir_.values[a.value].nest != s_;
    if (!spread && how.stride == static_cast<std::int64_t>(w)) i.flat = true;
    (invariant ? loop_.prologue : loop_.body).push_back(i);
}

auto LoopEmitter::moved(const Read& a) -> Operand {
    const std::size_t w = width(ir_.pattern(a).count);
    std::vector<Moved>& there = moved_[a.value];
    for (const Moved& m : there)
        if (m.pattern == a.pattern() || ir_.patterns[m.pattern] == ir_.pattern(a))
            return {register_place(m.reg), static_cast<std::int64_t>(w), false};
    const std::size_t bytes = w * subrows_ * size_of(ir_.values[a.value].dtype);
    const std::uint32_t reg = nest_.small ? allocate(bytes) : new_register(bytes);
    move_to(a, register_place(reg), !nest_.small);
    there.push_back({a.pattern(), reg});
    return {register_place(reg), static_cast<std::int64_t>(w), false};
}

void LoopEmitter::release_moved(ValueId id) {
    const auto it = moved_.find(id);
    if (it == moved_.end()) return;
    for (const Moved& moved : it->second)
        release(moved.reg);
    moved_.erase(it);
}

auto LoopEmitter::rows_of(const Read& a) -> Operand {
    Operand operand;
    if (!direct(a, operand) || operand.spread) operand = moved(a);
    return operand;
}

} // namespace xgrad
