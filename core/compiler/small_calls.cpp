// Graphs of small arrays: views, reductions, and what goes in and out.

#include <xgrad/core/compiler/small_calls.hpp>

namespace xgrad {

void SmallCalls::take_inputs() {
    for (const std::uint32_t i : request_.inputs) {
        const std::uint32_t base = plan_->add_input(graph_.type(i), graph_.leaf(i)->name);
        if (i < results_.size()) results_[i].base = base;
    }
    for (const std::uint32_t i : constants_.nodes())
        stand(i, plan_->add_constant(i), 0);
}

void SmallCalls::find_outputs() {
    for (const std::uint32_t i : request_.outputs) {
        const auto offset = static_cast<std::int64_t>(plan_->add_output(graph_.type(i)));
        const std::uint32_t holder = seen_through_views(i);
        const OpInfo* info = graph_.node(holder).info;
        if (!info->view && (info->elementwise || info->reduction) && results_[holder].base == nowhere)
            stand(holder, base_outputs, offset);
    }
}

std::uint32_t SmallCalls::seen_through_views(std::uint32_t i) const {
    while (graph_.node(i).info->view && !graph_.node(i).info->waits) {
        const std::uint32_t input = graph_.inputs(i)[0];
        Layout out{.shape = graph_.shape(i)};
        if (!graph_.node(i).info->view(graph_.node(i).op, Layout::contiguous(graph_.shape(input)), out) ||
            !out.is_contiguous() || out.shape.numel() != graph_.shape(input).numel())
            break;
        i = input;
    }
    return i;
}

bool SmallCalls::lower_leaf(std::uint32_t i) {
    if (const Scalar* number = graph_.scalar(i)) {
        stand(i, base_numbers, static_cast<std::int64_t>(plan_->add_number(*number)));
        return true;
    }
    if (!graph_.leaf(i)) return false;
    if (results_[i].base != nowhere) return true; // an input
    if (!graph_.leaf(i)->buffer) return false;    // one that is not given
    stand(i, plan_->add_leaf(graph_.shared_leaf(i)), 0);
    return true;
}

bool SmallCalls::lower_view(std::uint32_t i) {
    const std::uint32_t input = graph_.inputs(i)[0];
    const Node& node = graph_.node(i);
    Layout shown{.shape = graph_.shape(i)};
    if (node.info->waits || !node.info->view(node.op, layout(input), shown)) return false;
    Layout from_first = shown;
    from_first.offset = 0;
    if (results_[input].count == 1)
        share(i, input, 0, 1);
    else if (from_first.is_contiguous())
        share(i, input, shown.offset, results_[i].count);
    else {
        const Place room = allocate(bytes(i));
        stand(i, room.base, room.offset);
        gather(input, shown, room);
        release(graph_.inputs(i));
    }
    return true;
}

void SmallCalls::share(std::uint32_t i, std::uint32_t input, std::int64_t first, std::uint32_t count) {
    Result& r = results_[i];
    const Result& of = results_[input];
    r.base = of.base;
    r.offset = of.offset + first * static_cast<std::int64_t>(element(i));
    r.count = count;
    r.holder = of.holder;
    results_[r.holder].readers += r.readers - 1;
}

void SmallCalls::lower_reduction(std::uint32_t i) {
    const Node& node = graph_.node(i);
    const std::uint32_t input = graph_.inputs(i)[0];
    const ReducedAxes axes(graph_.shape(input), *node.info->axes(node.op));
    using Kind = ReducedAxes::Kind;
    if (axes.kind == Kind::none && results_[i].base == nowhere) return share(i, input, 0, results_[input].count);
    const ReductionForm& form = *node.info->reduction;
    const auto dtype = static_cast<std::size_t>(node.dtype);
    if (axes.kind == Kind::none)
        gather(input, layout(input), place(i));
    else if (axes.kind == Kind::rows) {
        const Place x = axes.in_order ? whole(input) : gathered(input, reduced_last(layout(input), axes.reduced));
        Instruction& call = add(form.rows[dtype], node.info->name, i, axes.gone);
        call.flat = false;
        call.subrows = axes.kept;
        call.out_stride = 1;
        read(call, x, axes.gone);
        write(call, i);
    } else {
        const bool columns = axes.kind == Kind::columns;
        const Place x = whole(input), sums = temporary(axes.kept * form.accumulator_bytes[dtype]);
        add(form.start[dtype], node.info->name, i, axes.kept).out = sums;
        Instruction& call = add((columns ? form.columns : form.all)[dtype], node.info->name, i,
                                columns ? axes.kept : axes.gone);
        call.flat = !columns;
        call.subrows = columns ? axes.gone : 1;
        read(call, x, call.cols);
        call.out = sums;
        Instruction& last = add(form.finish[dtype], node.info->name, i, axes.kept);
        read(last, sums, 0);
        write(last, i);
    }
    release(graph_.inputs(i));
}

void SmallCalls::take_outputs() {
    for (std::size_t k = 0; k < request_.outputs.size(); ++k) {
        const std::uint32_t i = request_.outputs[k];
        const auto offset = static_cast<std::int64_t>(plan_->outputs[k].offset);
        if (results_[i].base != base_outputs || results_[i].offset != offset)
            gather(i, layout(i), {base_outputs, offset, 0});
    }
}

void SmallCalls::take_updates() {
    for (const auto& [leaf, next] : request_.updates) {
        const bool leafs = results_[next].base >= first_free_base;
        const Place from = leafs ? gathered(next, layout(next)) : whole(next);
        temporaries_.clear(); // kept
        plan_->copies.push_back({from, place(leaf), bytes(next)});
    }
}

} // namespace xgrad
