// From the statements of loops to kernel calls.
//
// Assumes that nothing is moved or merged any more. Leaves an item of the plan for each nest that still has statements;
// the registers of a loop are numbers until its blocks are chosen (tiling.cpp), and places from then on.

#include <xgrad/core/compiler/loop_emitter.hpp>

namespace xgrad {

Loop LoopEmitter::run() {
    loop_.rows = nest_.space != 0 ? nest_.row_count() : empty_rows();
    loop_.body.reserve(statements_.size() + statements_.size() / 8);
    find_last_reads();
    for (std::size_t i = 0; i < statements_.size(); ++i)
        emit(i);
    choose_blocks(loop_, demands_);
    find_prefetched(loop_, demands_);
    place_registers(loop_, demands_);
    return std::move(loop_);
}

std::size_t LoopEmitter::empty_rows() const {
    const Statement& m = statements_[0];
    return m.role == Role::row_reduction || m.role == Role::rowwise ? m.rows : 0;
}

void LoopEmitter::find_last_reads() {
    for (std::size_t i = 0; i < statements_.size(); ++i)
        for (const Read& a : statements_[i].in())
            last_read_[a.value] = static_cast<std::uint32_t>(i);
}

void LoopEmitter::emit(std::size_t index) {
    const Statement& m = statements_[index];
    rows_ = nest_.small ? std::max<std::size_t>(1, m.rows) : loop_.rows;
    subrows_ = nest_.small ? rows_ : 1;
    switch (m.role) {
    case Role::elementwise: return emit_elementwise(index, m);
    case Role::copy: return emit_copy(index, m);
    case Role::row_reduction: return emit_row_reduction(index, m);
    case Role::column_reduction:
    case Role::full_reduction: return nest_.small ? emit_whole_accumulation(index, m) : emit_accumulation(index, m);
    case Role::rowwise: return emit_rowwise(index, m);
    case Role::narrow_product: return emit_narrow_product(index, m);
    case Role::narrow_adjoint: return emit_narrow_adjoint(index, m);
    }
}

Instruction LoopEmitter::instruction(const Statement& m, Kernel kernel) {
    Instruction i;
    describe(i, m, m.superinstruction(), kernel);
    return i;
}

void LoopEmitter::emit_elementwise(std::size_t index, const Statement& m) {
    const std::size_t w = width(m.space);
    const Superinstruction* const together = m.superinstruction();
    const std::span<const Kernel> kernels = kernels_of(m, together);
    const auto reads = m.in();
    const auto plain = [&](const Operand& o) { return o.dense(w) || o.constant(); };
    std::array<Operand, 4> operands;
    unsigned spread = 0, expanded = 0; // bit k: operand k
    const auto expand = [&](std::size_t k) {
        operands[k] = moved(reads[k]);
        expanded |= 1u << k;
    };
    for (std::size_t k = 0; k < reads.size(); ++k) {
        // Few columns: all but numbers is expanded.
        if (!direct(reads[k], operands[k]) || (w < expanded_below && !plain(operands[k]))) expand(k);
        spread |= static_cast<unsigned>(operands[k].spread) << k;
    }
    for (std::size_t k = 0; k < reads.size() && !(spread < kernels.size() && kernels[spread]); ++k)
        if (operands[k].spread) expand(k), spread &= ~(1u << k);

    Instruction& i = loop_.body.emplace_back();
    describe(i, m, together, kernels[spread]);
    bool flat = true, reuse = true; // reuse: of the registers it reads, element by element as they lie
    for (std::size_t k = 0; k < reads.size(); ++k) {
        set_input(i, k, operands[k]);
        flat &= plain(operands[k]);
        if (operands[k].place.base == base_registers && (expanded >> k & 1) == 0 && !reads[k].dense()) reuse = false;
    }
    i.flat = flat;
    i.cols = w;
    i.out_stride = static_cast<std::int64_t>(w);
    place_result(i.out, index, m, w, reuse);
}

void LoopEmitter::emit_copy(std::size_t index, const Statement& m) {
    Place to;
    place_new(to, m, width(m.space));
    move_to(m.in()[0], to);
    loop_.body.back().node = m.node;
    loop_.body.back().where = ir_.graph.node(m.node).where;
    release_dead(index, m);
}

void LoopEmitter::emit_row_reduction(std::size_t index, const Statement& m) {
    const auto dtype = static_cast<std::size_t>(ir_.values[m.out].dtype);
    Instruction i = instruction(m, ir_.info(m)->reduction->rows[dtype]);
    set_input(i, 0, rows_of(m.in()[0]));
    i.cols = width(m.space);
    i.out_stride = 1;
    place_result(i.out, index, m, 1, false);
    loop_.body.push_back(i);
}

void LoopEmitter::emit_accumulation(std::size_t index, const Statement& m) {
    const IrValue& out = ir_.values[m.out];
    const auto dtype = static_cast<std::size_t>(out.dtype);
    const ReductionForm& form = *ir_.info(m)->reduction;
    const bool full = m.role == Role::full_reduction;
    const std::size_t w = width(m.space);

    Instruction i = instruction(m, full ? form.all[dtype] : form.columns[dtype]);
    const Operand operand = rows_of(m.in()[0]);
    set_input(i, 0, operand);
    i.cols = w;
    if (full)
        i.flat = operand.dense(w);
    else if (const std::size_t columns = out.numel; w != columns && w != 0) {
        // Each row of the loop holds several rows of what is reduced.
        Operand dense = operand.dense(w) ? operand : moved(m.in()[0]);
        dense.stride = static_cast<std::int64_t>(columns);
        set_input(i, 0, dense);
        i.subrows = w / columns;
        i.cols = columns;
    }
    Accumulator a;
    a.name = ir_.info(m)->name;
    a.count = full ? 1 : out.numel;
    a.bytes = a.count * form.accumulator_bytes[dtype];
    a.offset = loop_.accumulator_bytes;
    a.start = form.start[dtype];
    a.merge = form.merge[dtype];
    a.finish = form.finish[dtype];
    a.cols = a.count;
    a.out = ir_.place(m.out);
    loop_.accumulator_bytes += aligned(a.bytes);
    i.out = {base_accumulators, static_cast<std::int64_t>(a.offset), 0};
    release_dead(index, m);
    loop_.accumulators.push_back(a);
    loop_.body.push_back(i);
}

/// In a small loop: begun, done and finished in calls of its own, which go over the sums alone but for the second.
void LoopEmitter::emit_whole_accumulation(std::size_t index, const Statement& m) {
    const auto dtype = static_cast<std::size_t>(ir_.values[m.out].dtype);
    const ReductionForm& form = *ir_.info(m)->reduction;
    const bool full = m.role == Role::full_reduction;
    const std::size_t count = ir_.values[m.out].numel;
    const Operand operand = rows_of(m.in()[0]),
                  sums = {register_place(allocate(count * form.accumulator_bytes[dtype])), 0, false};

    Instruction add = instruction(m, full ? form.all[dtype] : form.columns[dtype]);
    Instruction start = add, finish = add;
    set_input(add, 0, operand);
    add.cols = width(m.space);
    add.flat = full;
    add.out = sums.place;
    start.kernel = form.start[dtype];
    start.out = sums.place;
    finish.kernel = form.finish[dtype];
    set_input(finish, 0, sums);
    start.subrows = finish.subrows = rows_ = subrows_ = 1;
    start.cols = finish.cols = count;
    place_result(finish.out, index, m, count, false);
    for (const Instruction& i : {start, add, finish})
        loop_.body.push_back(i);
    release(NumberedRegister::of(sums.place).number);
}

void LoopEmitter::emit_rowwise(std::size_t index, const Statement& m) {
    std::vector<Type> types;
    for (const std::uint32_t input : ir_.graph.inputs(m.node))
        types.push_back(ir_.graph.type(input));
    Instruction i = instruction(m, ir_.info(m)->rowwise(ir_.graph.node(m.node).op, types));
    for (std::size_t k = 0; k < m.in().size(); ++k)
        set_input(i, k, ir_.info(m)->whole >> k & 1 ? whole(m.in()[k]) : rows_of(m.in()[k]));
    const std::size_t w = width(ir_.values[m.out].numel);
    i.cols = w;
    i.out_stride = static_cast<std::int64_t>(w);
    i.inner = m.in().empty() ? 0 : width(ir_.pattern(m.in()[0]).count);
    if (ir_.info(m)->fault) {
        const ValueId integers = m.in()[static_cast<std::size_t>(ir_.info(m)->fault_input)].value;
        FaultCheck check;
        check.info = ir_.info(m);
        check.op = i.op;
        check.types = types;
        check.integers = place_of(integers);
        check.where = ir_.graph.node(m.node).where;
        check.item = plan_.items.size() - 1;
        i.fault = static_cast<std::uint32_t>(plan_.faults.size());
        plan_.faults.push_back(std::move(check));
    }
    place_result(i.out, index, m, w, false);
    loop_.body.push_back(i);
}

void emit(LoopIR& ir, Plan& plan) {
    RegisterLists lists(ir.values.size(), ir.graph.scratch);
    if (ir.options.check_numerics) watch_leaves(ir, plan);
    for (std::size_t s = 0; s < ir.nests.size(); ++s) {
        const Nest& nest = ir.nests[s];
        switch (nest.kind) {
        case PlanItem::Kind::loop: {
            if (nest.count == 0) break; // all of it has sunk into later loops
            plan.items.push_back({nest.kind, plan.loops.size()});
            plan.loops.push_back(LoopEmitter(ir, plan, s, lists).run());
            const Loop& loop = plan.loops.back();
            plan.register_bytes = std::max(plan.register_bytes, loop.register_bytes);
            plan.accumulator_bytes = std::max(plan.accumulator_bytes,
                                              loop.accumulator_bytes * std::max<std::size_t>(1, loop.chunks()));
            break;
        }
        case PlanItem::Kind::product:
            plan.items.push_back({nest.kind, plan.products.size()});
            plan.products.push_back(make_product(ir, nest));
            break;
        case PlanItem::Kind::opaque:
            plan.items.push_back({nest.kind, plan.opaques.size()});
            plan.opaques.push_back(make_opaque(ir, plan, nest));
            break;
        }
        if (ir.options.check_numerics) watch(ir, nest, plan);
    }
}

} // namespace xgrad
