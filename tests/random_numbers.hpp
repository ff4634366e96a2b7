#pragma once
// Random numbers of tests.

#include <cstdint>

#include <xgrad/core/base/split_mix.hpp>

namespace test {

class Random : public xgrad::SplitMix {
  public:
    using SplitMix::SplitMix;

    double real(double low, double high) { return low + (high - low) * xgrad::unit_interval(bits()); }
    /// From low to high, both among them.
    std::int64_t integer(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool coin() { return (bits() & 1) != 0; }
};

} // namespace test
