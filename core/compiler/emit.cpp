// From the statements of loops to kernel calls.

#include <xgrad/core/compiler/loop_emitter.hpp>

namespace xgrad {

Loop LoopEmitter::run() {
    loop_.rows = step_.rows != 0 ? step_.rows : step_.space;
    if (step_.space == 0) loop_.rows = empty_rows();
    loop_.body.reserve(step_.statements.size() + step_.statements.size() / 8);
    find_last_reads();
    for (std::size_t i = 0; i < step_.statements.size(); ++i)
        emit(i);
    choose_blocks(loop_, demands_);
    find_prefetched(loop_, demands_);
    place_registers(loop_, demands_);
    return std::move(loop_);
}

std::size_t LoopEmitter::empty_rows() const {
    const Statement& m = step_.statements[0];
    return m.role == Role::row_reduction || m.role == Role::rowwise ? m.rows : 0;
}

void LoopEmitter::find_last_reads() {
    for (std::size_t i = 0; i < step_.statements.size(); ++i)
        for (const Read& a : step_.statements[i].in)
            if (ir_.values[a.value].step == s_) last_read_[a.value] = static_cast<std::uint32_t>(i);
}

void LoopEmitter::emit(std::size_t index) {
    const Statement& m = step_.statements[index];
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

Instruction LoopEmitter::instruction(const Statement& m, Kernel kernel) {
    Instruction i;
    i.kernel = kernel;
    i.name = m.super ? m.super->name : m.info ? m.info->name : "copy";
    i.node = m.node;
    i.op = m.super ? op_without_attributes() : m.info ? plan_.keep(*m.info, m.op) : nullptr;
    return i;
}

std::span<const Kernel> LoopEmitter::kernels_of(const Statement& m) const {
    if (m.super) return m.super->kernels[ir_.values[m.out].dtype == DType::float32 ? 0 : 1];
    const ElementwiseForm& form = *m.info->elementwise;
    return form.kernels[static_cast<std::size_t>(ir_.values[m.in[form.masked ? 1 : 0].value].dtype)];
}

void LoopEmitter::emit_elementwise(std::size_t index, const Statement& m) {
    const std::size_t w = width(m.space);
    const std::span<const Kernel> kernels = kernels_of(m);
    std::array<Operand, 4> operands;
    for (std::size_t k = 0; k < m.in.size(); ++k)
        if (!direct(m.in[k], operands[k])) operands[k] = moved(m.in[k]);
    // Few columns: all but numbers is expanded.
    auto plain = [&](const Operand& o) { return o.dense(w) || o.constant(); };
    if (w < expanded_below)
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
        const IrValue& value = ir_.values[m.in[k].value];
        if (!value.in_memory && !operands[k].dense(w)) reuse = false;
    }
    i.cols = w;
    i.out_stride = static_cast<std::int64_t>(w);
    i.out = result_place(index, m, w, reuse);
    loop_.body.push_back(i);
}

void LoopEmitter::emit_copy(std::size_t index, const Statement& m) {
    const Place to = new_place(m, width(m.space));
    move_to(m.in[0], to);
    loop_.body.back().node = m.node;
    release_dead(index, m);
}

void LoopEmitter::emit_row_reduction(std::size_t index, const Statement& m) {
    const auto dtype = static_cast<std::size_t>(ir_.values[m.out].dtype);
    Instruction i = instruction(m, m.info->reduction->rows[dtype]);
    set_input(i, 0, rows_of(m.in[0]));
    i.cols = width(m.space);
    i.out_stride = 1;
    i.out = result_place(index, m, 1, false);
    loop_.body.push_back(i);
}

void LoopEmitter::emit_accumulation(std::size_t index, const Statement& m) {
    const IrValue& out = ir_.values[m.out];
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
    release_dead(index, m);
    loop_.accumulators.push_back(a);
    loop_.body.push_back(i);
}

void LoopEmitter::emit_rowwise(std::size_t index, const Statement& m) {
    std::vector<Type> types;
    for (const std::uint32_t input : ir_.graph.inputs(m.node))
        types.push_back(ir_.graph.type(input));
    Instruction i = instruction(m, m.info->rowwise(m.op, types));
    for (std::size_t k = 0; k < m.in.size(); ++k)
        set_input(i, k, m.info->whole >> k & 1 ? whole(m.in[k]) : rows_of(m.in[k]));
    const std::size_t w = width(ir_.values[m.out].numel);
    i.cols = w;
    i.out_stride = static_cast<std::int64_t>(w);
    i.inner = m.in.empty() ? 0 : width(m.in[0].count);
    if (m.info->fault) {
        const ValueId integers = m.in[static_cast<std::size_t>(m.info->fault_input)].value;
        FaultCheck check;
        check.info = m.info;
        check.op = i.op;
        check.types = types;
        check.integers = place_of(integers);
        check.where = ir_.graph.node(m.node).where;
        check.step = plan_.steps.size() - 1;
        i.fault = static_cast<std::uint32_t>(plan_.faults.size());
        plan_.faults.push_back(std::move(check));
    }
    i.out = result_place(index, m, w, false);
    loop_.body.push_back(i);
}

void emit(LoopIR& ir, Plan& plan) {
    Scratch scratch(ir.values.size());
    if (ir.options.check_numerics) watch_leaves(ir, plan);
    for (std::size_t s = 0; s < ir.steps.size(); ++s) {
        const Nest& step = ir.steps[s];
        switch (step.kind) {
        case PlanStep::Kind::loop: {
            if (step.statements.empty()) break; // all of it has sunk into later loops
            plan.steps.push_back({step.kind, plan.loops.size()});
            plan.loops.push_back(LoopEmitter(ir, plan, s, scratch).run());
            const Loop& loop = plan.loops.back();
            plan.register_bytes = std::max(plan.register_bytes, loop.register_bytes);
            plan.accumulator_bytes = std::max(plan.accumulator_bytes,
                                              loop.accumulator_bytes * std::max<std::size_t>(1, loop.chunks()));
            break;
        }
        case PlanStep::Kind::product:
            plan.steps.push_back({step.kind, plan.products.size()});
            plan.products.push_back(make_product(ir, step));
            break;
        case PlanStep::Kind::opaque:
            plan.steps.push_back({step.kind, plan.opaques.size()});
            plan.opaques.push_back(make_opaque(ir, plan, step));
            break;
        }
        if (ir.options.check_numerics) watch(ir, step, plan);
    }
}

} // namespace xgrad
