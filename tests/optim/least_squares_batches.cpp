// Many fits of one form, each with its own damping and its own end.

#include <algorithm>
#include <numeric>

#include "rules.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

/// `count` decays a exp(-b x) + c at 12 places, moved a little, and with an outlier in each if that is asked for.
struct Decays {
    std::size_t count;
    xt::xarray<double> start, x, y;
    explicit Decays(std::size_t n, bool outliers = false) : count(n) {
        start = filled<double>({n, 3}, 0), x = filled<double>({n, 12}, 0), y = x;
        Random random(3);
        const auto noise = random_array<double>({n, 12}, random);
        for (std::size_t f = 0; f < n; ++f) {
            const double a = 1 + static_cast<double>(f % 7) / 5, b = 0.5 + static_cast<double>(f % 11) / 11, c = static_cast<double>(f % 5) / 5;
            start(f, 0) = 1, start(f, 1) = 0.3;
            for (std::size_t i = 0; i < 12; ++i) {
                x(f, i) = static_cast<double>(i) / 3;
                y(f, i) = a * std::exp(-b * x(f, i)) + c + 0.01 * noise(f, i) + (outliers && i == f % 12 ? 1 : 0);
            }
        }
    }
};

Var decay(Var p, Var x, Var y) { return p[0] * exp(-p[1] * x) + p[2] - y; }

/// What LeastSquares makes of fit f.
xt::xarray<double> alone(const Decays& data, std::size_t f, const LevenbergMarquardt& method, SearchReport& report, const RobustLoss& loss = {},
                         const Bounds& bounds = {}, xt::xarray<double>* covariance = nullptr) {
    xg::Tape tape;
    const auto row = [f](const xt::xarray<double>& a) { return std::vector<double>(a.data() + f * a.shape()[1], a.data() + (f + 1) * a.shape()[1]); };
    const Var p = tape.parameter(row(data.start), "p");
    LeastSquares problem({{decay(p, tape.constant(row(data.x)), tape.constant(row(data.y))), loss}}, {{p, bounds}});
    report = method.solve(problem);
    if (covariance) *covariance = problem.covariance();
    return p.value<double>();
}

