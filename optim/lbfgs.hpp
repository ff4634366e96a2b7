#pragma once

#include <xgrad/optim/problem.hpp>

namespace xgrad::optim {

/// L-BFGS: Newton's direction from the last `history_size` changes of the gradient, and a strong-Wolfe line search. It runs by
/// itself, over a compiled program of the loss and its gradient on all of the data:
///     Problem problem(loss);  SearchReport report = LBFGS{.max_iterations = 100}.solve(problem);
/// As torch.optim.LBFGS with line_search_fn="strong_wolfe", one call of its step(); max_iterations is 20 there.
/// Nocedal 1980; Nocedal and Wright, Numerical Optimization, algorithm 7.5.
struct LBFGS {
    double learning_rate = 1; // the first step that the line search tries
    int max_iterations = 100;
    int max_evaluations = 0; // 0: 1.25 max_iterations
    double tolerance_gradient = 1e-7;
    double tolerance_change = 1e-9;
    std::size_t history_size = 100;

    SearchReport solve(Problem& problem) const;
};

} // namespace xgrad::optim
