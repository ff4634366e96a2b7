#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/models/data/shuffle.hpp>

namespace xgrad::datasets {

/// The same numbers for a seed on every machine; each stream of it has numbers of its own.
class Random {
  public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : source_(data::random_stream(seed, stream)) {}

    /// A number in [0, 1).
    double uniform() { return unit_interval(source_.bits()); }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }

    /// A whole number below n.
    std::size_t below(std::size_t n) { return data::below(source_, n); }

  private:
    SplitMix source_;
};

} // namespace xgrad::datasets
