#pragma once
// A small problem of least squares, with and without outliers.

#include "rules.hpp"

namespace test {

using namespace xgrad::optim;

/// 20 points of 2 exp(-0.8 x) + 0.3, moved a little, three of them far away if there are outliers.
struct Decay {
    std::vector<double> x, y;
    explicit Decay(bool outliers = true) {
        for (int i = 0; i < 20; ++i) {
            x.push_back(i / 5.0);
            y.push_back(2 * std::exp(-0.8 * x.back()) + 0.3 + 0.01 * std::sin(37.0 * i) + (outliers && (i == 3 || i == 11 || i == 17)));
        }
    }
    Var residuals(Var p) const { return p[0] * exp(-p[1] * p.tape().constant(x)) + p[2] - p.tape().constant(y); }
};

template <class Method>
SearchReport solved(const Method& method, const Unknown& unknown, const RobustLoss& loss = {}, const Decay& data = Decay()) {
    LeastSquares problem({{data.residuals(unknown.parameter), loss}}, {unknown});
    const SearchReport report = method.solve(problem);
    BOOST_TEST(problem.cost() == report.loss, boost::test_tools::tolerance(1e-14));
    return report;
}

inline const LevenbergMarquardt exact{.max_iterations = 1000, .tolerance_cost = 0, .tolerance_gradient = 0, .tolerance_step = 1e-14};

} // namespace test
