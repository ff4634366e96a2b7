// Nonlinear least squares: Levenberg-Marquardt and Gauss-Newton over residuals and parameters.

#include "certified.hpp"
#include "decay.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

constexpr const char* by_gradient = "the gradient is within tolerance_gradient";
constexpr const char* by_step = "the step is within tolerance_step";
constexpr const char* by_cost = "the cost changes by no more than tolerance_cost";

void check_certified(const Certified& c, const std::vector<double>& start, LevenbergMarquardt method) {
    xg::Tape tape;
    const Var p = tape.parameter(start, "b");
    std::vector<Var> b;
    for (std::size_t i = 0; i < start.size(); ++i) b.push_back(p[i]);
    LeastSquares problem(c.model(b, tape.constant(c.x)) - tape.constant(c.y));
    const SearchReport report = method.solve(problem);
    BOOST_TEST(2 * report.loss == c.squares, boost::test_tools::tolerance(1e-10));
    BOOST_TEST(same(p.value<double>(), xt::xarray<double>(xt::adapt(c.parameters)), 1e-9), c.name);
    const auto covariance = problem.covariance();
    for (std::size_t i = 0; i < start.size(); ++i)
        BOOST_TEST(std::sqrt(covariance(i, i)) == c.deviations[i], boost::test_tools::tolerance(1e-8));
}

} // namespace

BOOST_AUTO_TEST_SUITE(least_squares)

// ---- Certified values ----

BOOST_AUTO_TEST_CASE(certified_values_from_both_starts) {
    // To nine digits, as their standard deviations, which depend on J alone, are to eight. MGH10's first start leads into a narrow
    // valley that bends, where thousands of iterations do not suffice; BoxBOD's needs short steps at first.
    for (const LinearSolver solver : {LinearSolver::automatic, LinearSolver::cholesky, LinearSolver::qr})
        for (const Certified& c : certified()) {
            const std::string name = c.name;
            LevenbergMarquardt method = exact;
            method.solver = solver;
            check_certified(c, c.start2, method);
            if (name == "MGH10") continue;
            if (name == "BoxBOD") method.damping = 10;
            check_certified(c, c.start1, method);
        }
}

BOOST_AUTO_TEST_CASE(gauss_newton_from_the_near_starts) {
    for (const Certified& c : certified()) {
        xg::Tape tape;
        const Var p = tape.parameter(c.start2, "b");
        std::vector<Var> b;
        for (std::size_t i = 0; i < c.start2.size(); ++i) b.push_back(p[i]);
        LeastSquares problem(c.model(b, tape.constant(c.x)) - tape.constant(c.y));
        const SearchReport report = GaussNewton{.max_iterations = 200, .tolerance_cost = 0, .tolerance_gradient = 0, .tolerance_step = 1e-13}.solve(problem);
        BOOST_TEST(2 * report.loss == c.squares, boost::test_tools::tolerance(1e-10));
        BOOST_TEST(same(p.value<double>(), xt::xarray<double>(xt::adapt(c.parameters)), 1e-8), c.name);
    }
}

// ---- Values ----

BOOST_AUTO_TEST_CASE(a_linear_problem_is_solved_in_one_step_with_its_covariance) {
    // y = a + b x at x = 0, 1, 2, 3: the normal equations are [[4, 6], [6, 14]], their inverse is [[14, -6], [-6, 4]] / 20.
    xg::Tape tape;
    const Var a = tape.parameter(5.0, "a"), b = tape.parameter(-7.0, "b");
    const Var x = tape.constant({0.0, 1.0, 2.0, 3.0}), y = tape.constant({1.0, 3.0, 2.0, 5.0});
    for (const LinearSolver solver : {LinearSolver::automatic, LinearSolver::cholesky, LinearSolver::qr}) {
        tape.assign(a, 5), tape.assign(b, -7);
        LeastSquares problem(a + b * x - y, {a, b});
        BOOST_TEST(problem.residuals() == 4u);
        BOOST_TEST(problem.size() == 2u);
        const SearchReport report = GaussNewton{.solver = solver}.solve(problem);
        BOOST_TEST(report.iterations == 1u); // the second one is not worth a step
        BOOST_TEST(std::abs(a.scalar<double>() - 1.1) < 1e-14);
        BOOST_TEST(std::abs(b.scalar<double>() - 1.1) < 1e-14);
        BOOST_TEST(report.loss == 1.35, boost::test_tools::tolerance(1e-14));
        const double variance = 2 * 1.35 / 2;
        BOOST_TEST(same(problem.covariance(), xt::xarray<double>{{14 * variance / 20, -6 * variance / 20}, {-6 * variance / 20, 4 * variance / 20}}, 1e-13));
        BOOST_TEST(same(problem.covariance(1.0), xt::xarray<double>{{0.7, -0.3}, {-0.3, 0.2}}, 1e-13));
    }
}

