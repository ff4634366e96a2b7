#include <xgrad/ops/rearrange_ops.hpp>

#include <cmath>
#include <numeric>

#include <xgrad/core/tape.hpp>
#include <xgrad/ops/gather.hpp>

namespace xgrad {
namespace {

std::size_t axis_of(const char* op, const Operand& x, std::int64_t axis) {
    return static_cast<std::size_t>(detail::normalized_axes(op, x, Dims(axis))[0]);
}

/// The shape with an axis `count` times as long.
Shape times(const char* op, const Operand& x, const Shape& shape, std::size_t axis, std::int64_t count) {
    if (count < 0)
        throw Error(fmt::format("{}: a count of {} was given for shape {}; counts are not negative", op, count,
                                x.shape().str()),
                    x.where);
    Dims extents(shape);
    extents[axis] = mul_sat(extents[axis], count);
    return checked_shape(op, extents, x.where);
}

/// The product of the extents from one axis to another.
std::int64_t extent_between(const Shape& shape, std::size_t from, std::size_t to) {
    std::size_t n = 1;
    for (std::size_t i = from; i < to; ++i)
        n *= shape[i];
    return static_cast<std::int64_t>(n);
}

/// Blocks of the axes from `axis` on, each `count` times.
Var repeat_blocks(Var x, std::size_t axis, std::int64_t count, const Shape& result) {
    if (x.shape() == result) return x;
    const std::int64_t outer = extent_between(x.shape(), 0, axis),
                       inner = extent_between(x.shape(), axis, x.shape().rank());
    return reshape_to(broadcast_to(reshape_to(x, Shape(outer, 1, inner)), Shape(outer, count, inner)), result);
}

} // namespace

Var swap_axes(Operand x, std::int64_t a, std::int64_t b) {
    const std::size_t first = axis_of("swap_axes", x, a), second = axis_of("swap_axes", x, b);
    Dims order;
    for (std::size_t i = 0; i < x.shape().rank(); ++i)
        order.push_back(static_cast<std::int64_t>(i == first ? second : i == second ? first : i));
    return order.empty() ? x.var : transpose(x, order);
}

Var moveaxis(Operand x, const Dims& from, const Dims& to) {
    const std::size_t rank = x.shape().rank();
    if (from.size() != to.size())
        throw Error(
            fmt::format("moveaxis: {} axes are to be moved to {} places, {} to {}, of shape {}; name a place for each",
                        from.size(), to.size(), from.str(), to.str(), x.shape().str()),
            x.where);
    if (from.empty()) return x.var;
    detail::normalized_axes("moveaxis", x, from), detail::normalized_axes("moveaxis", x, to); // none twice
    std::array<std::size_t, max_rank> source;
    source.fill(max_rank);
    std::array<bool, max_rank> moved{};
    for (std::size_t i = 0; i < from.size(); ++i) {
        const std::size_t axis = axis_of("moveaxis", x, from[i]);
        source[axis_of("moveaxis", x, to[i])] = axis;
        moved[axis] = true;
    }
    Dims order;
    for (std::size_t i = 0, next = 0; i < rank; ++i) {
        if (source[i] == max_rank) {
            while (moved[next])
                ++next;
            source[i] = next++;
        }
        order.push_back(static_cast<std::int64_t>(source[i]));
    }
    return transpose(x, order);
}

Var stack(Var a, Var b, std::int64_t axis, Location where) { return stack({a, b}, axis, where); }
Var stack(Var a, Var b, Var c, std::int64_t axis, Location where) { return stack({a, b, c}, axis, where); }
Var stack(Var a, Var b, Var c, Var d, std::int64_t axis, Location where) { return stack({a, b, c, d}, axis, where); }

Var stack(const std::vector<Var>& parts, std::int64_t axis, Location where) {
    const Call call("stack", where);
    if (parts.empty()) throw Error("stack: no arrays were given", where);
    const auto rank = static_cast<std::int64_t>(parts[0].shape().rank());
    if (axis < -rank - 1 || axis > rank)
        throw Error(fmt::format("stack: axis {} does not exist in stacked arrays of shape {}; axes go from {} to {}",
                                axis, parts[0].shape().str(), -rank - 1, rank),
                    where);
    std::vector<Var> layers;
    for (const Var& part : parts) {
        if (part.shape() != parts[0].shape())
            throw Error(fmt::format("stack: shapes {} and {} differ; all must be equal (concatenate takes different "
                                    "extents along its axis)",
                                    parts[0].shape().str(), part.shape().str()),
                        where);
        layers.push_back(expand_dims(Operand(part, where), axis));
    }
    return concatenate(layers, axis, where);
}

std::vector<Var> split_sizes(Operand x, const std::vector<std::int64_t>& sizes, std::int64_t axis) {
    const std::size_t a = axis_of("split", x, axis);
    const auto extent = static_cast<std::int64_t>(x.shape()[a]);
    const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}, add_sat);
    if (total != extent || std::any_of(sizes.begin(), sizes.end(), [](std::int64_t size) { return size < 0; }))
        throw Error(fmt::format("split: sizes ({}) do not make up the extent {} of axis {} of shape {}",
                                fmt::join(sizes, ", "), extent, axis, x.shape().str()),
                    x.where);
    std::vector<Var> parts;
    std::int64_t begin = 0;
    for (const std::int64_t size : sizes) {
        parts.push_back(slice(x, static_cast<std::int64_t>(a), begin, begin + size));
        begin += size;
    }
    return parts;
}

