// The numerics check: what is looked at after each step of an unfused program, and what is said of a NaN or an infinity.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/compiler/emit.hpp>
#include <xgrad/core/program/executable.hpp>

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

// --- What is said ------------------------------------------------------------------------------------------------------

double element(DType dtype, const std::byte* data, std::int64_t i) {
    switch (dtype) {
    case DType::float32: return static_cast<double>(reinterpret_cast<const float*>(data)[i]);
    case DType::float64: return reinterpret_cast<const double*>(data)[i];
    case DType::int64: return static_cast<double>(reinterpret_cast<const std::int64_t*>(data)[i]);
    default: return reinterpret_cast<const std::uint8_t*>(data)[i];
    }
}

/// Shortest digits that give the number back in its own dtype.
std::string written(DType dtype, double x) {
    if (std::isnan(x)) return "nan"; // of either sign
    return dtype == DType::float32 ? fmt::format("{}", static_cast<float>(x)) : fmt::format("{}", x);
}

double input_element(const Input& input, std::byte* const* bases, std::size_t i) {
    std::int64_t at = 0;
    for (std::size_t axis = input.elements.rank; axis-- > 0; i /= input.elements.extents[axis])
        at += static_cast<std::int64_t>(i % input.elements.extents[axis]) * input.elements.strides[axis];
    return element(input.type.dtype, bases[input.place.base] + input.place.offset, at);
}

std::string describe(const Input& input, std::byte* const* bases) {
    const std::string type = fmt::format("{} {}", name(input.type.dtype), input.type.shape.str());
    if (input.count == 0) return type + ", empty";
    double low = INFINITY, high = -INFINITY;
    std::size_t bad = 0;
    for (std::size_t i = 0; i < input.count; ++i) {
        const double x = input_element(input, bases, i);
        bad += !std::isfinite(x);
        low = std::fmin(low, x);
        high = std::fmax(high, x);
    }
    if (bad != 0) return fmt::format("{} with {} elements that are not finite", type, bad);
    return fmt::format("{} from {} to {}", type, written(input.type.dtype, low), written(input.type.dtype, high));
}

template <class T>
std::size_t first_bad(const std::byte* data, std::size_t n) {
    const T* x = reinterpret_cast<const T*>(data);
    return static_cast<std::size_t>(std::find_if(x, x + n, [](T v) { return !std::isfinite(v); }) - x);
}

} // namespace

void watch_leaves(const Draft& draft, Plan& plan) {
    std::vector<std::pair<std::uint32_t, ValueId>> leaves(draft.leaf_values.begin(), draft.leaf_values.end());
    std::sort(leaves.begin(), leaves.end());
    for (const auto& [node, value] : leaves) {
        const Leaf* leaf = draft.graph.leaf(node);
        if (!leaf || leaf->kind == Tape::LeafKind::constant || !is_floating(leaf->type.dtype)) continue;
        NumericsCheck check = check_of(draft, node, value, -1);
        const auto input = std::find(draft.inputs.begin(), draft.inputs.end(), node);
        const char* kind = leaf->kind == Tape::LeafKind::state ? "state" : "parameter";
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

void require_finite(const NumericsCheck& check, std::byte* const* bases) {
    const std::byte* data = bases[check.place.base] + check.place.offset;
    const std::size_t n = check.type.shape.numel();
    const bool single = check.type.dtype == DType::float32;
    const std::size_t bad = single ? first_bad<float>(data, n) : first_bad<double>(data, n);
    if (bad == n) return;

    std::string text = fmt::format(
        "{}: element {} of {} {} is {}", check.label, check.type.shape.position(bad), name(check.type.dtype),
        check.type.shape.str(),
        written(check.type.dtype, element(check.type.dtype, data, static_cast<std::int64_t>(bad))));
    std::vector<std::string> inputs;
    for (const Input& input : check.inputs)
        inputs.push_back(check.elementwise ? written(input.type.dtype, input_element(input, bases, bad))
                                           : describe(input, bases));
    if (inputs.size() == 1)
        text += fmt::format("; its input {}is {}", check.elementwise ? "there " : "", inputs[0]);
    else if (!inputs.empty())
        text += fmt::format("; its inputs {}are {}", check.elementwise ? "there " : "", fmt::join(inputs, " and "));
    throw Error(text, check.where);
}

} // namespace xgrad
