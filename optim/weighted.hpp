#pragma once
// Residuals with their weights and losses, as Vars.

#include <vector>

#include <xgrad/optim/least_squares.hpp>

namespace xgrad::optim::detail {

/// Throws unless all are floating-point residuals of weights above 0 that draw no random numbers.
void check_residuals(const char* function, const std::vector<Residual>& residuals, Location where);

Var as_float64(Var x);
/// weight / 2 sum rho(s), of squares or sums of squares.
Var weighted_cost(const RobustLoss& loss, double weight, Var squares);
/// sqrt(weight rho'(s)) of each; Var{} where all are 1.
Var root_weights(const RobustLoss& loss, double weight, Var squares);
/// The squares that the loss is of, float64.
Var squares_of(const Residual& residual);
/// root_weights of each element of the residuals, as a vector.
Var root_weights(const Residual& residual);

} // namespace xgrad::optim::detail
