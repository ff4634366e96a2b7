#pragma once
// How windows slide: what the options of convolutions and pools come to.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <xgrad/core/op.hpp>
#include <xgrad/core/simd/isa.hpp>
#include <xgrad/ops/windows.hpp>

namespace xgrad {

/// Calls f with a zero of the floating dtype.
template <class F>
void for_floating(DType dtype, F f) {
    if (dtype == DType::float32)
        f(float{});
    else
        f(double{});
}

/// The largest stride, padding, dilation or window of a pool: places in the padding can then be counted.
inline constexpr std::int64_t max_window_option = std::int64_t{1} << 31;
template <std::size_t N>
bool are_within(const PerAxis<N>& x, std::int64_t least) {
    return x.least() >= least && x.most() <= max_window_option;
}

/// The text of options: (2, 3), and of paddings ({0, 1}, 2)
std::string text_of(std::span<const std::int64_t> numbers);
std::string text_of(const Sides& sides);
std::string text_of(std::span<const Sides> paddings);

/// Over how many elements a window reaches.
constexpr std::int64_t reach_of(std::int64_t window, std::int64_t dilation) {
    return add_sat(mul_sat(dilation, window - 1), 1);
}

/// How windows slide along one axis of `extent` elements: element j of window i is element at(i, j) of the axis, which
/// may be in the padding.
struct Sliding {
    std::int64_t extent = 1, window = 1, stride = 1;
    Sides padding = 0;
    std::int64_t dilation = 1, count = 1;
    XGRAD_INLINE std::int64_t at(std::int64_t i, std::int64_t j) const {
        return i * stride - padding.before + j * dilation;
    }
    XGRAD_INLINE bool has(std::int64_t i, std::int64_t j) const { return at(i, j) >= 0 && at(i, j) < extent; }
    /// The windows whose element j is not in the padding: from first(j) up to last(j).
    XGRAD_INLINE std::int64_t first(std::int64_t j) const {
        const std::int64_t from = padding.before - j * dilation;
        return from <= 0 ? 0 : (from + stride - 1) / stride;
    }
    XGRAD_INLINE std::int64_t last(std::int64_t j) const {
        const std::int64_t beyond = extent + padding.before - j * dilation;
        const std::int64_t end = beyond <= 0 ? 0 : (beyond + stride - 1) / stride;
        return end < count ? end : count;
    }
    /// How far the windows reach: beyond the padding where the last of them does not fit.
    XGRAD_INLINE std::int64_t reach() const {
        const std::int64_t end = at(count - 1, window - 1) + 1;
        return end < extent + padding.after ? extent + padding.after : end;
    }
    /// Whether no window shows padding.
    XGRAD_INLINE bool inside() const { return padding.before == 0 && padding.after == 0 && reach() <= extent; }
    /// Whether window i is element i.
    XGRAD_INLINE bool is_identity() const {
        return window == 1 && stride == 1 && padding.before == 0 && count == extent;
    }
    /// The windows from `begin` up to `end`, as ones that are counted from 0.
    XGRAD_INLINE Sliding part(std::int64_t begin, std::int64_t end) const {
        Sliding result = *this;
        result.padding.before -= begin * stride;
        result.count = end - begin;
        return result;
    }
    bool operator==(const Sliding&) const = default;
};

/// The windows of an axis. None if they do not fit into it with its padding; else the last one may reach beyond the end
/// if `ceil_mode`, but not stand in the padding alone.
std::optional<Sliding> slide(std::int64_t extent, std::int64_t window, std::int64_t stride, const Sides& padding,
                             std::int64_t dilation, bool is_same, bool ceil_mode = false);

/// The windows along N axes as those of three, the first of which have one element and one window where N is less.
using Slidings = std::array<Sliding, 3>;
template <std::size_t N>
Slidings as_three(const std::array<Sliding, N>& axes) {
    Slidings result;
    std::copy(axes.begin(), axes.end(), result.begin() + (3 - N));
    return result;
}

/// The shape with the extents of the windows, or their counts, as its last axes.
template <std::size_t N>
Shape with_last(Shape shape, const std::array<Sliding, N>& axes, std::int64_t Sliding::*extent) {
    for (std::size_t i = 0; i < N; ++i)
        shape[shape.rank() - N + i] = static_cast<std::size_t>(axes[i].*extent);
    return shape;
}

} // namespace xgrad
