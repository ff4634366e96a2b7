#include <xgrad/optim/levenberg_marquardt.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <xgrad/optim/least_squares_model.hpp>
#include <xgrad/optim/line_search.hpp>
#include <xgrad/optim/reasons.hpp>

namespace xgrad::optim {
namespace {

using detail::LeastSquaresModel;

struct Options {
    const char* method;
    int max_iterations;
    double damping; // 0: Gauss-Newton
    double tolerance_cost, tolerance_gradient, tolerance_step;
    LinearSolver solver;
    const EachIteration& each;
};

/// A search under way.
class Search {
  public:
    Search(LeastSquaresModel& model, const Options& options)
        : model_(model), unknowns_(model.unknowns()), options_(options), damping_(options.damping) {}

    SearchReport run() {
        const Undo undo(unknowns_);
        x_ = undo.start();
        model_.require_residuals(options_.method);
        qr_ = options_.solver == LinearSolver::qr;
        if (!model_.use_qr(qr_) && qr_)
            throw Error(fmt::format("{}: a problem of blocks is solved by its Schur complement and Cholesky's factor; "
                                    "leave out LinearSolver::qr",
                                    options_.method),
                        unknowns_.where());
        cost_ = model_.linearize();
        report_.evaluations = 1;
        if (!std::isfinite(cost_)) model_.fail_not_finite(options_.method);
        model_.adopt();
        report_.losses.push_back(cost_);
        report_.reason = nullptr;
        while (!report_.reason) {
            report_.reason = stationary();
            if (!report_.reason) iterate();
        }
        unknowns_.move(x_);
        report_.loss = cost_;
        return report_;
    }

  private:
    /// Why to end where it stands.
    const char* stationary() {
        const std::vector<double>& g = model_.gradient();
        if (!std::all_of(g.begin(), g.end(), [](double x) { return std::isfinite(x); }))
            return "the derivatives are not finite";
        held_ = unknowns_.held(x_, g);
        double largest = 0;
        for (std::size_t i = 0; i < g.size(); ++i)
            if (!held_[i]) largest = std::max(largest, std::abs(g[i]));
        if (largest <= options_.tolerance_gradient) return reasons::gradient;
        if (report_.iterations >= static_cast<std::size_t>(options_.max_iterations)) return reasons::iterations;
        return nullptr;
    }

    void iterate() {
        std::vector<double> d;
        if (!direction(d)) return;
        double length = 1; // of the step, by which Gauss-Newton goes back
        for (bool first = true;; first = false) {
            std::vector<double> step = d;
            for (double& s : step)
                s *= length;
            const std::vector<double> y = unknowns_.plus(x_, step);
            const double promised = -model_.change(step), moved = norm(step);
            if (moved <= options_.tolerance_step * (norm(x_) + options_.tolerance_step)) {
                report_.reason = reasons::step;
                return;
            }
            unknowns_.move(y);
            const bool speculate = first && well_; // as good as always the next model is wanted at once
            const double next = speculate ? model_.linearize() : model_.cost();
            ++report_.evaluations, ++report_.iterations;
            if (accepted(next, promised)) {
                if (!speculate) (void)model_.linearize();
                take(y, next, moved, promised);
                return;
            }
            unknowns_.move(x_);
            well_ = false;
            tell(0);
            if (report_.iterations >= static_cast<std::size_t>(options_.max_iterations)) return;
            if (options_.damping > 0) {
                damping_ *= growth_, growth_ *= 2;
                if (damping_ > 1e32) report_.reason = reasons::no_descent;
                return;
            }
            length /= 2;
        }
    }

