#pragma once
// Counts of elements, worked out from numbers that a user may have given: none of them overflows.

#include <cstddef>
#include <cstdint>
#include <limits>

namespace xgrad {

/// The most elements that an array can have. No memory holds so many, and the bytes of a thousand such arrays still add
/// up in 64 bits. Where a std::size_t has 32 bits, those of a few arrays do.
inline constexpr int log2_max_numel = sizeof(std::size_t) > 4 ? 48 : 26;
inline constexpr std::size_t max_numel = std::size_t{1} << log2_max_numel;

/// a + b; where that does not fit, the largest or the smallest number, which no shape takes for an extent.
constexpr std::int64_t add_sat(std::int64_t a, std::int64_t b) {
    using Limits = std::numeric_limits<std::int64_t>;
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a < 0 ? Limits::min() : Limits::max();
}

/// a b in the same way.
constexpr std::int64_t mul_sat(std::int64_t a, std::int64_t b) {
    using Limits = std::numeric_limits<std::int64_t>;
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(a, b, &product)) return product;
    return (a < 0) != (b < 0) ? Limits::min() : Limits::max();
}

} // namespace xgrad
