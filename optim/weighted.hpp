#pragma once
// Residuals with their weights and losses, as Vars.

#include <vector>

#include <xgrad/optim/least_squares.hpp>

namespace xgrad::optim::detail {

/// Throws unless all are floating-point residuals of weights above 0 that draw no random numbers.
void check_residuals(const char* function, const std::vector<Residual>& residuals, Location where);

Var as_float64(Var x);
/// weight / 2 sum rho(r^2), float64.
Var weighted_cost(const Residual& residual);
/// sqrt(weight rho'(r^2)) of each element of the residuals, as a vector; Var{} where all are 1.
Var root_weights(const Residual& residual);

} // namespace xgrad::optim::detail
