#pragma once
// The numbers of G and H.

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace bench::tiny {

inline std::array<float, 4> weights() { return {0.9f, 0.8f, -0.7f, 0.6f}; }
inline std::array<float, 4> start() { return {0.1f, -0.2f, 0.3f, 0.4f}; }

/// A place where Rosenbrock's function is steep.
inline std::vector<double> point(std::size_t n) {
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i)
        x[i] = 1.2 * std::cos(static_cast<double>(i));
    return x;
}

/// Per term: a square, two differences, two more squares, a factor, a sum; and the sum of all terms.
constexpr double rosenbrock_ops(std::size_t n) { return 8 * (static_cast<double>(n) - 1); }

} // namespace bench::tiny
