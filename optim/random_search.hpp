#pragma once

#include <cstdint>

#include <xgrad/optim/problem.hpp>

namespace xgrad::optim {

/// The lecture's first bad idea: parameters drawn at random, normally distributed, again and again; the best are kept.
/// On CIFAR-10 a linear classifier gets to 15.5 % so. Its purpose is the comparison.  CS231n, lecture 3.
struct RandomSearch {
    int tries = 1000;
    double scale = 1e-4; // standard deviation
    std::uint64_t seed = 0;

    SearchReport solve(Problem& problem) const;
};

/// The second: a step in a random direction from where the parameters are, taken if it leads down. 21.4 % there.
struct RandomLocalSearch {
    int tries = 1000;
    double step_size = 1e-4; // standard deviation of each element of a step
    double start_scale = 0;  // of a random start; 0: where the parameters are
    std::uint64_t seed = 0;

    SearchReport solve(Problem& problem) const;
};

} // namespace xgrad::optim