    /// A step from the model; false if there is none, or the model is to be made anew.
    bool direction(std::vector<double>& d) {
        const std::vector<double>& squares = model_.squares();
        scale_.resize(squares.size());
        for (std::size_t i = 0; i < squares.size(); ++i) {
            scale_[i] = std::max(scale_[i], squares[i]);
            if (!(scale_[i] > 0)) scale_[i] = 1;
        }
        const double least = model_.solve(damping_, scale_, held_, d);
        if (options_.solver == LinearSolver::automatic && !qr_ && least < 1e-12 && model_.use_qr(true)) {
            qr_ = true;
            (void)model_.linearize();
            model_.adopt();
            return direction(d);
        }
        const double n = static_cast<double>(d.size()), epsilon = std::numeric_limits<double>::epsilon();
        if (least > (qr_ ? n * epsilon : n * n * epsilon * epsilon)) return true;
        if (options_.damping > 0) {
            damping_ *= growth_, growth_ *= 2;
            if (damping_ > 1e32) report_.reason = "no step could be found";
        } else
            report_.reason = "the Jacobian has not full rank";
        return false;
    }

    /// Where rounding hides what a step does to the cost, it is taken as the model says.
    bool hidden(double next, double promised) const {
        const double rounding = 1e-13 * cost_;
        return promised >= 0 && promised <= rounding && std::abs(next - cost_) <= 10 * rounding;
    }
    bool accepted(double next, double promised) const { // not where it is not finite
        return hidden(next, promised) || cost_ - next > (options_.damping > 0 ? 1e-3 : 1e-4) * promised;
    }

    void take(const std::vector<double>& y, double next, double moved, double promised) {
        const double gained = cost_ - next, gain = hidden(next, promised) ? 1 : gained / promised;
        damping_ *= std::max(1.0 / 3, 1 - std::pow(2 * gain - 1, 3));
        growth_ = 2;
        well_ = true;
        if (gained <= options_.tolerance_cost * cost_ && promised <= options_.tolerance_cost * cost_)
            report_.reason = reasons::cost;
        x_ = y, cost_ = next;
        model_.adopt();
        tell(moved);
    }

    void tell(double moved) {
        report_.losses.push_back(cost_);
        if (!options_.each) return;
        const std::vector<double>& g = model_.gradient();
        const std::vector<char> held = unknowns_.held(x_, g);
        double square = 0;
        for (std::size_t i = 0; i < g.size(); ++i)
            if (!held[i]) square += g[i] * g[i];
        options_.each(cost_, std::sqrt(square), moved);
    }

    LeastSquaresModel& model_;
    detail::Unknowns& unknowns_;
    const Options options_;
    SearchReport report_;
    std::vector<double> x_, scale_;
    std::vector<char> held_;
    double cost_ = 0, damping_, growth_ = 2;
    bool well_ = true, qr_ = false;
};

void require_common(const Options& options, Location where) {
    require(options.method,
            {{"max_iterations", static_cast<double>(options.max_iterations), Range::not_negative},
             {"tolerance_cost", options.tolerance_cost, Range::not_negative},
             {"tolerance_gradient", options.tolerance_gradient, Range::not_negative},
             {"tolerance_step", options.tolerance_step, Range::not_negative}},
            where);
}

Options options_of(const LevenbergMarquardt& m) {
    return {"LevenbergMarquardt", m.max_iterations, m.damping, m.tolerance_cost,
            m.tolerance_gradient, m.tolerance_step, m.solver,  m.each};
}

SearchReport search(const LevenbergMarquardt& m, LeastSquaresModel& model) {
    detail::require_options(m, model.unknowns().where());
    return Search(model, options_of(m)).run();
}

SearchReport search(const GaussNewton& m, LeastSquaresModel& model) {
    const Options options{"GaussNewton",        m.max_iterations, 0,        m.tolerance_cost,
                          m.tolerance_gradient, m.tolerance_step, m.solver, m.each};
    require_common(options, model.unknowns().where());
    return Search(model, options).run();
}

} // namespace

void detail::require_options(const LevenbergMarquardt& m, Location where) {
    require("LevenbergMarquardt", {{"damping", m.damping, Range::positive}}, where);
    require_common(options_of(m), where);
}

SearchReport LevenbergMarquardt::solve(LeastSquares& problem) const { return search(*this, problem.model()); }
SearchReport LevenbergMarquardt::solve(BlockLeastSquares& problem) const { return search(*this, problem.model()); }
SearchReport GaussNewton::solve(LeastSquares& problem) const { return search(*this, problem.model()); }
SearchReport GaussNewton::solve(BlockLeastSquares& problem) const { return search(*this, problem.model()); }

} // namespace xgrad::optim
