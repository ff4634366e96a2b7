#pragma once

#include <xgrad/optim/problem.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Newton's method whose direction H d = -g is found by conjugate gradients on hessian_vector_product, no further than
/// is worth while, and left where the curvature turns negative; then a strong-Wolfe line search. It runs by itself, as
/// LBFGS, and the loss must not draw random numbers:
///     Problem problem(loss);  SearchReport report = NewtonCG{}.solve(problem);
/// Nocedal and Wright, Numerical Optimization, algorithm 7.1.  Not in PyTorch; scipy.optimize has it as "Newton-CG".
struct NewtonCG {
    int max_iterations = 100;
    int max_products = 0; // of the Hessian for one direction; 0: as many as there are elements
    double tolerance_gradient = 1e-8;
    double tolerance_change = 1e-12;
    EachIteration each = {};

    [[nodiscard]] SearchReport solve(Problem& problem) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
