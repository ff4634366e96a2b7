#include <xgrad/optim/trust_newton_cg.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/optim/line_search.hpp>
#include <xgrad/optim/reasons.hpp>

namespace xgrad::optim {
namespace {

/// A step within the radius, the change that the quadratic model promises, and whether it goes to the edge.
struct Step {
    std::vector<double> d;
    double promised = 0;
    bool at_edge = false;
};

/// The t > 0 at which |d + t p| is the radius.
double to_edge(const std::vector<double>& d, const std::vector<double>& p, double radius) {
    const double a = dot(p, p), b = dot(d, p), c = dot(d, d) - radius * radius;
    const double root = std::sqrt(std::max(0.0, b * b - a * c));
    return b > 0 ? -c / (b + root) : (root - b) / a; // neither is a difference of what is nearly equal
}

Step steihaug(Problem& problem, const std::vector<double>& g, double radius) {
    const double length = norm(g), enough = std::min(0.5, std::sqrt(length)) * length;
    Step step{.d = std::vector<double>(g.size())};
    std::vector<double> r = g, p(g.size()), hd(g.size());
    add(p, -1, g);
    const auto go = [&](double t, const std::vector<double>& product) {
        add(step.d, t, p);
        add(hd, t, product);
    };
    for (std::size_t k = 0; k < 2 * g.size() + 1; ++k) {
        const std::vector<double> product = problem.hessian_times(p);
        const double curvature = dot(p, product), square = dot(r, r), t = square / curvature;
        std::vector<double> next = step.d;
        add(next, t, p);
        if (!(curvature > 0) || norm(next) >= radius) {
            go(to_edge(step.d, p, radius), product);
            step.at_edge = true;
            break;
        }
        go(t, product);
        add(r, t, product);
        const double left = dot(r, r);
        if (std::sqrt(left) < enough) break;
        for (std::size_t i = 0; i < p.size(); ++i)
            p[i] = left / square * p[i] - r[i];
    }
    step.promised = -dot(g, step.d) - dot(step.d, hd) / 2;
    return step;
}

} // namespace

SearchReport TrustNewtonCG::solve(Problem& problem) const {
    require("TrustNewtonCG",
            {{"max_iterations", static_cast<double>(max_iterations), Range::not_negative},
             {"radius", radius, Range::positive},
             {"max_radius", max_radius, Range::positive},
             {"tolerance_gradient", tolerance_gradient, Range::not_negative},
             {"tolerance_step", tolerance_step, Range::not_negative}},
            problem.where());
    problem.require_no_draws("TrustNewtonCG");
    SearchReport report{.evaluations = 1, .reason = nullptr};
    const Undo undo(problem);
    std::vector<double> x = undo.start(), gradient;
    report.loss = problem.loss(gradient);
    report.losses.push_back(report.loss);
    double trusted = std::min(radius, max_radius);
    if (!std::isfinite(report.loss)) report.reason = reasons::not_finite;
    while (!report.reason) {
        if (norm(gradient) <= tolerance_gradient) report.reason = reasons::gradient;
        if (!report.reason && report.iterations >= static_cast<std::size_t>(max_iterations))
            report.reason = reasons::iterations;
        if (report.reason) break;

        problem.move(x);
        const Step step = steihaug(problem, gradient, trusted);
        std::vector<double> there = x, slope;
        add(there, 1, step.d);
        problem.move(there);
        const double loss = problem.loss(slope), gained = report.loss - loss;
        const double gain = std::isfinite(loss) && step.promised > 0 ? gained / step.promised : -1;
        // Where rounding hides the change, the model is right.
        const bool hidden = step.promised >= 0 && step.promised <= 1e-13 * std::abs(report.loss) &&
                            std::abs(gained) <= 1e-12 * std::abs(report.loss);
        ++report.iterations, ++report.evaluations;
        if (!hidden && gain < 0.25)
            trusted *= 0.25;
        else if (gain > 0.75 && step.at_edge)
            trusted = std::min(2 * trusted, max_radius);
        const bool taken = hidden ? norm(slope) < norm(gradient) : gain > 0.15;
        if (taken) x = std::move(there), gradient = std::move(slope), report.loss = loss;
        report.losses.push_back(report.loss);
        if (each) {
            problem.move(x);
            each(report.loss, norm(gradient), taken ? norm(step.d) : 0);
        }
        if (trusted <= tolerance_step || (hidden && !taken)) report.reason = reasons::step;
    }
    problem.move(x);
    return report;
}

} // namespace xgrad::optim
