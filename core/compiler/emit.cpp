// From the members of loops to kernel calls.

#include <xgrad/core/compiler/loop_emitter.hpp>

namespace xgrad {

Loop LoopEmitter::run() {
    loop_.rows = step_.rows != 0 ? step_.rows : step_.space;
    if (step_.space == 0) loop_.rows = empty_rows();
    loop_.body.reserve(step_.members.size() + step_.members.size() / 8);
    find_last_reads();
    for (std::size_t i = 0; i < step_.members.size(); ++i)
        emit(i);
    choose_blocks(loop_, demands_);
    find_fetched(loop_, demands_);
    place_registers(loop_, demands_);
    return std::move(loop_);
}

std::size_t LoopEmitter::empty_rows() const {
    const Member& m = step_.members[0];
    return m.role == Role::row_reduction || m.role == Role::rowwise ? m.rows : 0;
}

void LoopEmitter::find_last_reads() {
    for (std::size_t i = 0; i < step_.members.size(); ++i)
        for (const Access& a : step_.members[i].in)
            if (draft_.values[a.value].step == s_)
                last_read_[a.value] = static_cast<std::uint32_t>(i), ++reads_[a.value];
}

void LoopEmitter::add_last(const Member& m, Instruction i, std::size_t w, std::uint32_t way_out) {
    if (way_out == Scratch::never) return add(loop_.body, i);
    Instruction last = move(move_kernels(size_of(draft_.values[m.out].dtype)).rows_past_caches, "write past the caches",
                            register_place(way_out), static_cast<std::int64_t>(w), w, i.out);
    last.past_caches = true;
    i.out = last.in[0];
    add(loop_.body, i);
    last.flat = true;
    add(loop_.body, last);
    release(way_out);
    loop_.past_caches = true;
}

void LoopEmitter::emit(std::size_t index) {
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

Instruction LoopEmitter::instruction(const Member& m, Kernel kernel) {
    Instruction i;
    i.kernel = kernel;
    i.name = m.super ? m.super->name : m.info ? m.info->name : "copy";
    i.node = m.node;
    i.op = m.super ? op_without_attributes() : m.info ? plan_.keep(*m.info, m.op) : nullptr;
    return i;
}

std::span<const Kernel> LoopEmitter::kernels_of(const Member& m) const {
    if (m.super) return m.super->kernels[draft_.values[m.out].dtype == DType::float32 ? 0 : 1];
    const ElementwiseForm& form = *m.info->elementwise;
    return form.kernels[static_cast<std::size_t>(draft_.values[m.in[form.masked ? 1 : 0].value].dtype)];
}

void LoopEmitter::emit_elementwise(std::size_t index, const Member& m) {
    const std::size_t w = width(m.space);
    const std::span<const Kernel> kernels = kernels_of(m);
    std::array<Operand, 4> operands;
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
        const DraftValue& value = draft_.values[m.in[k].value];
        if (!value.in_memory && !operands[k].dense(w)) reuse = false;
    }
    i.cols = w;
    i.out_stride = static_cast<std::int64_t>(w);
    const std::uint32_t out = way_out(m, w);
    i.out = result_place(index, m, w, reuse);
    add_last(m, i, w, out);
}

void LoopEmitter::emit_copy(std::size_t index, const Member& m) {
    const Place to = new_place(m, width(m.space));
    move_to(m.in[0], to);
    loop_.body.back().node = m.node;
    release_dead(index, m);
}

void LoopEmitter::emit_row_reduction(std::size_t index, const Member& m) {
    const auto dtype = static_cast<std::size_t>(draft_.values[m.out].dtype);
    Instruction i = instruction(m, m.info->reduction->rows[dtype]);
    set_input(i, 0, rows_of(m.in[0]));
    i.cols = width(m.space);
    i.out_stride = 1;
    i.out = result_place(index, m, 1, false);
    loop_.body.push_back(i);
}

void LoopEmitter::emit_accumulation(std::size_t index, const Member& m) {
    const DraftValue& out = draft_.values[m.out];
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

void LoopEmitter::emit_rowwise(std::size_t index, const Member& m) {
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
        FaultCheck check;
        check.info = m.info;
        check.op = i.op;
        check.types = types;
        check.integers = place_of(integers);
        check.where = draft_.graph.node(m.node).where;
        check.step = plan_.steps.size() - 1;
        i.fault = static_cast<std::uint32_t>(plan_.faults.size());
        plan_.faults.push_back(std::move(check));
    }
    i.out = result_place(index, m, w, false);
    loop_.body.push_back(i);
}

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
