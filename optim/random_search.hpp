#pragma once

#include <cstdint>

#include <xgrad/optim/problem.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// The lecture's first bad idea: parameters drawn at random, normally distributed, again and again; the best are kept.
/// On CIFAR-10 a linear classifier gets to 15.5 % so. Its purpose is the comparison.  CS231n, lecture 3.
/// (Seen here: 17.3 %, SVM loss of 5000 images from 0 to 255, their mean taken off, 1000 tries.)
struct RandomSearch {
    int tries = 1000;
    double scale = 1e-4; // standard deviation
    std::uint64_t seed = 0;

    [[nodiscard]] SearchReport solve(Problem& problem) const;
};

/// The second: a step in a random direction from where the parameters are, taken if it leads down. 21.4 % there.
/// (Seen here, with start_scale = 1e-3: 21.8 %.)
struct RandomLocalSearch {
    int tries = 1000;
    double step_size = 1e-4; // standard deviation of each element of a step
    double start_scale = 0;  // of a random start; 0: where the parameters are
    std::uint64_t seed = 0;

    [[nodiscard]] SearchReport solve(Problem& problem) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
