#include <xgrad/optim/bfgs.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/optim/line_search.hpp>
#include <xgrad/optim/reasons.hpp>

namespace xgrad::optim {
namespace {

/// The inverse Hessian, as it is known.
class Inverse {
  public:
    explicit Inverse(std::size_t n) : n_(n), h_(n * n) { reset(1); }

    bool fresh() const { return fresh_; }
    void reset(double diagonal) {
        std::fill(h_.begin(), h_.end(), 0);
        for (std::size_t i = 0; i < n_; ++i)
            h_[i * n_ + i] = diagonal;
        fresh_ = true;
    }

    std::vector<double> times(const std::vector<double>& x) const {
        std::vector<double> y(n_);
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < n_; ++j)
                y[i] += h_[i * n_ + j] * x[j];
        return y;
    }

    /// H := (1 - r s y^T) H (1 - r y s^T) + r s s^T, r = 1 / y s, which keeps H positive definite where y s > 0.
    void improve(const std::vector<double>& s, const std::vector<double>& y) {
        const double curvature = dot(s, y);
        if (!(curvature > 1e-12 * norm(s) * norm(y))) return;
        if (fresh_) reset(curvature / dot(y, y));
        fresh_ = false;
        const std::vector<double> hy = times(y);
        const double factor = (1 + dot(y, hy) / curvature) / curvature;
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < n_; ++j)
                h_[i * n_ + j] += factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / curvature;
    }

  private:
    std::size_t n_;
    std::vector<double> h_;
    bool fresh_ = true;
};

} // namespace

SearchReport BFGS::solve(Problem& problem) const {
    require("BFGS",
            {{"max_iterations", static_cast<double>(max_iterations), Range::not_negative},
             {"tolerance_gradient", tolerance_gradient, Range::not_negative},
             {"tolerance_step", tolerance_step, Range::not_negative}},
            problem.where());
    problem.require_no_draws("BFGS");
    SearchReport report{.evaluations = 1, .reason = nullptr};
    const Undo undo(problem);
    std::vector<double> x = undo.start();
    LinePoint here;
    here.loss = problem.loss(here.gradient);
    report.losses.push_back(here.loss);
    Inverse inverse(problem.size());
    if (!std::isfinite(here.loss)) report.reason = reasons::not_finite;
    while (!report.reason) {
        if (largest(here.gradient) <= tolerance_gradient) report.reason = reasons::gradient;
        if (!report.reason && report.iterations >= static_cast<std::size_t>(max_iterations))
            report.reason = reasons::iterations;
        if (report.reason) break;

        std::vector<double> d = inverse.times(here.gradient);
        for (double& element : d)
            element = -element;
        here.t = 0, here.slope = dot(here.gradient, d);
        const double first = inverse.fresh() ? std::min(1.0, 1 / norm(here.gradient)) : 1;
        LinePoint next = strong_wolfe(problem, x, d, here, first, {}, report.evaluations);
        if (!(next.t > 0) || !(next.loss <= here.loss)) {
            if (inverse.fresh()) report.reason = reasons::no_descent;
            inverse.reset(1); // rounding has spoilt it
            continue;
        }
        ++report.iterations;
        add(x, next.t, d);
        std::vector<double> step(d.size()), change = next.gradient;
        add(step, next.t, d);
        add(change, -1, here.gradient);
        inverse.improve(step, change);
        here = std::move(next);
        report.losses.push_back(here.loss);
        if (each) {
            problem.move(x);
            each(here.loss, norm(here.gradient), norm(step));
        }
        if (largest(step) <= tolerance_step && largest(here.gradient) > tolerance_gradient)
            report.reason = reasons::step;
    }
    problem.move(x);
    report.loss = here.loss;
    return report;
}

} // namespace xgrad::optim
