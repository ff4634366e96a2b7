#pragma once

#include <algorithm>
#include <cstdint>

#include <xgrad/core/shape.hpp>
#include <xgrad/core/simd_isa.hpp>

namespace xgrad {

/// Calls f with a zero of the floating dtype.
template <class F>
void for_floating(DType dtype, F f) {
    if (dtype == DType::float32)
        f(float{});
    else
        f(double{});
}

/// Height and width; one number means both.
struct HeightWidth {
    std::int64_t height, width;
    constexpr HeightWidth(std::int64_t both) : height(both), width(both) {}
    constexpr HeightWidth(std::int64_t height, std::int64_t width) : height(height), width(width) {}
    bool operator==(const HeightWidth&) const = default;
};

/// The largest stride, padding, dilation or window of a pool: places in the padding can then be counted.
inline constexpr std::int64_t max_window_option = std::int64_t{1} << 31;
inline bool are_within(HeightWidth x, std::int64_t least) {
    return std::min(x.height, x.width) >= least && std::max(x.height, x.width) <= max_window_option;
}

/// Over how many elements a window reaches.
constexpr std::int64_t reach_of(std::int64_t window, std::int64_t dilation) {
    return add_sat(mul_sat(dilation, window - 1), 1);
}

/// How windows slide along one axis of `extent` elements: element j of window i is element at(i, j) of the axis, which
/// may be in the padding.
struct Sliding {
    std::int64_t extent, window, stride, padding, dilation, count;
    XGRAD_INLINE std::int64_t at(std::int64_t i, std::int64_t j) const { return i * stride - padding + j * dilation; }
    /// The windows whose element j is not in the padding: from first(j) up to last(j).
    XGRAD_INLINE std::int64_t first(std::int64_t j) const {
        const std::int64_t from = padding - j * dilation;
        return from <= 0 ? 0 : (from + stride - 1) / stride;
    }
    XGRAD_INLINE std::int64_t last(std::int64_t j) const {
        const std::int64_t beyond = extent + padding - j * dilation;
        const std::int64_t end = beyond <= 0 ? 0 : (beyond + stride - 1) / stride;
        return end < count ? end : count;
    }
    /// How far the windows reach: beyond the padding where the last of them does not fit.
    XGRAD_INLINE std::int64_t reach() const {
        const std::int64_t end = at(count - 1, window - 1) + 1;
        return end < extent + padding ? extent + padding : end;
    }
    /// Whether no window shows padding.
    XGRAD_INLINE bool inside() const { return padding == 0 && reach() <= extent; }
    bool operator==(const Sliding&) const = default;
};

} // namespace xgrad
