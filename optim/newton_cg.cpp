#include <xgrad/optim/newton_cg.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/optim/line_search.hpp>

namespace xgrad::optim {
namespace {

/// An approximate solution of H d = -g that goes down.
std::vector<double> newton_direction(Problem& problem, const std::vector<double>& g, std::size_t most) {
    const double length = norm(g), enough = std::min(0.5, std::sqrt(length)) * length;
    std::vector<double> d(g.size()), r = g, p(g.size());
    add(p, -1, g);
    for (std::size_t k = 0; k < most; ++k) {
        const std::vector<double> product = problem.hessian_times(p);
        const double curvature = dot(p, product), square = dot(r, r);
        if (!(curvature > 0)) return k == 0 ? p : d;
        add(d, square / curvature, p);
        add(r, square / curvature, product);
        const double next = dot(r, r);
        if (std::sqrt(next) <= enough) break;
        for (std::size_t i = 0; i < p.size(); ++i)
            p[i] = next / square * p[i] - r[i];
    }
    return d;
}

} // namespace

SearchReport NewtonCG::solve(Problem& problem) const {
    require("NewtonCG", {{"max_iterations", static_cast<double>(max_iterations), Range::not_negative},
                         {"max_products", static_cast<double>(max_products), Range::not_negative},
                         {"tolerance_gradient", tolerance_gradient, Range::not_negative},
                         {"tolerance_change", tolerance_change, Range::not_negative}});
    problem.require_no_draws("NewtonCG");
    SearchReport report{.reason = "max_iterations"};
    const Undo undo(problem);
    std::vector<double> x = undo.start();
    LinePoint here;
    here.loss = problem.loss(here.gradient);
    report.evaluations = 1;
    report.losses.push_back(here.loss);
    const std::size_t most = max_products > 0 ? static_cast<std::size_t>(max_products) : problem.size();
    for (int i = 0; i < max_iterations; ++i) {
        if (!std::isfinite(here.loss)) {
            report.reason = "the loss is not finite";
            break;
        }
        if (largest(here.gradient) <= tolerance_gradient) {
            report.reason = "tolerance_gradient";
            break;
        }
        problem.move(x);
        const std::vector<double> d = newton_direction(problem, here.gradient, most);
        here.t = 0, here.slope = dot(here.gradient, d);
        LinePoint next = strong_wolfe(problem, x, d, here, 1, {}, report.evaluations);
        add(x, next.t, d);
        ++report.iterations;
        const bool still = next.t * largest(d) <= tolerance_change;
        here = std::move(next);
        report.losses.push_back(here.loss);
        if (each) {
            problem.move(x);
            each(here.loss, norm(here.gradient), std::abs(here.t) * norm(d));
        }
        if (still) {
            report.reason = "tolerance_change";
            break;
        }
    }
    problem.move(x);
    report.loss = here.loss;
    return report;
}

} // namespace xgrad::optim
