#pragma once

#include <vector>

#include <xgrad/optim/problem.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// A point of a line x + t d: the loss there, its gradient, and its slope along d.
struct LinePoint {
    double t = 0, loss = 0, slope = 0;
    std::vector<double> gradient = {};
};

struct WolfeOptions {
    double decrease = 1e-4; // loss(t) <= loss(0) + decrease t slope(0)
    double curvature = 0.9; // |slope(t)| <= curvature |slope(0)|
    double tolerance_change = 1e-9;
    int max_evaluations = 25;
};

/// A step t > 0 from x along d that meets the strong Wolfe conditions, first tried at `t`: enlarged until an interval
/// is known to hold one, which then shrinks by cubic interpolation. The parameters are left at the last point that was
/// tried.
/// The decisions are those of torch.optim.LBFGS with line_search_fn="strong_wolfe", which go back to minFunc; a loss
/// that is not finite counts as too high.  Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6.
LinePoint strong_wolfe(Problem& problem, const std::vector<double>& x, const std::vector<double>& d,
                       const LinePoint& start, double t, const WolfeOptions& options, std::size_t& evaluations);

double dot(const std::vector<double>& a, const std::vector<double>& b);
double norm(const std::vector<double>& a);
double largest(const std::vector<double>& a);                                  // magnitude
void add(std::vector<double>& a, double factor, const std::vector<double>& b); // a += factor b
LinePoint point_at(Problem& problem, const std::vector<double>& x, const std::vector<double>& d, double t);

} // namespace xgrad::optim
#pragma GCC visibility pop
