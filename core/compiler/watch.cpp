// The numerics check of an unfused program: what is looked at after each of its steps.

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/compiler/emit.hpp>

namespace xgrad {
namespace {

using Input = NumericsCheck::Input;

GatherMap elements_of(const Pattern& p) {
    if (p.map) return *p.map;
    return {p.rank, {p.extents[0], p.extents[1]}, {p.strides[0], p.strides[1]}};
}

GatherMap elements_of(const Layout& layout) {
    GatherMap map{.rank = layout.shape.rank()};
    std::copy_n(layout.shape.begin(), map.rank, map.extents.begin());
    std::copy_n(layout.strides.begin(), map.rank, map.strides.begin());
    return map;
}

Input input_of(const Draft& draft, std::uint32_t node, ValueId id, std::int64_t offset, const GatherMap& elements,
               std::size_t count) {
    const DraftValue& value = draft.values[id];
    Input input{draft.graph.type(node), value.place, elements, count};
    input.place.offset += offset * static_cast<std::int64_t>(size_of(value.dtype));
    return input;
}

NumericsCheck check_of(const Draft& draft, std::uint32_t node, ValueId out, int step) {
    const Node& n = draft.graph.node(node);
    return {.step = step,
            .label = n.info->name,
            .type = draft.graph.type(node),
            .place = draft.values[out].place,
            .elementwise = n.info->elementwise != nullptr,
            .where = n.where};
}

} // namespace

void watch_leaves(const Draft& draft, Plan& plan) {
    std::vector<std::pair<std::uint32_t, ValueId>> leaves(draft.leaf_values.begin(), draft.leaf_values.end());
    std::sort(leaves.begin(), leaves.end());
    for (const auto& [node, value] : leaves) {
        const Leaf* leaf = draft.graph.leaf(node);
        if (!leaf || leaf->kind == LeafKind::constant || !is_floating(leaf->type.dtype)) continue;
        NumericsCheck check = check_of(draft, node, value, -1);
        const auto input = std::find(draft.inputs.begin(), draft.inputs.end(), node);
        const char* kind = leaf->kind == LeafKind::state ? "state" : "parameter";
        check.label = !leaf->name.empty() ? fmt::format("{} \"{}\"", leaf->buffer ? kind : "argument", leaf->name)
                                          : fmt::format("argument {}", input - draft.inputs.begin());
        plan.numerics.push_back(std::move(check));
    }
}

void watch(const Draft& draft, const DraftStep& step, Plan& plan) {
    const int at = static_cast<int>(plan.steps.size()) - 1;
    auto add = [&](std::uint32_t node, ValueId out) {
        if (node == ~0u || !is_floating(draft.values[out].dtype)) return false;
        plan.numerics.push_back(check_of(draft, node, out, at));
        return true;
    };
    for (const Member& m : step.members) {
        if (m.role == Role::copy || !add(m.node, m.out)) continue;
        const auto inputs = draft.graph.inputs(m.node);
        for (std::size_t k = 0; k < m.in.size(); ++k)
            plan.numerics.back().inputs.push_back(input_of(draft, inputs[k], m.in[k].value, m.in[k].pattern->offset,
                                                           elements_of(*m.in[k].pattern), m.in[k].count));
    }
    if (step.out == no_value || !add(step.node, step.out)) return;
    const auto inputs = draft.graph.inputs(step.node);
    for (std::size_t k = 0; k < step.in.size(); ++k)
        plan.numerics.back().inputs.push_back(input_of(draft, inputs[k], step.in[k].value, step.in[k].layout.offset,
                                                       elements_of(step.in[k].layout),
                                                       step.in[k].layout.shape.numel()));
}

} // namespace xgrad
