#pragma once

#include <xgrad/optim/problem.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// L-BFGS: Newton's direction from the last `history_size` changes of the gradient, and along it a strong-Wolfe line
/// search or a step of fixed length, learning_rate times the direction. It runs by itself, over a compiled program of
/// the loss and its gradient on all of the data, which must not draw random numbers:
///     Problem problem(loss);  SearchReport report = LBFGS{.max_iterations = 100}.solve(problem);
/// As torch.optim.LBFGS with line_search_fn="strong_wolfe", or with None, its default, for line_search = false; one
/// call of its step(); max_iterations is 20 there. A fixed step that leads to where the loss is not finite ends the
/// search and is taken back.
/// Nocedal 1980; Nocedal and Wright, Numerical Optimization, algorithm 7.5.
struct LBFGS {
    double learning_rate = 1; // of the direction, or the first step that the line search tries
    int max_iterations = 100;
    int max_evaluations = 0; // 0: 1.25 max_iterations
    double tolerance_gradient = 1e-7;
    double tolerance_change = 1e-9;
    std::size_t history_size = 100;
    bool line_search = true; // false: steps of fixed length
    EachIteration each = {};

    [[nodiscard]] SearchReport solve(Problem& problem) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
