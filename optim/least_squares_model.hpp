#pragma once
// What the searches for least squares ask of a problem.

#include <cmath>
#include <vector>

#include <xgrad/optim/unknowns.hpp>

namespace xgrad::optim::detail {

/// For texts: a NaN without its sign.
inline double shown(double x) { return std::isnan(x) ? std::abs(x) : x; }

class LeastSquaresModel {
  public:
    explicit LeastSquaresModel(Unknowns unknowns) : unknowns_(std::move(unknowns)) {}
    virtual ~LeastSquaresModel() = default;
    LeastSquaresModel(const LeastSquaresModel&) = delete;
    LeastSquaresModel& operator=(const LeastSquaresModel&) = delete;

    Unknowns& unknowns() { return unknowns_; }
    /// By QR of J, not by J^T J; the next model is the first that is made so. False: there is no such way.
    virtual bool use_qr(bool) { return false; }
    virtual void require_residuals(const char*) const {}
    /// The cost where the unknowns stand.
    virtual double cost() = 0;
    /// The cost, and a linear model there, which is kept aside until it is adopted.
    virtual double linearize() = 0;
    /// From now on steps are made by the model that was kept aside.
    virtual void adopt() = 0;

    virtual const std::vector<double>& gradient() const = 0;
    /// The squares of the norms of J's columns.
    virtual const std::vector<double>& squares() const = 0;
    /// See LinearModel.
    virtual double solve(double damping, const std::vector<double>& scale, const std::vector<char>& held,
                         std::vector<double>& d) = 0;
    virtual double change(const std::vector<double>& d) const = 0;
    /// Throws what is wrong with a cost that is not finite: which residual it is.
    [[noreturn]] virtual void fail_not_finite(const char* method) = 0;

  protected:
    Unknowns unknowns_;
};

} // namespace xgrad::optim::detail
