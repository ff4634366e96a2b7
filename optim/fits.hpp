#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/core/function.hpp>
#include <xgrad/optim/robust.hpp>
#include <xgrad/optim/unknowns.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// Many small least-squares problems of one form: the residuals of one fit are a function of its parameters and of its
/// slices of the data, as of vmap, and no two fits know of each other. parameters (fits, n), float64, and each data
/// (fits, ...), which need no inputs:
///
///     Fits fits([](Var p, Var x, Var y) { return p[0] * exp(-p[1] * x) - y; }, p, {x, y});
///     FitsReport report = LevenbergMarquardt{}.solve(fits);
///
/// Each fit has its own damping and its own end. All of an iteration is one compiled program over some hundreds of
/// fits: their J^T J and J^T r by rows, their Cholesky factors, the residuals at the next place and the decision about
/// it; where a fit has ended, the next one takes its place. Up to 32 parameters; a fit that starts where its cost is
/// not finite stays there, and its report says so. Bounds are those of all fits: one number, or one for each of the n.
/// Errors: as of LeastSquares; a manifold.
class Fits {
  public:
    template <class F>
    Fits(F residuals, Unknown parameters, std::vector<Var> data = {}, RobustLoss loss = {},
         Location where = Location::current())
        : Fits(xgrad::detail::vars_taken<F, 0>(), wrapped(std::move(residuals)), std::move(parameters), std::move(data),
               std::move(loss), where) {}
    ~Fits();
    Fits(Fits&&) noexcept;
    Fits& operator=(Fits&&) noexcept;

    /// How many, and residuals and parameters of each.
    std::size_t count() const;
    std::size_t residuals() const;
    std::size_t size() const;
    /// Of each fit where it stands, (fits, n, n), see LeastSquares::covariance; by J^T J. NaN where J has not full
    /// rank.
    xt::xarray<double> covariance(std::optional<double> variance = {}, Location where = Location::current());

    class Impl;
    Impl& impl() { return *impl_; }

  private:
    using Function = std::function<Var(std::span<const Var>)>;
    Fits(std::size_t arity, Function residuals, Unknown parameters, std::vector<Var> data, RobustLoss loss,
         Location where);
    template <class F>
    static Function wrapped(F f) {
        constexpr std::size_t n = xgrad::detail::vars_taken<F, 0>();
        static_assert(n >= 1 && n <= xgrad::detail::most_vars,
                      "the residuals of Fits are a function of the parameters of one fit and of its data, as in "
                      "[](Var p, Var x, Var y), and return a Var");
        return [f = std::move(f)](std::span<const Var> x) mutable -> Var {
            return [&]<std::size_t... I>(std::index_sequence<I...>)->Var { return f(x[I]...); }
            (std::make_index_sequence<n>{});
        };
    }
    std::unique_ptr<Impl> impl_;
};

/// How they went, by fit.
struct FitsReport {
    std::vector<double> losses;
    std::vector<std::size_t> iterations;
    std::vector<const char*> reasons;
    /// How many ended for another reason than that they could go no further or max_iterations were made.
    std::size_t converged = 0;

    static constexpr bool prints_as_str = true;
    std::string str() const; // 9990 of 10000 fits converged, in 8.3 iterations on average and at most 41
};

} // namespace xgrad::optim
#pragma GCC visibility pop
