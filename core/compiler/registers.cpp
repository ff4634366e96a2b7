// Where the operands and results of a loop stand: registers, memory, or a dense copy.

#include <xgrad/core/compiler/loop_emitter.hpp>

namespace xgrad {

std::uint32_t LoopEmitter::allocate(std::size_t row_bytes) {
    auto& free = free_registers(row_bytes);
    if (!free.empty()) {
        const std::uint32_t r = free.back();
        free.pop_back();
        return r;
    }
    demands_.register_row_bytes.push_back(row_bytes);
    return static_cast<std::uint32_t>(demands_.register_row_bytes.size() - 1);
}

bool LoopEmitter::direct(const Read& a, Operand& result) const {
    const IrValue& value = ir_.values[a.value];
    const Pattern& pattern = ir_.pattern(a);
    const std::size_t w = width(pattern.count);
    const Reading how = reading(pattern, loop_.rows, w);
    if (how.kind == Reading::Kind::gather) return false;
    if (how.kind == Reading::Kind::rows && w == 1 && how.stride != 1 && loop_.rows > 1) return false;
    const auto element = static_cast<std::int64_t>(size_of(value.dtype));
    result.place = place_of(a.value);
    result.place.offset += pattern.offset * element;
    if (result.place.base != base_registers) result.place.row_bytes = how.stride * element;
    result.stride = how.stride;
    result.spread = how.kind == Reading::Kind::spread;
    return true;
}

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
    return i;
}

void LoopEmitter::move_to(const Read& a, const Place& to, bool once) {
    const IrValue& value = ir_.values[a.value];
    const Pattern& pattern = ir_.pattern(a);
    const std::size_t element = size_of(value.dtype), w = width(pattern.count);
    const MoveKernels& kernels = move_kernels(element);
    const Reading how = reading(pattern, loop_.rows, w);
    Place from = place_of(a.value);
    from.offset += pattern.offset * static_cast<std::int64_t>(element);
    if (how.kind == Reading::Kind::gather) {
        Instruction i = move(kernels.gather, "gather", from, 0, w, to);
        i.op = pattern.keep(plan_.attributes);
        add(loop_.body, i);
        return;
    }
    if (from.base != base_registers) from.row_bytes = how.stride * static_cast<std::int64_t>(element);
    const bool spread = how.kind == Reading::Kind::spread;
    Instruction i = move(spread ? kernels.spread : kernels.rows, spread ? "spread" : "copy", from, how.stride, w, to);
    const bool invariant = once && how.stride == 0 && ir_.values[a.value].step != s_;
    if (!spread && how.stride == static_cast<std::int64_t>(w)) i.flat = true;
    add(invariant ? loop_.prologue : loop_.body, i);
}

auto LoopEmitter::moved(const Read& a) -> Operand {
    const Pattern& pattern = ir_.pattern(a);
    const std::size_t w = width(pattern.count);
    for (const Moved& m : moved_)
        if (m.value == a.value && m.width == w && m.pattern == pattern)
            return {register_place(m.reg), static_cast<std::int64_t>(w), false};
    const std::size_t element = size_of(ir_.values[a.value].dtype);
    demands_.register_row_bytes.push_back(w * element); // never given back: the next block may find it still there
    const auto reg = static_cast<std::uint32_t>(demands_.register_row_bytes.size() - 1);
    move_to(a, register_place(reg), true);
    moved_.push_back({a.value, pattern, w, reg});
    return {register_place(reg), static_cast<std::int64_t>(w), false};
}

Place LoopEmitter::new_place(const Statement& m, std::size_t w) {
    const IrValue& value = ir_.values[m.out];
    const std::size_t row_bytes = w * size_of(value.dtype);
    if (!value.in_memory) {
        register_of_[m.out] = allocate(row_bytes);
        return register_place(register_of_[m.out]);
    }
    Place place = ir_.place(m.out);
    place.row_bytes = static_cast<std::int64_t>(row_bytes);
    return place;
}

Place LoopEmitter::result_place(std::size_t statement, const Statement& m, std::size_t w, bool reuse) {
    if (reuse) release_dead(statement, m);
    const Place place = new_place(m, w);
    if (!reuse) release_dead(statement, m);
    if (!ir_.values[m.out].in_memory && last_read_[m.out] == RegisterLists::none) release_register(m.out); // nobody reads it
    return place;
}

void LoopEmitter::release_dead(std::size_t statement, const Statement& m) {
    for (const Read& read : m.in())
        if (ir_.values[read.value].step == s_ && last_read_[read.value] == statement) release_register(read.value);
}

/// What is read twice has already given its own back.
void LoopEmitter::release_register(ValueId id) {
    if (register_of_[id] == RegisterLists::none) return;
    release(register_of_[id]);
    register_of_[id] = RegisterLists::none;
}

auto LoopEmitter::rows_of(const Read& a) -> Operand {
    Operand operand;
    if (!direct(a, operand) || operand.spread) operand = moved(a);
    return operand;
}

} // namespace xgrad