void agree(const Decays& data, const LevenbergMarquardt& method, const RobustLoss& loss = {}, const Bounds& bounds = {}, double tolerance = 1e-8, bool same_way = true) {
    xg::Tape tape;
    const Var p = tape.parameter(data.start, "p");
    Fits fits(decay, {p, bounds}, {tape.constant(data.x), tape.constant(data.y)}, loss);
    BOOST_TEST(fits.count() == data.count);
    BOOST_TEST(fits.residuals() == 12u);
    BOOST_TEST(fits.size() == 3u);
    const FitsReport report = method.solve(fits);
    const auto all = p.value<double>(), covariance = fits.covariance();
    for (std::size_t f = 0; f < data.count; f += 1 + data.count / 20) {
        SearchReport one;
        xt::xarray<double> its;
        const auto wanted = alone(data, f, method, one, loss, bounds, &its);
        for (std::size_t k = 0; k < 3; ++k) BOOST_TEST(all(f, k) == wanted(k), boost::test_tools::tolerance(tolerance));
        BOOST_TEST(report.losses[f] == one.loss, boost::test_tools::tolerance(1e-10));
        BOOST_TEST(std::string(report.reasons[f]) == one.reason, "fit " << f << ": " << report.reasons[f] << ", " << one.reason);
        if (same_way) BOOST_TEST(report.iterations[f] == one.iterations);
        for (std::size_t k = 0; k < 9; ++k) BOOST_TEST(covariance.data()[9 * f + k] == its.data()[k], boost::test_tools::tolerance(1e-6));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(least_squares_batches)

BOOST_AUTO_TEST_CASE(each_fit_goes_the_way_it_goes_alone) {
    // As many iterations, for the same reason, to the same place: of fewer fits than a program takes at once, and of more.
    for (const std::size_t count : {1u, 40u, 1500u})
        agree(Decays(count), LevenbergMarquardt{});
    agree(Decays(40), LevenbergMarquardt{.tolerance_cost = 0, .tolerance_gradient = 0, .tolerance_step = 1e-9});
    agree(Decays(40), LevenbergMarquardt{.tolerance_cost = 0, .tolerance_gradient = 1e-7, .tolerance_step = 0});
    agree(Decays(40), LevenbergMarquardt{.max_iterations = 3});
}

BOOST_AUTO_TEST_CASE(robust_fits) {
    agree(Decays(40, true), LevenbergMarquardt{.max_iterations = 100}, Huber{0.05}, {}, 1e-5);
    agree(Decays(40, true), LevenbergMarquardt{.max_iterations = 100}, Cauchy{0.05}, {}, 1e-5);
}

BOOST_AUTO_TEST_CASE(bounded_fits) {
    constexpr double none = std::numeric_limits<double>::infinity();
    agree(Decays(40), LevenbergMarquardt{.max_iterations = 200}, {}, Bounds{.lower = {0, 0, -none}, .upper = {1.5, 0.9, 0.5}}, 1e-6, false);
    agree(Decays(40), LevenbergMarquardt{.max_iterations = 200}, {}, Bounds{.lower = {-0.5}}, 1e-6);
    // The gradient is that of what no bound holds.
    agree(Decays(40), LevenbergMarquardt{.max_iterations = 500, .tolerance_cost = 0, .tolerance_gradient = 1e-7, .tolerance_step = 0}, {},
          Bounds{.lower = {0, 0, -none}, .upper = {1.5, 0.9, 0.5}}, 1e-5, false);
}

BOOST_AUTO_TEST_CASE(the_report) {
    xg::Tape tape;
    const Decays data(700);
    const Var p = tape.parameter(data.start, "p");
    Fits fits(decay, p, {tape.constant(data.x), tape.constant(data.y)});
    const FitsReport report = LevenbergMarquardt{}.solve(fits);
    BOOST_TEST(report.converged == 700u);
    const double mean = static_cast<double>(std::accumulate(report.iterations.begin(), report.iterations.end(), std::size_t(0))) / 700;
    BOOST_TEST(report.str() == fmt::format("700 of 700 fits converged, in {:.1f} iterations on average and at most {}", mean,
                                           *std::max_element(report.iterations.begin(), report.iterations.end())));
    const FitsReport again = LevenbergMarquardt{}.solve(fits); // from where they are, they go nowhere
    BOOST_TEST(*std::max_element(again.iterations.begin(), again.iterations.end()) <= 2u);
    BOOST_TEST(LevenbergMarquardt{.max_iterations = 1}.solve(fits).losses.size() == 700u);
}

BOOST_AUTO_TEST_CASE(fits_that_fail_are_told_and_leave_the_others_alone) {
    xg::Tape tape; // log p = t, from where log p is NaN; of rank 0; fine
    const Var p = tape.parameter(xt::xarray<double>{{-1, 1}, {1, 1}, {2, 5}}, "p"), t = tape.constant(xt::xarray<double>{{0, 0}, {0.5, 0}, {1, 1}});
    Fits fits([](Var q, Var u) { return stack(log(q[0]) - u[0], u[1] * (q[1] - 3), 0 * q[1]); }, p, {t});
    const FitsReport report = LevenbergMarquardt{.tolerance_cost = 0, .tolerance_gradient = 1e-9, .tolerance_step = 0}.solve(fits);
    BOOST_TEST(std::string(report.reasons[0]) == "the cost is not finite where it starts");
    BOOST_TEST(report.iterations[0] == 0u);
    BOOST_TEST(std::string(report.reasons[1]) == "the gradient is within tolerance_gradient");
    BOOST_TEST(report.converged == 2u);
    BOOST_TEST(same(p.value<double>(), xt::xarray<double>{{-1, 1}, {std::exp(0.5), 1}, {std::exp(1.0), 3}}, 1e-8));
    const auto covariance = fits.covariance(1.0);
    BOOST_TEST(std::isnan(covariance(1, 0, 0)));
    BOOST_TEST(covariance(2, 0, 0) == std::exp(2.0), boost::test_tools::tolerance(1e-8));
}

BOOST_AUTO_TEST_CASE(data_of_any_type_and_vars_from_outside) {
    xg::Tape tape;
    const Var table = tape.constant({1.0, 4.0, 9.0, 16.0}), shared = tape.parameter(2.0, "shared");
    xt::xarray<std::int64_t> rows{{0, 1}, {2, 3}, {1, 1}};
    const Var p = tape.parameter(filled<double>({3, 1}, 0.5), "p");
    Fits fits([&](Var q, Var i) { return shared * q[0] - take(table, i, 0); }, p, {tape.constant(rows)});
    const FitsReport report = LevenbergMarquardt{}.solve(fits);
    BOOST_TEST(report.converged == 3u);
    BOOST_TEST(same(squeeze(p).value<double>(), xt::xarray<double>{1.25, 6.25, 2}, 1e-9));
    tape.assign(shared, 1); // is looked at by each solve
    (void)LevenbergMarquardt{}.solve(fits);
    BOOST_TEST(same(squeeze(p, {1}).value<double>(), xt::xarray<double>{2.5, 12.5, 4}, 1e-9));
    const std::size_t nodes = tape.size();
    (void)LevenbergMarquardt{}.solve(fits);
    BOOST_TEST(tape.size() == nodes);
    BOOST_TEST(tape.states().empty());
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    const Var p = tape.parameter(filled<double>({4, 2}, 1), "p"), x = tape.constant(filled<double>({4, 3}, 1)), short_one = tape.constant(filled<double>({3, 3}, 1));
    const Var single = tape.parameter(filled<float>({4, 2}, 1), "single"), wide = tape.parameter(filled<double>({2, 33}, 1), "wide"),
              poses = tape.parameter(filled<double>({2, 7}, 0), "poses");
    const auto f = [](Var q, Var u) { return q[0] * u - q[1]; };
    const auto error = [](auto make) { return error_of([&] { make(); }); };
    BOOST_TEST(error([&] { Fits fits(f, p); }) == "Fits: the residuals are a function of 2 Vars, and 1 were given: the parameters and 0 data" + at(__LINE__));
    BOOST_TEST(error([&] { Fits fits(f, p, {short_one}); }) == "Fits: data of shape (3, 3) were given for 4 fits; their first axis must be that of the fits" + at(__LINE__));
    BOOST_TEST(error([&] { Fits fits(f, single, {x}); }) == "Fits: the parameters are float32 (4, 2); they must be float64 (fits, n), none of both 0" + at(__LINE__));
    BOOST_TEST(error([&] { Fits fits([](Var q) { return q; }, wide); }) ==
               "Fits: of 33 parameters for each fit; there may be 32, as their equations are solved element by element; take LeastSquares for each fit" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { Fits fits([](Var q) { return q; }, {poses, SE3{}}); }) ==
               "Fits: the parameters are on SE3; fits have plain ones, so step by SE3::exp of a vector in the residuals instead" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { Fits fits([&](Var, Var u) { return u; }, p, {x}); }) == "Fits: the residuals do not depend on the parameters" + at(__LINE__));
    BOOST_TEST(error([&] { Fits fits(f, {p, Bounds{.lower = {0, 0, 0}}}, {x}); }) ==
               "Fits: 3 bounds were given for 2 parameters of each fit; there must be one, or one for each" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { Fits fits(f, {p, Bounds{.lower = {2}, .upper = {1}}}, {x}); }) ==
               "Fits: the bounds of element 0 of \"p\" are 2 and 1; the lower one must not be above the upper one" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { Fits fits(f, x, {x}); }).starts_with("Fits: an unknown must be a floating-point parameter"));
    xg::Random random(tape, 3);
    BOOST_TEST(error([&] { Fits fits([&](Var q) { return dropout(q, 0.5, random, true); }, p); }).starts_with("Fits: the residuals draw random numbers"));
    Fits fits(f, p, {x});
    BOOST_TEST(error([&] { (void)LevenbergMarquardt{.each = [](double, double, double) {}}.solve(fits); }).starts_with(
        "LevenbergMarquardt: `each` is not called for Fits, whose iterations do not go together; leave it out"));
    BOOST_TEST(error([&] { (void)LevenbergMarquardt{.max_iterations = 0}.solve(fits); }).starts_with("LevenbergMarquardt: max_iterations is 0; it must be at least 1"));
    Fits few([](Var q) { return q; }, p);
    BOOST_TEST(error([&] { (void)few.covariance(); }) == "covariance: of 2 residuals and 2 parameters of a fit the variance of the residuals cannot be estimated; "
                                                           "there must be more residuals, or the variance given: covariance(1.0)" + at(__LINE__ - 1));
}

BOOST_AUTO_TEST_SUITE_END()
