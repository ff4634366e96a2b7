#pragma once

#include <xgrad/optim/problem.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// BFGS: Newton's direction by a whole inverse Hessian that the changes of the gradient improve at each step, and along
/// it a strong-Wolfe line search. For up to some thousands of elements, as each iteration takes n^2 multiplications; it
/// runs by itself, as LBFGS, which keeps n times a few numbers instead. The loss must not draw random numbers.
///     Problem problem(loss);  SearchReport report = BFGS{}.solve(problem);
/// The first inverse is the identity, and before it is first improved s y / y y times that, of the step s and the
/// change y of the gradient.  scipy.optimize has it as "BFGS", whose first inverse is the identity alone.
/// Nocedal and Wright, Numerical Optimization, algorithm 6.1.
struct BFGS {
    int max_iterations = 200;
    double tolerance_gradient = 1e-8; // largest element
    double tolerance_step = 1e-12;    // largest element of a step
    EachIteration each = {};

    [[nodiscard]] SearchReport solve(Problem& problem) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