std::vector<Var> split(Operand x, std::int64_t sections, std::int64_t axis) {
    const auto extent = static_cast<std::int64_t>(x.shape()[axis_of("split", x, axis)]);
    if (sections <= 0 || extent % sections != 0)
        throw Error(fmt::format("split: {} sections do not divide the extent {} of axis {} of shape {} evenly; "
                                "split_sizes takes any sizes",
                                sections, extent, axis, x.shape().str()),
                    x.where);
    return split_sizes(x, std::vector<std::int64_t>(static_cast<std::size_t>(sections), extent / sections), axis);
}

Var tile(Operand x, const Dims& counts) {
    const Call call("tile", x.where);
    Shape shape = x.shape();
    if (counts.size() > shape.rank()) {
        Shape longer;
        for (std::size_t i = 0; i < counts.size(); ++i)
            longer.append(i + shape.rank() < counts.size()
                              ? 1
                              : static_cast<std::int64_t>(shape[i + shape.rank() - counts.size()]));
        shape = longer;
    }
    Var result = reshape_to(x, shape);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const std::size_t axis = shape.rank() - counts.size() + i;
        shape = times("tile", x, shape, axis, counts[i]);
        result = repeat_blocks(result, axis, counts[i], shape);
    }
    return result;
}

Var repeat(Operand x, std::int64_t count, std::int64_t axis) {
    const Call call("repeat", x.where);
    const std::size_t a = axis_of("repeat", x, axis);
    return repeat_blocks(x.var, a + 1, count, times("repeat", x, x.shape(), a, count));
}

Var repeat(Operand x, std::int64_t count) { return repeat(Operand(reshape(x, -1), x.where), count, 0); }

Var flip(Operand x, const Dims& axes) {
    std::vector<Range> ranges(x.shape().rank());
    for (const std::int64_t axis : detail::normalized_axes("flip", x, axes))
        ranges[static_cast<std::size_t>(axis)].step = -1;
    return slice(x, ranges);
}

