// The numerics check of an unfused program: what is looked at after each of its nests.

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/compiler/emit.hpp>
#include <xgrad/core/graph/ancestors.hpp>

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

Input input_of(const LoopIR& ir, std::uint32_t node, ValueId id, std::int64_t offset, const GatherMap& elements,
               std::size_t count) {
    const IrValue& value = ir.values[id];
    Input input{ir.graph.type(node), ir.place(id), elements, count};
    input.place.offset += offset * static_cast<std::int64_t>(size_of(value.dtype));
    return input;
}

NumericsCheck check_of(const LoopIR& ir, std::uint32_t node, ValueId out, int item) {
    const Node& n = ir.graph.node(node);
    return {.item = item,
            .label = n.info->name,
            .type = ir.graph.type(node),
            .place = ir.place(out),
            .elementwise = n.info->elementwise != nullptr,
            .where = n.where};
}

} // namespace

void watch_leaves(const LoopIR& ir, Plan& plan) {
    std::vector<std::pair<std::uint32_t, ValueId>> leaves(ir.leaf_values.begin(), ir.leaf_values.end());
    std::sort(leaves.begin(), leaves.end());
    for (const auto& [node, value] : leaves) {
        const Leaf* leaf = ir.graph.leaf(node);
        if (!leaf || leaf->kind == LeafKind::constant || !is_floating(leaf->type.dtype)) continue;
        NumericsCheck check = check_of(ir, node, value, -1);
        const auto input = std::find(ir.inputs.begin(), ir.inputs.end(), node);
        const char* kind = leaf->kind == LeafKind::state ? "state" : "parameter";
        check.label = !leaf->name.empty() ? fmt::format("{} \"{}\"", leaf->buffer ? kind : "argument", leaf->name)
                                          : fmt::format("argument {}", input - ir.inputs.begin());
        plan.numerics.push_back(std::move(check));
    }
}

void watch(const LoopIR& ir, const Nest& nest, Plan& plan) {
    const int at = static_cast<int>(plan.items.size()) - 1;
    auto add = [&](std::uint32_t node, ValueId out) {
        if (node == ~0u || !is_floating(ir.values[out].dtype)) return false;
        plan.numerics.push_back(check_of(ir, node, out, at));
        return true;
    };
    for (const Statement& m : ir.statements_of(nest)) {
        if (m.role == Role::copy || !add(m.node, m.out)) continue;
        const auto inputs = ir.graph.inputs(m.node);
        for (std::size_t k = 0; k < m.in().size(); ++k) {
            const Pattern& pattern = ir.pattern(m.in()[k]);
            plan.numerics.back().inputs.push_back(
                input_of(ir, inputs[k], m.in()[k].value, pattern.offset, elements_of(pattern), pattern.count));
        }
    }
    if (nest.out == no_value || !add(nest.node, nest.out)) return;
    const auto inputs = inputs_to_run(ir.graph, nest.node);
    for (std::size_t k = 0; k < nest.in.size(); ++k)
        plan.numerics.back().inputs.push_back(input_of(ir, inputs[k], nest.in[k].value, nest.in[k].layout.offset,
                                                       elements_of(nest.in[k].layout),
                                                       nest.in[k].layout.shape.numel()));
}

} // namespace xgrad
