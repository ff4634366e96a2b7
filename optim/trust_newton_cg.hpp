#pragma once

#include <xgrad/optim/problem.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Newton's method in a trust region: conjugate gradients on Hessian-vector products, which stop at the region's edge
/// or where they meet negative curvature and then go on to the edge (Steihaug 1983). A step is taken if the loss falls
/// by 0.15 of what the quadratic model promised; below a quarter of that the radius shrinks to a quarter, above three
/// quarters it doubles if the step went to the edge. Unlike NewtonCG it needs no line search, and leaves saddles along
/// negative curvature. It runs by itself, as LBFGS, and the loss must not draw random numbers:
///     Problem problem(loss);  SearchReport report = TrustNewtonCG{}.solve(problem);
/// The decisions are those of scipy.optimize's "trust-ncg".  Nocedal and Wright, Numerical Optimization, algorithms 4.1
/// and 7.2.
struct TrustNewtonCG {
    int max_iterations = 200;
    double radius = 1;                // of the first region
    double max_radius = 1000;         // of any
    double tolerance_gradient = 1e-8; // Euclidean norm
    double tolerance_step = 1e-14;    // the radius below which nothing is tried any more
    EachIteration each = {};

    [[nodiscard]] SearchReport solve(Problem& problem) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
