#include <xgrad/optim/elements.hpp>

#include <xgrad/core/graph/structural_ops.hpp>
#include <xgrad/ops/arithmetic_ops.hpp>
#include <xgrad/ops/linalg_ops.hpp>
#include <xgrad/ops/shape_ops.hpp>

namespace xgrad::optim::detail {
namespace {

/// Where an element stands along each axis.
Dims places(const Shape& shape, std::size_t index) {
    Dims at;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
        at.push_back(0);
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
        at[axis] = static_cast<std::int64_t>(index % shape[axis]);
        index /= shape[axis];
    }
    return at;
}

std::size_t index_of(const Shape& shape, const Dims& at) {
    std::size_t index = 0;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
        index = index * shape[axis] + static_cast<std::size_t>(at[axis]);
    return index;
}

/// The element of an operand that broadcasting puts there.
std::size_t broadcast_index(const Shape& operand, const Dims& at) {
    Dims its;
    const std::size_t missing = at.size() - operand.rank();
    for (std::size_t axis = 0; axis < operand.rank(); ++axis)
        its.push_back(operand[axis] == 1 ? 0 : at[axis + missing]);
    return index_of(operand, its);
}

} // namespace

std::vector<Var> Elements::of(Var x) {
    std::vector<Var> result;
    for (std::size_t i = 0; i < x.shape().numel(); ++i)
        result.push_back(var(graph_.index(x), i));
    return result;
}

std::uint32_t Elements::element(std::uint32_t node, std::size_t index) {
    const auto [found, fresh] = known_.try_emplace({node, index}, node);
    if (!fresh) return found->second;
    const std::uint32_t result = record(node, index);
    known_[{node, index}] = result;
    return result;
}

std::uint32_t Elements::record(std::uint32_t node, std::size_t index) {
    const OpInfo& info = *graph_.node(node).info;
    const std::size_t inputs = graph_.inputs(node).size();
    if (graph_.scalar(node)) return node;
    if (info.elementwise) return of_elementwise(node, index);
    if (info.view && inputs == 1) return of_view(node, index);
    if (&info == &xgrad::info<Concatenate>()) return of_concatenation(node, index);
    if (&info == &reduction_info<Sum>()) return of_sum(node, index);
    if (&info == &xgrad::info<MatMul>()) return of_product(node, index);
    return taken(node, index);
}

std::uint32_t Elements::of_elementwise(std::uint32_t node, std::size_t index) {
    const Dims at = places(graph_.shape(node), index);
    const auto span = graph_.inputs(node);
    const std::vector<std::uint32_t> from(span.begin(), span.end());
    std::vector<std::uint32_t> inputs;
    for (const std::uint32_t input : from)
        inputs.push_back(element(input, broadcast_index(graph_.shape(input), at)));
    const Node n = graph_.node(node); // recording moves the nodes
    return graph_.record(*n.info, n.op, inputs, n.where);
}

std::uint32_t Elements::of_view(std::uint32_t node, std::size_t index) {
    const Node n = graph_.node(node);
    const std::uint32_t input = graph_.inputs(node)[0];
    const Shape& shape = graph_.shape(node);
    Layout out = Layout::contiguous(shape);
    if (!n.info->view(n.op, Layout::contiguous(graph_.shape(input)), out)) return taken(node, index);
    out.shape = shape;
    return element(input, static_cast<std::size_t>(out.place_of(index)));
}

std::uint32_t Elements::of_concatenation(std::uint32_t node, std::size_t index) {
    const auto axis = static_cast<std::size_t>(static_cast<const Concatenate*>(graph_.node(node).op)->axis);
    Dims at = places(graph_.shape(node), index);
    for (const std::uint32_t part : graph_.inputs(node)) {
        const Shape& shape = graph_.shape(part);
        if (at[axis] < static_cast<std::int64_t>(shape[axis])) return element(part, index_of(shape, at));
        at[axis] -= static_cast<std::int64_t>(shape[axis]);
    }
    return taken(node, index);
}

std::uint32_t Elements::of_sum(std::uint32_t node, std::size_t index) {
    const Node n = graph_.node(node);
    const std::uint32_t input = graph_.inputs(node)[0];
    const Shape from = graph_.shape(input);
    const Dims axes = *n.info->axes(n.op), at = places(graph_.shape(node), index); // with the axes kept
    if (!is_floating(n.dtype)) return taken(node, index);
    Shape part;
    std::size_t count = 1;
    for (std::size_t axis = 0; axis < from.rank(); ++axis)
        part.append(1);
    for (const std::int64_t axis : axes) {
        part[static_cast<std::size_t>(axis)] = from[static_cast<std::size_t>(axis)];
        count *= from[static_cast<std::size_t>(axis)];
    }
    if (count == 0 || at.size() != from.rank()) return taken(node, index);
    Var sum;
    for (std::size_t k = 0; k < count; ++k) {
        Dims place = places(part, k);
        for (std::size_t axis = 0; axis < from.rank(); ++axis)
            place[axis] += at[axis];
        const Var term = var(input, index_of(from, place));
        sum = sum.valid() ? sum + term : term;
    }
    return graph_.index(sum);
}

std::uint32_t Elements::of_product(std::uint32_t node, std::size_t index) {
    const auto [ta, tb] = graph_.node(node).info->contraction(graph_.node(node).op);
    const std::uint32_t a = graph_.inputs(node)[0], b = graph_.inputs(node)[1];
    const Shape left = graph_.shape(a), right = graph_.shape(b);
    if (left.rank() != 2 || right.rank() != 2) return taken(node, index);
    const std::size_t columns = graph_.shape(node)[1], row = index / columns, column = index % columns;
    Var sum;
    for (std::size_t k = 0; k < left[ta ? 0 : 1]; ++k) {
        const Var term = var(a, ta ? k * left[1] + row : row * left[1] + k) *
                         var(b, tb ? column * right[1] + k : k * right[1] + column);
        sum = sum.valid() ? sum + term : term;
    }
    return sum.valid() ? graph_.index(sum) : taken(node, index);
}

/// From the whole array.
std::uint32_t Elements::taken(std::uint32_t node, std::size_t index) {
    const Shape shape = graph_.shape(node);
    if (shape.rank() == 0) return node;
    Shape one;
    Dims steps;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
        one.append(1), steps.push_back(1);
    const Var whole = graph_.var(node);
    return graph_.index(
        reshape_to(shape == one ? whole : xgrad::detail::strided(whole, one, places(shape, index), steps), Shape()));
}

} // namespace xgrad::optim::detail
