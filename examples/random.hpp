#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace examples {

/// SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixing function. The distributions of <random> differ between
/// standard libraries, so these are our own: a seed gives the same data and the same order of batches everywhere.
class Random {
  public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : counter_(mix(seed) ^ mix(~stream)) {}

    std::uint64_t bits() { return mix(counter_ += 0x9e3779b97f4a7c15u); }

    /// A number in [0, 1).
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }

    /// A whole number below n, without the bias of a plain remainder.
    std::size_t below(std::size_t n) {
        const std::uint64_t excess = (UINT64_MAX - n + 1) % n; // 2^64 mod n
        std::uint64_t x = bits();
        while (x < excess)
            x = bits();
        return static_cast<std::size_t>(x % n);
    }

    /// Fisher and Yates.
    template <class T>
    void shuffle(std::vector<T>& items) {
        for (std::size_t left = items.size(); left > 1; --left)
            std::swap(items[left - 1], items[below(left)]);
    }

  private:
    static std::uint64_t mix(std::uint64_t x) {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        return x ^ (x >> 31);
    }

    std::uint64_t counter_;
};

} // namespace examples