BOOST_AUTO_TEST_CASE(the_report_tells_how_it_went) {
    xg::Tape tape;
    const Var p = tape.parameter({1.0, 1.0, 0.0}, "p"), r = Decay().residuals(p), gradient = xg::gradient(0.5 * sum(square(r)), p);
    LeastSquares problem(r);
    std::vector<double> costs{problem.cost()};
    auto place = p.value<double>();
    const auto each = [&](double cost, double norm, double step) {
        costs.push_back(cost);
        BOOST_TEST(problem.cost() == cost, boost::test_tools::tolerance(1e-14)); // the parameters stand there
        const auto g = gradient.value<double>(), now = p.value<double>();
        BOOST_TEST(norm == std::sqrt(g(0) * g(0) + g(1) * g(1) + g(2) * g(2)), boost::test_tools::tolerance(1e-6));
        BOOST_TEST(std::abs(step - std::sqrt(std::pow(now(0) - place(0), 2) + std::pow(now(1) - place(1), 2) + std::pow(now(2) - place(2), 2))) < 1e-12);
        place = now;
    };
    const SearchReport report = LevenbergMarquardt{.max_iterations = 7, .each = each}.solve(problem);
    BOOST_TEST(report.iterations > 3u);
    BOOST_TEST(report.evaluations == report.iterations + 1);
    BOOST_TEST(costs == report.losses, boost::test_tools::per_element());
    BOOST_TEST(std::is_sorted(report.losses.rbegin(), report.losses.rend()));
    BOOST_TEST(report.loss == report.losses.back());
    BOOST_TEST(report.str() == fmt::format("loss {:g} after {} iterations and {} evaluations: {}", report.loss, report.iterations, report.evaluations, report.reason));
}

BOOST_AUTO_TEST_CASE(each_reason_to_end) {
    const auto reason = [](const auto& method, double start = 1) {
        xg::Tape tape;
        const Var p = tape.parameter({start, 1.0, 0.0}, "p");
        return std::string(solved(method, p).reason);
    };
    BOOST_TEST(reason(LevenbergMarquardt{.tolerance_cost = 0, .tolerance_step = 0}) == by_gradient);
    BOOST_TEST(reason(LevenbergMarquardt{.tolerance_cost = 1e-6, .tolerance_gradient = 0, .tolerance_step = 0}) == by_cost);
    BOOST_TEST(reason(LevenbergMarquardt{.tolerance_cost = 0, .tolerance_gradient = 0}) == by_step);
    BOOST_TEST(reason(LevenbergMarquardt{.max_iterations = 2}) == "max_iterations were made");
    BOOST_TEST(reason(GaussNewton{.max_iterations = 2}) == "max_iterations were made");
    BOOST_TEST(reason(LevenbergMarquardt{.max_iterations = 0}) == "max_iterations were made");
    BOOST_TEST(reason(GaussNewton{.tolerance_cost = 0, .tolerance_step = 0}) == by_gradient);
}

