#pragma once

#include <xgrad/optim/block_least_squares.hpp>
#include <xgrad/optim/fits.hpp>
#include <xgrad/optim/least_squares.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// How a step is found from the linear model |J d + r|: by Cholesky's factor of J^T J, which with J^T r is one compiled
/// program; or by Householder's QR of J, slower, and right to twice as many digits. automatic: by J^T J until its
/// scaled factor has a pivot below 1e-12, from there on by QR.
enum class LinearSolver { automatic, cholesky, qr };

/// Levenberg and Marquardt: steps d of (J^T J + damping D^2) d = -J^T r, where D holds the largest norm so far of each
/// column of J (More 1978), so it does not matter in which units an unknown is measured. A step is taken if the cost
/// falls by at least a thousandth of what the linear model promised; then the damping falls by up to a third, by how
/// well both agree, and otherwise it grows, twice as fast each time (Nielsen 1999; as Ceres). Each try is an
/// iteration. It runs by itself:
///     SearchReport report = LevenbergMarquardt{.max_iterations = 100}.solve(problem);
///
/// A direction in which J has no rank is damped like all others, so it is hardly gone along: the end is one of many.
/// Bounds by projection: unknowns at a bound that the step along -J^T r would cross are held, the step is made of the
/// others and cut off where it leaves the bounds, and judged by what the model says of what is left of it (projected
/// steps: Bertsekas 1982; Kanzow, Yamashita and Fukushima 2004).
/// An error if the cost is not finite at the start; where it is not later, the step is too long.
struct LevenbergMarquardt {
    int max_iterations = 50;
    double damping = 1e-4;             // at the start
    double tolerance_cost = 1e-10;     // relative to the cost
    double tolerance_gradient = 1e-10; // largest element of J^T r, but for what bounds hold
    double tolerance_step = 1e-10;     // relative to the norm of the unknowns
    LinearSolver solver = LinearSolver::automatic;
    EachIteration each = {};

    [[nodiscard]] SearchReport solve(LeastSquares& problem) const;
    [[nodiscard]] SearchReport solve(BlockLeastSquares& problem) const;
    /// By J^T J, whatever `solver` is.
    [[nodiscard]] FitsReport solve(Fits& fits) const;
};

namespace detail {
/// Throws if one of them is out of its range.
void require_options(const LevenbergMarquardt& options, Location where);
} // namespace detail

/// Gauss and Newton: steps of J^T J d = -J^T r, halved until the cost falls by a
/// ten-thousandth of what the linear model promised. For small residuals and a good start; it ends where J has not full
/// rank, as there is no one step then. The rest is as above.
struct GaussNewton {
    int max_iterations = 50;
    double tolerance_cost = 1e-10;
    double tolerance_gradient = 1e-10;
    double tolerance_step = 1e-10;
    LinearSolver solver = LinearSolver::automatic;
    EachIteration each = {};

    [[nodiscard]] SearchReport solve(LeastSquares& problem) const;
    [[nodiscard]] SearchReport solve(BlockLeastSquares& problem) const;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
