// How loops and matrix products can read a layout.

#include <algorithm>

#include <xgrad/core/compiler/pattern.hpp>

namespace xgrad {

Pattern Pattern::of(const Layout& layout, std::deque<GatherMap>& maps) {
    GatherMap all;
    for (std::size_t axis = 0; axis < layout.shape.rank(); ++axis) {
        const std::size_t extent = layout.shape[axis];
        const std::int64_t stride = layout.strides[axis];
        if (extent == 1) continue;
        if (all.rank > 0 && all.strides[all.rank - 1] == stride * static_cast<std::int64_t>(extent)) {
            all.extents[all.rank - 1] *= extent;
            all.strides[all.rank - 1] = stride;
        } else {
            all.extents[all.rank] = extent;
            all.strides[all.rank++] = stride;
        }
    }
    Pattern p{.count = layout.shape.numel(), .rank = all.rank, .offset = layout.offset};
    for (std::size_t i = 0; i < std::min<std::size_t>(2, all.rank); ++i)
        p.extents[i] = all.extents[i], p.strides[i] = all.strides[i];
    if (all.rank > 2) p.map = &maps.emplace_back(all);
    return p;
}

const GatherMap* Pattern::keep(AttributeArena& arena) const {
    auto* const kept = static_cast<GatherMap*>(arena.allocate(sizeof(GatherMap), alignof(GatherMap)));
    *kept = map ? *map : GatherMap{rank, {extents[0], extents[1]}, {strides[0], strides[1]}};
    return kept;
}

ReducedAxes::ReducedAxes(const Shape& shape, const Dims& axes) {
    for (const std::int64_t axis : axes)
        reduced[static_cast<std::size_t>(axis)] = true;
    std::size_t switches = 0;
    bool any_reduced = false, any_kept = false, last = false;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] == 1) continue;
        (reduced[axis] ? gone : kept) *= shape[axis];
        if ((any_kept || any_reduced) && reduced[axis] != last) ++switches;
        last = reduced[axis];
        (last ? any_reduced : any_kept) = true;
    }
    kind = !any_reduced ? Kind::none : !any_kept ? Kind::all : switches == 1 && !last ? Kind::columns : Kind::rows;
    in_order = switches <= 1;
}

Layout reduced_last(const Layout& layout, const std::array<bool, max_rank>& reduced) {
    Layout result{.shape = layout.shape, .offset = layout.offset};
    std::size_t next = 0;
    for (const bool wanted : {false, true})
        for (std::size_t axis = 0; axis < layout.shape.rank(); ++axis)
            if (reduced[axis] == wanted) {
                result.shape[next] = layout.shape[axis];
                result.strides[next++] = layout.strides[axis];
            }
    return result;
}

bool by_rows(const Layout& l) {
    std::deque<GatherMap> maps;
    const Reading how = reading(Pattern::of(l, maps), l.shape[0], l.shape[1]);
    return how.kind == Reading::Kind::rows && (l.shape[1] == 1 || l.strides[1] == 1 || how.stride != 0);
}

bool gemm_operand(const Layout& l) {
    const std::size_t r = l.shape.rank();
    const std::int64_t row = l.strides[r - 2], col = l.strides[r - 1];
    const auto m = static_cast<std::int64_t>(l.shape[r - 2]), n = static_cast<std::int64_t>(l.shape[r - 1]);
    return ((col == 1 || n == 1) && (row >= std::max<std::int64_t>(n, 1) || m == 1)) ||
           ((row == 1 || m == 1) && (col >= std::max<std::int64_t>(m, 1) || n == 1));
}

bool gemm_rows(const Layout& l) {
    return (l.strides[1] == 1 || l.shape[1] == 1) &&
           (l.shape[0] == 1 || l.strides[0] >= static_cast<std::int64_t>(l.shape[1]));
}

} // namespace xgrad