BOOST_AUTO_TEST_CASE(several_residuals_with_weights) {
    // (x - 1)^2 + 3 (x - 5)^2 and (y - 2)^2: x = 4
    xg::Tape tape;
    const Var x = tape.parameter(0.0, "x"), y = tape.parameter(filled<double>({1, 1}, 7), "y");
    LeastSquares problem({{x - 1}, {x - 5, {}, 3}, {y - 2}});
    const SearchReport report = LevenbergMarquardt{.damping = 1e-10}.solve(problem);
    BOOST_TEST(x.scalar<double>() == 4, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(y.scalar<double>() == 2, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(report.loss == 6, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(problem.covariance(1.0)(0, 0) == 0.25, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(problem.covariance(1.0)(1, 1) == 1, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(float32_and_data_as_inputs) {
    xg::Tape tape;
    const Var w = tape.parameter(xt::xarray<float>{{0.f, 0.f}, {0.f, 0.f}, {0.f, 0.f}}, "w"), b = tape.parameter(xt::xarray<double>{0, 0}, "b");
    const Var x = tape.input<float>({30, 3}), y = tape.input<double>({30, 2});
    Random random(4);
    const auto xs = random_array<float>({30, 3}, random);
    auto ys = filled<double>({30, 2}, 0);
    for (std::size_t i = 0; i < 30; ++i)
        for (std::size_t j = 0; j < 2; ++j) ys(i, j) = xs(i, 0) - 2 * xs(i, j) + 0.5;
    LeastSquares problem({{cast(matmul(x, w), xg::DType::float64) + b - y}}, {x, y}, [&](xg::Program& p) { return p(xs, ys); });
    BOOST_TEST(problem.size() == 8u);
    const SearchReport report = LevenbergMarquardt{}.solve(problem);
    BOOST_TEST(report.loss < 1e-10, report.str());
    BOOST_TEST(same(w.value<float>(), xt::xarray<float>{{-1, 1}, {0, -2}, {0, 0}}, 0, 1e-5));
    BOOST_TEST(same(b.value<double>(), xt::xarray<double>{0.5, 0.5}, 1e-5));
    // of b alone
    tape.assign(b, 0);
    LeastSquares of_b({{cast(matmul(x, w), xg::DType::float64) + b - y}}, {x, y}, [&](xg::Program& p) { return p(xs, ys); }, {b});
    BOOST_TEST(of_b.size() == 2u);
    (void)GaussNewton{}.solve(of_b);
    BOOST_TEST(same(b.value<double>(), xt::xarray<double>{0.5, 0.5}, 1e-5));
}

BOOST_AUTO_TEST_CASE(many_unknowns) {
    // Past one block of the factors: a chain of 150 unknowns, each beside the next, and what they are to be.
    for (const LinearSolver solver : {LinearSolver::cholesky, LinearSolver::qr}) {
        xg::Tape tape;
        std::vector<double> wanted(150);
        for (std::size_t i = 0; i < 150; ++i) wanted[i] = std::sin(0.3 * static_cast<double>(i));
        std::vector<double> start = wanted;
        for (std::size_t i = 0; i < 150; ++i) start[i] += 0.1 * std::cos(static_cast<double>(i));
        const Var x = tape.parameter(start, "x"), w = tape.constant(wanted);
        const Var low = slice(x, 0, 0, 149), high = slice(x, 0, 1, 150);
        const Var at_first = sin(x) - sin(w), between = 10 * (low * high - slice(w, 0, 0, 149) * slice(w, 0, 1, 150));
        LeastSquares problem({{at_first}, {between}});
        const SearchReport report = LevenbergMarquardt{.max_iterations = 200, .solver = solver}.solve(problem);
        BOOST_TEST(report.loss < 1e-16, report.str());
        BOOST_TEST(same(x.value<double>(), xt::xarray<double>(xt::adapt(wanted)), 0, 1e-7));
        const auto covariance = problem.covariance(1.0); // its inverse is J^T J
        const auto j = concatenate(jacobian(at_first, x), jacobian(between, x)).value<double>();
        double worst = 0;
        for (std::size_t i = 0; i < 150; i += 7)
            for (std::size_t k = 0; k < 150; k += 11) {
                double product = 0;
                for (std::size_t a = 0; a < 150; ++a)
                    for (std::size_t m = 0; m < 299; ++m)
                        if (j(m, i) != 0) product += j(m, i) * j(m, a) * covariance(a, k);
                worst = std::max(worst, std::abs(product - (i == k)));
            }
        BOOST_TEST(worst < 1e-9);
    }
}

BOOST_AUTO_TEST_SUITE_END()
