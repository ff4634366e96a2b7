// What op.hpp's record() does once the op's type is behind its table: operands to nodes, shapes and dtypes, errors.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>
#include <xgrad/core/graph/graph.hpp>
#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/core/graph/structural_ops.hpp>

namespace xgrad {

std::uint32_t Graph::record_bytes_as_reals(const OpInfo& info, const void* op, std::span<const std::uint32_t> inputs,
                                           Location where) {
    std::array<std::uint32_t, 3> cast{};
    if (!info.elementwise || inputs.size() > cast.size()) return Node::no_node;
    const std::size_t first = info.elementwise->masked ? 1 : 0;
    DType to = DType::uint8; // of the floating ones
    bool bytes = false;
    for (std::size_t i = first; i < inputs.size(); ++i) {
        const DType dtype = nodes_[inputs[i]].dtype;
        if (dtype == DType::uint8)
            bytes = true;
        else if (is_floating(dtype) && (to == DType::uint8 || to == dtype))
            to = dtype;
        else
            return Node::no_node;
    }
    if (!bytes || to == DType::uint8) return Node::no_node;
    constexpr Cast<float> to_float32;
    constexpr Cast<double> to_float64;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (i < first || nodes_[inputs[i]].dtype == to)
            cast[i] = inputs[i];
        else if (to == DType::float32)
            cast[i] = record(xgrad::info<Cast<float>>(), &to_float32, inputs.subspan(i, 1), where);
        else
            cast[i] = record(xgrad::info<Cast<double>>(), &to_float64, inputs.subspan(i, 1), where);
    }
    return record(info, op, {cast.data(), inputs.size()}, where);
}

std::uint32_t Graph::operand(const Operand& operand, DType dtype) {
    if (!operand.is_number) return index(operand.var, operand.where);
    const double number = operand.number;
    const bool within = dtype == DType::uint8 ? number >= 0 && number <= 255 : std::abs(number) < 0x1p63;
    const bool fits = is_floating(dtype) || (operand.is_integer && (within || dtype == DType::int64));
    if (!fits) {
        const bool whole = number == std::floor(number);
        const std::string text = operand.is_integer                 ? fmt::format("{}", operand.integer)
                                 : whole && std::abs(number) < 1e15 ? fmt::format("{:.1f}", number)
                                                                    : fmt::format("{}", number);
        const std::string whole_advice = whole && within ? fmt::format(", or write {:.0f}", number) : "";
        throw Error(fmt::format("the number {} does not fit {}, the dtype of the Vars beside it; cast them: "
                                "cast(x, xg::DType::{}){}",
                                text, name(dtype), operand.is_integer ? "int64" : "float64", whole_advice),
                    operand.where);
    }
    return record_scalar(dtype, number, operand.integer, operand.is_integer, operand.where);
}

namespace detail {

namespace {

/// The general case: numbers among the operands, many of them, errors.
Var record_any(const OpInfo& info, const void* op, std::span<const Operand* const> operands) {
    const auto known = std::find_if(operands.begin(), operands.end(),
                                    [](const Operand* o) { return o->where.known(); });
    const Location where = known == operands.end() ? Location{} : (*known)->where;
    const Call call(info.name, where);
    constexpr std::size_t few = 4; // without an allocation
    std::array<std::uint32_t, few> small;
    std::vector<std::uint32_t> many(operands.size() > few ? operands.size() : 0);
    std::uint32_t* const nodes = operands.size() > few ? many.data() : small.data();
    const bool masked = info.elementwise && info.elementwise->masked; // the first operand, by a mask
    const auto first = std::find_if(operands.begin(), operands.end(), [](const Operand* o) { return !o->is_number; });
    if (first == operands.end())
        throw Error(fmt::format("{}: none of its operands is a Var; make one with tape.constant(...)", info.name),
                    where);
    const GraphUse graph((*first)->var, (*first)->where);
    DType dtype = DType::float32;
    bool dtype_known = false, numbers = false;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const Operand& operand = *operands[i];
        if (operand.is_number) {
            numbers = true;
            continue;
        }
        if (&Graph::existing_of(operand.var, operand.where) != &*graph)
            throw Error(fmt::format("{}: its operands are Vars of different tapes", info.name), operand.where);
        nodes[i] = graph->index(operand.var, operand.where);
        const DType its_dtype = graph->node(nodes[i]).dtype;
        const bool decides = !dtype_known ||
                             (dtype == DType::uint8 && is_floating(its_dtype)); // bytes take a floating one
        if (decides && !(masked && i == 0)) dtype = its_dtype, dtype_known = true;
    }
    if (numbers)
        for (std::size_t i = 0; i < operands.size(); ++i)
            if (operands[i]->is_number)
                nodes[i] = graph->operand(*operands[i], masked && i == 0 ? DType::uint8 : dtype);
    return graph->var(graph->record(info, op, {nodes, operands.size()}, where));
}

} // namespace

