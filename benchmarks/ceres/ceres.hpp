#pragma once
// Least squares by Ceres, with its automatic differentiation.

#include "../contender.hpp"

namespace bench::ceres_solver {

std::unique_ptr<Contender> least_squares_problem(const Work& work); // W

} // namespace bench::ceres_solver
