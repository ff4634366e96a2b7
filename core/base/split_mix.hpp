#pragma once
// Random numbers that are the same on every machine and with every standard library, as those of <random>'s
// distributions are not.

#include <cstdint>

namespace xgrad {

/// SplitMix64 (Steele, Lea, Flood 2014): this of a counter that goes up by `split_mix_step`.
inline constexpr std::uint64_t split_mix_step = 0x9E3779B97F4A7C15ull;
constexpr std::uint64_t split_mix(std::uint64_t counter) {
    counter = (counter ^ (counter >> 30)) * 0xBF58476D1CE4E5B9ull;
    counter = (counter ^ (counter >> 27)) * 0x94D049BB133111EBull;
    return counter ^ (counter >> 31);
}

class SplitMix {
  public:
    explicit SplitMix(std::uint64_t seed = 0) : counter_(seed) {}
    std::uint64_t bits() { return split_mix(counter_ += split_mix_step); }

  private:
    std::uint64_t counter_;
};

/// 64 random bits as a number in [0, 1), or in (0, 1).
constexpr double unit_interval(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }
constexpr double open_unit_interval(std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

} // namespace xgrad