Var record_node(const OpInfo& info, const void* op, std::span<const Operand* const> operands) {
    // Nearly always the operands are one or two Vars of one tape.
    std::array<std::uint32_t, 3> nodes;
    if (operands.empty() || operands.size() > nodes.size() || !operands[0]->where.known())
        return record_any(info, op, operands);
    Graph* const graph = Graph::alive_of(operands[0]->var);
    if (!graph) return record_any(info, op, operands);
    const OneUser::Inside inside(graph->user);
    if (!inside) return record_any(info, op, operands);
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const Operand& operand = *operands[i];
        if (operand.is_number || !graph->has(operand.var)) return record_any(info, op, operands);
        nodes[i] = Graph::known_index(operand.var);
    }
    return graph->var(graph->record(info, op, {nodes.data(), operands.size()}, operands[0]->where));
}

namespace {

/// The order in which the lower of two dtypes is advised to be cast: uint8, int64, float32, float64.
int rank(DType dtype) {
    return dtype == DType::uint8 ? 0 : dtype == DType::int64 ? 1 : dtype == DType::float32 ? 2 : 3;
}

} // namespace

void require_floating(const char* op, const Operand& x) {
    if (!is_floating(x.dtype()))
        throw Error(fmt::format("{}: is not defined for {} {}; cast it to float32 or float64", op, name(x.dtype()),
                                x.shape().str()),
                    x.where);
}

std::string advice_to_cast(DType a, DType b) {
    const auto [low, high] = rank(a) < rank(b) ? std::pair(a, b) : std::pair(b, a);
    return fmt::format("cast the {} one: cast(x, xg::DType::{})", name(low), name(high));
}

namespace {

/// Throws if operands differ in their dtypes. It names the two highest: with these cast, bytes follow by themselves.
void require_one_dtype(const char* op, Types operands) {
    const Type *high = &operands[0], *low = nullptr;
    for (const Type& x : operands)
        if (rank(x.dtype) > rank(high->dtype)) high = &x;
    for (const Type& x : operands)
        if (x.dtype != high->dtype && (!low || rank(x.dtype) > rank(low->dtype))) low = &x;
    if (!low) return;
    const auto [first, second] = std::minmax(high, low); // as they are written
    throw Error(fmt::format("{}: dtypes differ, {} {} and {} {}; {}", op, name(first->dtype), first->shape.str(),
                            name(second->dtype), second->shape.str(), advice_to_cast(low->dtype, high->dtype)));
}

[[noreturn]] void fail_broadcast(const char* op, const Shape& a, const Shape& b) {
    throw Error(
        fmt::format("{}: shapes {} and {} do not broadcast; extents must be equal or 1, counted from the last axis", op,
                    a.str(), b.str()));
}

template <class Takes>
void require_taken(const char* op, const Takes& takes, const Type& x) {
    if (takes[static_cast<std::size_t>(x.dtype)]) return;
    std::string taken; // "float32 or float64"
    for (std::size_t i = 0; i < dtype_count; ++i)
        if (takes[i]) taken += fmt::format("{}{}", taken.empty() ? "" : " or ", name(static_cast<DType>(i)));
    throw Error(fmt::format("{}: is not defined for {} {}; cast it to {}", op, name(x.dtype), x.shape.str(), taken));
}

} // namespace

