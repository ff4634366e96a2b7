#pragma once
// The numbers of L: h = h + 0.1 (t - h) (1 + t / 2) - 0.01 h^2 with t = tanh(a h + x), a step after the other; the loss is
// the sum of the squares of the last h.

#include <cmath>
#include <cstddef>
#include <vector>

namespace bench::recurrence {

constexpr std::size_t states = 60;
constexpr double ops_of_a_step = 12; // for each number

inline std::vector<double> numbers(std::size_t n, double phase) {
    std::vector<double> result(n);
    for (std::size_t i = 0; i < n; ++i)
        result[i] = std::cos(phase + static_cast<double>(i));
    return result;
}
inline std::vector<double> start() { return numbers(states, 0.5); }
inline std::vector<double> factors() { return numbers(states, 1.5); }
inline std::vector<double> inputs(std::size_t steps) { return numbers(steps * states, 2.5); }

} // namespace bench::recurrence
