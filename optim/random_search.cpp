#include <xgrad/optim/random_search.hpp>

#include <cmath>
#include <numbers>
#include <utility>

#include <xgrad/core/base/split_mix.hpp>

namespace xgrad::optim {
namespace {

/// Normal numbers, the same on every machine (Box and Muller).
class Normal {
  public:
    explicit Normal(std::uint64_t seed) : numbers_(seed) {}

    std::vector<double> vector(std::size_t n, double scale) {
        std::vector<double> result(n);
        for (double& x : result)
            x = scale * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
        return result;
    }

  private:
    double uniform() { return open_unit_interval(numbers_.bits()); }
    SplitMix numbers_;
};

/// Tries points, each made from the best so far, and leaves the parameters at the best.
template <class Propose>
SearchReport try_points(Problem& problem, int tries, std::vector<double> best, Propose propose) {
    const Undo undo(problem);
    SearchReport report{.reason = "tries"};
    problem.move(best);
    report.loss = problem.loss();
    report.evaluations = 1;
    report.losses.push_back(report.loss);
    for (int i = 0; i < tries; ++i) {
        std::vector<double> point = propose(best);
        problem.move(point);
        const double loss = problem.loss();
        ++report.evaluations, ++report.iterations;
        if (loss < report.loss || (std::isnan(report.loss) && !std::isnan(loss))) {
            report.loss = loss;
            best = std::move(point);
        }
        report.losses.push_back(report.loss);
    }
    problem.move(best);
    return report;
}

} // namespace

SearchReport RandomSearch::solve(Problem& problem) const {
    require("RandomSearch",
            {{"tries", static_cast<double>(tries), Range::not_negative}, {"scale", scale, Range::not_negative}},
            problem.where());
    Normal normal(seed);
    return try_points(problem, tries, problem.point(),
                      [&](const std::vector<double>&) { return normal.vector(problem.size(), scale); });
}

SearchReport RandomLocalSearch::solve(Problem& problem) const {
    require("RandomLocalSearch",
            {{"tries", static_cast<double>(tries), Range::not_negative},
             {"step_size", step_size, Range::not_negative},
             {"start_scale", start_scale, Range::not_negative}},
            problem.where());
    Normal normal(seed);
    return try_points(problem, tries, start_scale > 0 ? normal.vector(problem.size(), start_scale) : problem.point(),
                      [&](const std::vector<double>& best) {
                          std::vector<double> point = normal.vector(problem.size(), step_size);
                          for (std::size_t i = 0; i < point.size(); ++i)
                              point[i] += best[i];
                          return point;
                      });
}

} // namespace xgrad::optim