namespace {

/// What pads come to: the extents before the array along each axis, and the result's shape.
struct Padded {
    Dims start;
    Shape to;
};

Padded padded(const Operand& x, const std::vector<std::pair<std::int64_t, std::int64_t>>& widths) {
    const Shape& from = x.shape();
    if (widths.size() > from.rank())
        throw Error(fmt::format("pad: widths were given for {} axes, and shape {} has {}", widths.size(), from.str(),
                                from.rank()),
                    x.where);
    Dims extents(from), start;
    for (std::size_t i = 0; i < from.rank(); ++i) {
        const auto [before, after] = i < widths.size() ? widths[i] : std::pair<std::int64_t, std::int64_t>{};
        if (before < 0 || after < 0)
            throw Error(
                fmt::format(
                    "pad: widths {} and {} were given for axis {} of shape {}; they are not negative (slice cuts off)",
                    before, after, i, from.str()),
                x.where);
        extents[i] = add_sat(extents[i], add_sat(before, after));
        start.push_back(before);
    }
    return {start, checked_shape("pad", extents, x.where)};
}

/// Which of n elements stands at place i, before, among or after them.
std::int64_t continued(PadMode mode, std::int64_t i, std::int64_t n) {
    const std::int64_t period = mode == PadMode::wrap ? n : mode == PadMode::symmetric ? 2 * n : 2 * (n - 1);
    if (mode == PadMode::edge || period == 0) return std::clamp<std::int64_t>(i, 0, n - 1);
    const std::int64_t at = (i % period + period) % period;
    return at < n ? at : mode == PadMode::symmetric ? period - 1 - at : period - at;
}

} // namespace

Var pad(Operand x, const std::vector<std::pair<std::int64_t, std::int64_t>>& widths, double value) {
    const auto [start, to] = padded(x, widths);
    if (to == x.shape()) return x.var;
    const DType dtype = x.dtype();
    if (!is_floating(dtype) &&
        (value != std::floor(value) || std::abs(value) > 9e15 || (dtype == DType::uint8 && (value < 0 || value > 255))))
        throw Error(fmt::format("pad: the value {} does not fit the dtype {} of x; cast it first", value, name(dtype)),
                    x.where);
    Dims step = start;
    for (std::size_t i = 0; i < step.size(); ++i)
        step[i] = 1;
    return value == 0 ? detail::embed(x, to, start, step) : record(Pad{to, start, step, value}, x);
}

Var pad(Operand x, const std::vector<std::pair<std::int64_t, std::int64_t>>& widths, PadMode mode) {
    const Call call("pad", x.where);
    const auto [start, to] = padded(x, widths);
    Var result = x.var;
    for (std::size_t axis = 0; axis < to.rank(); ++axis) {
        const auto n = static_cast<std::int64_t>(x.shape()[axis]);
        if (to[axis] == x.shape()[axis]) continue;
        if (n == 0)
            throw Error(fmt::format("pad: shape {} has no elements along axis {} to continue; pad with a value instead",
                                    x.shape().str(), axis),
                        x.where);
        auto places = xt::xarray<std::int64_t>::from_shape({to[axis]});
        for (std::size_t i = 0; i < to[axis]; ++i)
            places(i) = continued(mode, static_cast<std::int64_t>(i) - start[axis], n);
        result = take(result, x.var.tape().constant(places), static_cast<std::int64_t>(axis));
    }
    return result;
}

Var diagonal(Operand x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2) {
    const std::size_t a = axis_of("diagonal", x, axis1), b = axis_of("diagonal", x, axis2);
    if (a == b)
        throw Error(fmt::format("diagonal: axes {} and {} of shape {} are the same; it takes two", axis1, axis2,
                                x.shape().str()),
                    x.where);
    return record(Diagonal{offset, a, b}, x);
}

namespace {

Var triangle(const char* op, const Operand& x, std::int64_t k, bool lower) {
    const Shape& shape = x.shape();
    if (shape.rank() < 2)
        throw Error(
            fmt::format("{}: takes a matrix, or several, was given {}; it needs at least two axes", op, shape.str()),
            x.where);
    // A diagonal farther away than all elements has them on the same side as the nearest such one.
    const auto rows = static_cast<std::int64_t>(shape[shape.rank() - 2]),
               cols = static_cast<std::int64_t>(shape[shape.rank() - 1]);
    return record(Triangle{std::clamp(k, -rows - 1, cols), shape[shape.rank() - 2], lower}, x);
}

} // namespace

Var tril(Operand x, std::int64_t k) { return triangle("tril", x, k, true); }
Var triu(Operand x, std::int64_t k) { return triangle("triu", x, k, false); }

} // namespace xgrad
