#include <xgrad/optim/lbfgs.hpp>

#include <algorithm>
#include <cmath>
#include <deque>

#include <xgrad/optim/line_search.hpp>

namespace xgrad::optim {
namespace {

constexpr const char* not_finite = "the loss is not finite";

/// What the last steps tell of the inverse Hessian.
class History {
  public:
    explicit History(std::size_t size) : size_(size) {}

    void add_step(std::vector<double> step, std::vector<double> change) {
        const double curvature = dot(change, step);
        if (curvature <= 1e-10) return;
        scale_ = curvature / dot(change, change);
        pairs_.push_back({std::move(step), std::move(change), 1 / curvature});
        if (pairs_.size() > size_) pairs_.pop_front();
    }

    /// Minus the inverse Hessian times g, by the two-loop recursion.
    std::vector<double> direction(const std::vector<double>& g) const {
        std::vector<double> q(g.size()), alpha(pairs_.size());
        add(q, -1, g);
        for (std::size_t i = pairs_.size(); i-- > 0;) {
            alpha[i] = dot(pairs_[i].step, q) * pairs_[i].rho;
            add(q, -alpha[i], pairs_[i].change);
        }
        for (double& x : q)
            x *= scale_;
        for (std::size_t i = 0; i < pairs_.size(); ++i)
            add(q, alpha[i] - dot(pairs_[i].change, q) * pairs_[i].rho, pairs_[i].step);
        return q;
    }

  private:
    struct Pair {
        std::vector<double> step, change;
        double rho;
    };
    std::size_t size_;
    double scale_ = 1;
    std::deque<Pair> pairs_;
};

} // namespace

SearchReport LBFGS::solve(Problem& problem) const {
    require("LBFGS", {{"learning_rate", learning_rate, Range::positive},
                      {"max_iterations", static_cast<double>(max_iterations), Range::not_negative},
                      {"max_evaluations", static_cast<double>(max_evaluations), Range::not_negative},
                      {"tolerance_gradient", tolerance_gradient, Range::not_negative},
                      {"tolerance_change", tolerance_change, Range::not_negative}});
    problem.require_no_draws("LBFGS");
    SearchReport report{.reason = "max_iterations"};
    const Undo undo(problem);
    std::vector<double> x = undo.start();
    LinePoint here;
    here.loss = problem.loss(here.gradient);
    report.evaluations = 1;
    report.losses.push_back(here.loss);
    const std::size_t most = max_evaluations > 0 ? static_cast<std::size_t>(max_evaluations)
                                                 : static_cast<std::size_t>(max_iterations) * 5 / 4;
    History history(history_size);
    if (!std::isfinite(here.loss))
        report.reason = not_finite;
    else if (largest(here.gradient) <= tolerance_gradient)
        report.reason = "tolerance_gradient";
    else
        for (int i = 0; i < max_iterations; ++i) {
            const std::vector<double> d = history.direction(here.gradient);
            double t = learning_rate;
            if (i == 0) {
                double sum = 0;
                for (const double g : here.gradient)
                    sum += std::abs(g);
                t *= std::min(1.0, 1 / sum);
            }
            here.t = 0, here.slope = dot(here.gradient, d);
            if (!(here.slope <= -tolerance_change)) { // along the direction next to nothing changes, or it goes up
                report.reason = here.slope <= 0 ? "tolerance_change" : "no direction goes down";
                break;
            }
            LinePoint next;
            if (line_search)
                next = strong_wolfe(problem, x, d, here, t, {}, report.evaluations);
            else {
                next = point_at(problem, x, d, t);
                ++report.evaluations;
                if (!std::isfinite(next.loss)) {
                    report.reason = not_finite;
                    break;
                }
            }
            ++report.iterations;
            add(x, next.t, d);
            std::vector<double> step(d.size()), change = next.gradient;
            add(step, next.t, d);
            add(change, -1, here.gradient);
            const double moved = largest(step), gained = std::abs(next.loss - here.loss), length = norm(step);
            history.add_step(std::move(step), std::move(change));
            here = std::move(next);
            report.losses.push_back(here.loss);
            if (each) {
                problem.move(x);
                each(here.loss, norm(here.gradient), length);
            }

            const char* reason = i + 1 == max_iterations                                  ? "max_iterations"
                                 : report.evaluations >= most                             ? "max_evaluations"
                                 : largest(here.gradient) <= tolerance_gradient           ? "tolerance_gradient"
                                 : moved <= tolerance_change || gained < tolerance_change ? "tolerance_change"
                                                                                          : nullptr;
            if (!reason) continue;
            report.reason = reason;
            break;
        }
    problem.move(x);
    report.loss = here.loss;
    return report;
}

} // namespace xgrad::optim
