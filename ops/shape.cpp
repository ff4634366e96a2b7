#include <xgrad/ops/shape_ops.hpp>

#include <fmt/format.h>

namespace xgrad {
namespace {

/// The axis counted from the front; an error that names op and shape if there is none.
std::size_t axis_of(const char* op, std::int64_t axis, std::size_t rank, const Operand& x) {
    const auto r = static_cast<std::int64_t>(rank);
    if (axis < -r || axis >= r)
        throw Error(fmt::format("{}: axis {} does not exist for shape {}; axes go from {} to {}", op, axis,
                                x.shape().str(), -r, r - 1),
                    x.where);
    return static_cast<std::size_t>(axis < 0 ? axis + r : axis);
}

} // namespace

Var reshape(Operand x, const Dims& dims) {
    const Shape& from = x.shape();
    Dims extents = dims;
    std::size_t unknown = max_rank;
    for (std::size_t i = 0; i < dims.size(); ++i)
        if (dims[i] == -1 && unknown == max_rank) {
            unknown = i;
            extents[i] = 1;
        } else if (dims[i] < 0)
            throw Error(
                fmt::format("reshape: {} is no shape; extents are not negative, and at most one is -1", dims.str()),
                x.where);
    Shape to = checked_shape("reshape", extents, x.where);
    if (unknown != max_rank) {
        const std::size_t known = to.numel();
        if (known == 0 || from.numel() % known != 0)
            throw Error(fmt::format("reshape: shape {} has {} elements, which {} cannot divide evenly", from.str(),
                                    from.numel(), dims.str()),
                        x.where);
        to[unknown] = from.numel() / known;
    }
    return reshape_to(x, to);
}

Var transpose(Operand x, const Dims& axes) {
    const std::size_t rank = x.shape().rank();
    Dims order;
    if (axes.empty())
        for (std::size_t i = rank; i-- > 0;)
            order.push_back(static_cast<std::int64_t>(i));
    else {
        std::array<bool, max_rank> seen{};
        for (const std::int64_t axis : axes) {
            const std::size_t a = axis_of("transpose", axis, rank, x);
            if (seen[a]) throw Error(fmt::format("transpose: axis {} is given twice in {}", axis, axes.str()), x.where);
            seen[a] = true;
            order.push_back(static_cast<std::int64_t>(a));
        }
        if (axes.size() != rank)
            throw Error(fmt::format("transpose: {} names {} axes, and shape {} has {}; name each once", axes.str(),
                                    axes.size(), x.shape().str(), rank),
                        x.where);
    }
    if (std::is_sorted(order.begin(), order.end())) return x.var;
    return record(Transpose{order}, x);
}

Var expand_dims(Operand x, const Dims& axes) {
    const Call call("expand_dims", x.where);
    const Shape& from = x.shape();
    const std::size_t rank = from.rank() + axes.size();
    std::array<bool, 2 * max_rank> is_new{};
    for (const std::int64_t axis : axes) {
        bool& seen = is_new[axis_of("expand_dims", axis, rank, x)];
        if (seen) throw Error(fmt::format("expand_dims: axis {} is given twice in {}", axis, axes.str()), x.where);
        seen = true;
    }
    Shape to;
    for (std::size_t i = 0, next = 0; i < rank; ++i)
        to.append(is_new[i] ? 1 : static_cast<std::int64_t>(from[next++]));
    return reshape_to(x, to);
}

Var Var::operator[](const Places& index) const {
    const Call call("[]", index.where);
    const Shape& from = shape();
    const Dims& places = index.places;
    if (places.size() > from.rank() || places.empty())
        throw Error(
            fmt::format(
                "[]: {} places {} were given for shape {}, which has {} axes; give one for each of the first axes",
                places.size(), places.str(), from.str(), from.rank()),
            index.where);
    Shape part = from, rest;
    Dims start, step;
    for (std::size_t i = 0; i < from.rank(); ++i) {
        const auto extent = static_cast<std::int64_t>(from[i]);
        std::int64_t first = 0;
        if (i < places.size()) {
            first = places[i] < 0 ? places[i] + extent : places[i];
            if (first < 0 || first >= extent)
                throw Error(fmt::format("[]: place {} lies outside of axis {} of shape {}; places go from {} to {}",
                                        places[i], i, from.str(), -extent, extent - 1),
                            index.where);
            part[i] = 1;
        } else
            rest.append(extent);
        start.push_back(first);
        step.push_back(1);
    }
    return reshape_to(part == from ? *this : detail::strided(*this, part, start, step), rest);
}

Var squeeze(Operand x, const Dims& axes) {
    const Shape& from = x.shape();
    std::array<bool, max_rank> dropped{};
    for (const std::int64_t axis : axes) {
        const std::size_t a = axis_of("squeeze", axis, from.rank(), x);
        if (from[a] != 1)
            throw Error(
                fmt::format("squeeze: axis {} of shape {} has extent {}; it must be 1", axis, from.str(), from[a]),
                x.where);
        dropped[a] = true;
    }
    Shape to;
    for (std::size_t i = 0; i < from.rank(); ++i)
        if (!(axes.empty() ? from[i] == 1 : dropped[i])) to.append(static_cast<std::int64_t>(from[i]));
    return reshape_to(x, to);
}

Var concatenate(const std::vector<Var>& parts, std::int64_t axis, Location where) {
    if (parts.empty()) throw Error("concatenate: no arrays were given", where);
    const Operand first(parts[0], where);
    const std::size_t a = axis_of("concatenate", axis, parts[0].shape().rank(), first);
    if (parts.size() == 1) return parts[0];
    std::vector<Operand> operands;
    for (const Var& part : parts)
        operands.emplace_back(part, where);
    return record(Concatenate{static_cast<std::int64_t>(a)}, std::span<const Operand>(operands));
}

Var concatenate(Var a, Var b, std::int64_t axis, Location where) { return concatenate({a, b}, axis, where); }
Var concatenate(Var a, Var b, Var c, std::int64_t axis, Location where) { return concatenate({a, b, c}, axis, where); }
Var concatenate(Var a, Var b, Var c, Var d, std::int64_t axis, Location where) {
    return concatenate({a, b, c, d}, axis, where);
}

Var detail::strided(Operand x, const Shape& shape, const Dims& start, const Dims& step) {
    return record(Slice{shape, start, step}, x);
}

Var detail::embed(Operand x, const Shape& shape, const Dims& start, const Dims& step) {
    return record(Embed{shape, start, step}, x);
}

Var slice(Operand x, const std::vector<Range>& ranges) {
    const Shape& from = x.shape();
    if (ranges.size() > from.rank())
        throw Error(fmt::format("slice: {} ranges were given for shape {}, which has {} axes", ranges.size(),
                                from.str(), from.rank()),
                    x.where);
    Shape to = from;
    Dims start, step;
    for (std::size_t i = 0; i < from.rank(); ++i) {
        const Range range = i < ranges.size() ? ranges[i] : Range{};
        if (range.step == 0)
            throw Error(fmt::format("slice: the step along axis {} of shape {} is 0", i, from.str()), x.where);
        const auto extent = static_cast<std::int64_t>(from[i]);
        const bool backwards = range.step < 0;
        const std::int64_t lowest = backwards ? -1 : 0, highest = backwards ? extent - 1 : extent;
        auto bound = [&](std::int64_t at, std::int64_t missing) {
            if (at == Range::open) return missing;
            return std::clamp(at < 0 ? at + extent : at, lowest, highest);
        };
        const std::int64_t first = bound(range.start, backwards ? highest : lowest);
        const std::int64_t last = bound(range.stop, backwards ? lowest : highest);
        const std::int64_t span = backwards ? first - last : last - first;
        const auto stride = backwards ? -static_cast<std::uint64_t>(range.step)
                                      : static_cast<std::uint64_t>(range.step);
        to[i] = span > 0 ? 1 + static_cast<std::uint64_t>(span - 1) / stride : 0;
        start.push_back(to[i] == 0 ? 0 : first);
        step.push_back(to[i] <= 1 ? 1 : range.step); // a step that is never made may be of any size
    }
    if (to == from && std::all_of(step.begin(), step.end(), [](std::int64_t s) { return s == 1; })) return x.var;
    return detail::strided(x, to, start, step);
}

Var slice(Operand x, std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step) {
    std::vector<Range> ranges(axis_of("slice", axis, x.shape().rank(), x) + 1);
    ranges.back() = {start, stop, step};
    return slice(x, ranges);
}

} // namespace xgrad
