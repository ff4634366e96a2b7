#pragma once

#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include <xgrad/core/base/split_mix.hpp>

namespace xgrad::data {

/// Random numbers of a seed; each stream of it has numbers of its own.
inline SplitMix random_stream(std::uint64_t seed, std::uint64_t stream) {
    return SplitMix(split_mix(seed) ^ split_mix(~stream));
}

/// A whole number below n, without the bias of a plain remainder.
inline std::size_t below(SplitMix& random, std::size_t n) {
    const std::uint64_t excess = (UINT64_MAX - n + 1) % n; // 2^64 mod n
    std::uint64_t bits = random.bits();
    while (bits < excess)
        bits = random.bits();
    return static_cast<std::size_t>(bits % n);
}

/// 0 .. size-1 in a random order (Fisher and Yates).
inline std::vector<std::size_t> permutation(SplitMix random, std::size_t size) {
    std::vector<std::size_t> order(size);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t left = size; left > 1; --left)
        std::swap(order[left - 1], order[below(random, left)]);
    return order;
}

} // namespace xgrad::data