Type infer_elementwise(const char* op, const ElementwiseForm& form, Types inputs) {
    if (inputs.size() != static_cast<std::size_t>(form.arity))
        throw Error(fmt::format("{}: takes {} operands, was given {}", op, form.arity, inputs.size()));
    const std::size_t first = form.masked ? 1 : 0;
    if (form.masked && inputs[0].dtype != DType::uint8)
        throw Error(
            fmt::format("{}: the mask is {}, it must be uint8 (a comparison gives one)", op, name(inputs[0].dtype)));
    const DType dtype = inputs[first].dtype;
    Type result{.dtype = form.result[static_cast<std::size_t>(dtype)], .shape = inputs[0].shape};
    require_one_dtype(op, inputs.subspan(first));
    require_taken(op, form.takes, inputs[first]);
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        if (inputs[i].shape == result.shape) continue;
        const Shape before = result.shape;
        if (!broadcast(before, inputs[i].shape, result.shape)) fail_broadcast(op, before, inputs[i].shape);
    }
    return result;
}

Type infer_reduction(const char* op, const ReductionForm& form, const Dims& axes, Types inputs) {
    const Type& x = inputs[0];
    require_taken(op, form.takes, x);
    Type result = x;
    for (const std::int64_t axis : axes)
        result.shape[static_cast<std::size_t>(axis)] = 1;
    return result;
}

Dims normalized_axes(const char* op, const Operand& x, const Dims& axes) {
    const Call call(op, x.where);
    if (x.is_number) throw Error(fmt::format("{}: its operand is a number; it must be a Var", op), x.where);
    const Location where = x.where;
    const Shape& shape = x.var.shape();
    const auto rank = static_cast<std::int64_t>(shape.rank());
    std::array<bool, max_rank> reduced{};
    for (const std::int64_t axis : axes) {
        if (axis < -rank || axis >= rank)
            throw Error(fmt::format("{}: axis {} does not exist in shape {}; {}", op, axis, shape.str(),
                                    axes_of_rank(shape.rank())),
                        where);
        bool& seen = reduced[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)];
        if (seen) throw Error(fmt::format("{}: axis {} is given twice in {}", op, axis, axes.str()), where);
        seen = true;
    }
    Dims result;
    for (std::int64_t axis = 0; axis < rank; ++axis)
        if (axes.empty() || reduced[static_cast<std::size_t>(axis)]) result.push_back(axis);
    return result;
}

void require_one_dtype(const char* op, const Operand& a, const Operand& b) {
    if (!a.var.valid() || !b.var.valid()) return;
    const Call call(op, a.where);
    const std::array types{Type{a.dtype(), a.shape()}, Type{b.dtype(), b.shape()}};
    const bool bytes = types[0].dtype == DType::uint8 || types[1].dtype == DType::uint8;
    if (!bytes || (!is_floating(types[0].dtype) && !is_floating(types[1].dtype))) require_one_dtype(op, types);
}

void require_elementwise(const char* op, const Operand& a, const Operand& b) {
    if (!a.var.valid() || !b.var.valid()) return;
    require_one_dtype(op, a, b);
    const Call call(op, a.where);
    Shape both;
    if (a.shape() != b.shape() && !broadcast(a.shape(), b.shape(), both)) fail_broadcast(op, a.shape(), b.shape());
}

Var record_reduction(const OpInfo& info, const void* op, const Operand& x, bool keepdims) {
    const Operand* const operands[] = {&x};
    const Var kept = record_node(info, op, operands);
    if (keepdims) return kept;
    const Dims& axes = *info.axes(op);
    Shape shape;
    for (std::size_t axis = 0, next = 0; axis < kept.shape().rank(); ++axis) {
        if (next < axes.size() && axes[next] == static_cast<std::int64_t>(axis))
            ++next;
        else
            shape.append(static_cast<std::int64_t>(kept.shape()[axis]));
    }
    return reshape_to(Operand(kept, x.where), shape);
}

} // namespace detail
} // namespace xgrad
