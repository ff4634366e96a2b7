#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/optim/problem.hpp>
#include <xgrad/optim/robust.hpp>
#include <xgrad/optim/unknowns.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

namespace detail {
class LeastSquaresModel;
} // namespace detail

/// Residuals r of a least-squares problem, all elements of a Var, which add weight / 2 sum_i rho(r_i^2) to the cost:
/// with by_rows weight / 2 sum_i rho(|r_i|^2) over the rows, the vectors along the last axis.
struct Residual {
    Residual(Var values, RobustLoss loss = {}, double weight = 1, bool by_rows = false)
        : values(values), loss(std::move(loss)), weight(weight), by_rows(by_rows) {}
    Var values;
    RobustLoss loss; // none: squares
    double weight;
    bool by_rows;
};

/// min_x 1/2 sum_i rho_i(r_i(x)^2): residuals that the tape differentiates by the unknowns (none given: all of the
/// tape's parameters that they depend on), for LevenbergMarquardt and GaussNewton:
///
///     LeastSquares problem(a * exp(-b * x) - y, {a, b});
///     SearchReport report = LevenbergMarquardt{}.solve(problem);
///
/// Errors: residuals that draw random numbers or are no floating-point numbers, an unknown that none of them depends
/// on, bounds the wrong way round or a start outside of them, a weight that is not positive.
///
/// Robust losses count by the weights rho'(r^2) at the point where a step is made: the gradient is exact, and J^T J is
/// that of residuals multiplied by sqrt(rho'), positive semidefinite as it stands (iteratively reweighted least
/// squares, Holland and Welsch 1977; what Ceres does where rho'' <= 0, as of all losses here; without the second-order
/// term of Triggs et al., Bundle adjustment, 2000).
class LeastSquares {
  public:
    template <std::same_as<Var> V> // a Var, not braces
    explicit LeastSquares(V residuals, std::vector<Unknown> unknowns = {}, Location where = Location::current())
        : LeastSquares(std::vector<Residual>{residuals}, std::move(unknowns), where) {}
    LeastSquares(std::initializer_list<Residual> residuals, std::vector<Unknown> unknowns = {},
                 Location where = Location::current())
        : LeastSquares(std::vector<Residual>(residuals), std::move(unknowns), where) {}
    explicit LeastSquares(std::vector<Residual> residuals, std::vector<Unknown> unknowns = {},
                          Location where = Location::current());
    /// Data as inputs, and how a program of them is called, as of a Problem.
    LeastSquares(std::vector<Residual> residuals, std::vector<Var> inputs, Problem::Call call,
                 std::vector<Unknown> unknowns = {}, Location where = Location::current());
    ~LeastSquares();
    LeastSquares(LeastSquares&&) noexcept;
    LeastSquares& operator=(LeastSquares&&) noexcept;

    /// The number of residuals, and of degrees of freedom.
    std::size_t residuals() const;
    std::size_t size() const;
    /// Where the unknowns stand.
    double cost();
    /// The covariance of the unknowns where they stand, (n, n), in their order: variance (J^T J)^-1, by the triangle of
    /// J = Q R. The variance of the residuals is estimated as 2 cost / (m - n) of m residuals and n unknowns, unless it
    /// is given; 1 is right where residuals were divided by their standard deviations. On a manifold it is that of a
    /// step d, and with robust losses J is that of the weighted residuals. Errors: no more residuals than unknowns, so
    /// that there is nothing to estimate from; J of lower rank, where some direction is not determined at all.
    xt::xarray<double> covariance(std::optional<double> variance = {}, Location where = Location::current());

    /// What the searches ask.
    detail::LeastSquaresModel& model();

  private:
    class Dense;
    std::unique_ptr<Dense> model_;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
