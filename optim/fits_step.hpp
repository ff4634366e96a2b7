#pragma once
// One iteration of many fits, as Vars.

#include <functional>
#include <span>
#include <vector>

#include <xgrad/optim/fits.hpp>

namespace xgrad::optim::detail {

/// How a fit stands after an iteration; the rest are reasons to end.
enum FitStatus : int { goes_on, by_gradient, by_cost, by_step, not_finite_at_start, no_descent, by_iterations };

/// The residuals of fits as a function of parameters and data, both with the fits along their first axis.
struct FitsModel {
    std::function<Var(std::span<const Var>)> residuals; // of one fit
    RobustLoss loss;
    std::size_t size; // parameters
    std::vector<double> lower, upper;
};

/// The cost, J^T r and the lower triangle of J^T J, each (fits,).
struct NormalEquations {
    Var cost;
    std::vector<Var> gradient;
    std::vector<std::vector<Var>> matrix; // [i][j], j <= i
};
NormalEquations normal_equations(const FitsModel& model, Var x, std::span<const Var> data);

/// What is known of each fit between iterations.
struct FitState {
    Var x, scale;        // (fits, n)
    Var damping, growth; // (fits,)
};
struct FitTolerances {
    Var cost, gradient, step;
};
/// The next state's arrays in that order, then the cost there and the status, (fits,), float64.
std::vector<Var> fit_step(const FitsModel& model, const FitState& state, const FitTolerances& tolerances,
                          std::span<const Var> data);

} // namespace xgrad::optim::detail
