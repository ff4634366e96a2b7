// Least squares with robust losses and within bounds, and what is wrong about problems.

#include <stdexcept>

#include "decay.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(least_squares_limits)

// ---- Robust losses ----

BOOST_AUTO_TEST_CASE(robust_losses_as_scipy) {
    // scipy.optimize.least_squares(loss=..., f_scale=0.05) of scipy 1.10
    struct Row {
        const char* name;
        RobustLoss loss;
        xt::xarray<double> place;
        double cost;
    };
    for (const Row& row : {Row{"linear", {}, {1.919959171914332, 0.7890420780861994, 0.46885587110236565}, 1.2589674670015762},
                           {"huber", Huber{0.05}, {1.9907729434572075, 0.7946304149177397, 0.3087930311096784}, 0.14520038319914347},
                           {"soft_l1", SoftL1{0.05}, {1.9903650008453035, 0.7947367409628464, 0.30934127264098654}, 0.14161613076413435},
                           {"cauchy", Cauchy{0.05}, {1.9955252318599885, 0.794704876734869, 0.2989026375187364}, 0.022765100934724142}})
        for (const bool gauss_newton : {false, true}) {
            xg::Tape tape;
            const Var p = tape.parameter({1.0, 1.0, 0.0}, "p");
            const SearchReport report = gauss_newton ? solved(GaussNewton{.max_iterations = 200, .tolerance_cost = 0, .tolerance_step = 1e-12}, p, row.loss)
                                                     : solved(exact, p, row.loss);
            BOOST_TEST(same(p.value<double>(), row.place, 1e-6), row.name);
            BOOST_TEST(report.loss == row.cost, boost::test_tools::tolerance(1e-10));
        }
}

BOOST_AUTO_TEST_CASE(tukey_leaves_outliers_out) {
    xg::Tape tape;
    const Decay data, clean(false);
    const Var p = tape.parameter({1.9, 0.8, 0.35}, "p"), r = data.residuals(p);
    LeastSquares problem({{r, Tukey{0.2}}});
    const SearchReport report = exact.solve(problem);
    // Where the gradient of its cost is 0; and a third of the scale's square for each of the outliers
    BOOST_TEST(max(abs(gradient(0.5 * sum(Tukey{0.2}(square(r))), p))).scalar<double>() < 1e-10);
    BOOST_TEST(report.loss > 1.5 * 0.04 / 3);
    BOOST_TEST(report.loss < 1.5 * 0.04 / 3 + 1e-3);
    BOOST_TEST(same(p.value<double>(), xt::xarray<double>{2, 0.8, 0.3}, 0, 0.02));
}

BOOST_AUTO_TEST_CASE(losses_at_and_between_their_ends) {
    xg::Tape tape;
    const Var s = tape.constant({0.0, 1.0, 4.0, 9.0, 400.0});
    const auto at = [&](const RobustLoss& loss) { return std::pair(loss(s).value<double>(), gradient(sum(loss(s)), s).value<double>()); };
    const auto [h, dh] = at(Huber{2});
    BOOST_TEST(same(h, xt::xarray<double>{0, 1, 4, 8, 76}, 1e-15));
    BOOST_TEST(same(dh, xt::xarray<double>{1, 1, 1, 2.0 / 3, 0.1}, 1e-15));
    const auto [l, dl] = at(SoftL1{2});
    BOOST_TEST(same(l, xt::xarray<double>{0, 8 * (std::sqrt(1.25) - 1), 8 * (std::sqrt(2.0) - 1), 8 * (std::sqrt(3.25) - 1), 8 * (std::sqrt(101.0) - 1)}, 1e-14));
    BOOST_TEST(same(dl, xt::xarray<double>{1, 1 / std::sqrt(1.25), 1 / std::sqrt(2.0), 1 / std::sqrt(3.25), 1 / std::sqrt(101.0)}, 1e-14));
    const auto [c, dc] = at(Cauchy{2});
    BOOST_TEST(same(c, xt::xarray<double>{0, 4 * std::log(1.25), 4 * std::log(2.0), 4 * std::log(3.25), 4 * std::log(101.0)}, 1e-14));
    BOOST_TEST(same(dc, xt::xarray<double>{1, 0.8, 0.5, 4.0 / 13, 1 / 101.0}, 1e-14));
    const auto [t, dt] = at(Tukey{2});
    BOOST_TEST(same(t, xt::xarray<double>{0, 4.0 / 3 * (1 - std::pow(0.75, 3)), 4.0 / 3, 4.0 / 3, 4.0 / 3}, 1e-14));
    BOOST_TEST(same(dt, xt::xarray<double>{1, 0.5625, 0, 0, 0}, 1e-14, 1e-14));
}

BOOST_AUTO_TEST_CASE(losses_of_rows_and_of_ones_own) {
    // The geometric median of three points with an angle of at least 120 degrees is that corner; by |r|, smoothed a little.
    xg::Tape tape;
    const Var p = tape.parameter({0.3, 0.4}, "p"), points = tape.constant({{0.0, 0.0}, {10.0, 0.1}, {-10.0, 0.1}});
    LeastSquares by_rows({{p - points, [](Var s) { return 2e-3 * (sqrt(s + 1e-6) - 1e-3); }, 1, true}});
    const SearchReport report = LevenbergMarquardt{.max_iterations = 500, .tolerance_cost = 1e-15}.solve(by_rows);
    BOOST_TEST(max(abs(p)).scalar<double>() < 1e-3, report.str());
    // By elements it is the median of each coordinate.
    LeastSquares by_elements({{p - points, [](Var s) { return 2e-3 * (sqrt(s + 1e-6) - 1e-3); }}});
    (void)LevenbergMarquardt{.max_iterations = 500, .tolerance_cost = 1e-15}.solve(by_elements);
    BOOST_TEST(same(p.value<double>(), xt::xarray<double>{0, 0.1}, 0, 1e-3));
}

// ---- Bounds ----

BOOST_AUTO_TEST_CASE(bounds_as_scipy) {
    for (const bool gauss_newton : {false, true}) {
        const auto solve = [&](const Unknown& unknown) {
            return gauss_newton ? solved(GaussNewton{.max_iterations = 200}, unknown) : solved(LevenbergMarquardt{.max_iterations = 200}, unknown);
        };
        xg::Tape tape;
        const Var p = tape.parameter({1.0, 1.0, 0.0}, "p");
        constexpr double none = std::numeric_limits<double>::infinity();
        const SearchReport one = solve({p, Bounds{.upper = {none, none, 0.25}}});
        BOOST_TEST(same(p.value<double>(), xt::xarray<double>{2.0577342847366853, 0.5883583098474687, 0.25}, 1e-6));
        BOOST_TEST(one.loss == 1.2862244491249193, boost::test_tools::tolerance(1e-10));
        BOOST_TEST(p.value<double>()(2) == 0.25); // at the bound, not near it
        tape.assign(p, {1.0, 1.0, 0.0});
        const SearchReport two = solve({p, Bounds{.lower = {1, 0.9, -1}, .upper = {1.5, 5, 5}}});
        BOOST_TEST(same(p.value<double>(), xt::xarray<double>{1.5, 0.9, 0.6555801498703464}, 1e-8));
        BOOST_TEST(two.loss == 1.392097733800455, boost::test_tools::tolerance(1e-12));
    }
    // Steps that the bounds cut short are told as what is left of them.
    xg::Tape tape_of_steps;
    const Var moved = tape_of_steps.parameter({0.0, 0.5}, "moved");
    LeastSquares cut(stack(exp(moved[0]) - 20, moved[1] - 9 * moved[0]), {{moved, Bounds{.upper = {1, 5}}}});
    auto place = moved.value<double>();
    (void)LevenbergMarquardt{.each = [&](double cost, double, double step) {
        const auto now = moved.value<double>();
        BOOST_TEST(step == std::hypot(now(0) - place(0), now(1) - place(1)), boost::test_tools::tolerance(1e-12));
        BOOST_TEST(cut.cost() == cost);
        place = now;
    }}.solve(cut);
    BOOST_TEST(same(moved.value<double>(), xt::xarray<double>{1, 5}));

    // A corner, which the search starts in and leaves by one side; one number for all.
    xg::Tape tape;
    const Var q = tape.parameter({0.0, 0.0}, "q");
    LeastSquares problem(q - tape.constant({0.7, -3.0}), {{q, Bounds{.lower = {0}, .upper = {1}}}});
    const SearchReport report = LevenbergMarquardt{}.solve(problem);
    BOOST_TEST(std::abs(q.value<double>()(0) - 0.7) < 1e-9);
    BOOST_TEST(q.value<double>()(1) == 0);
    BOOST_TEST(report.loss == 4.5, boost::test_tools::tolerance(1e-12));
}

// ---- Rank ----

BOOST_AUTO_TEST_CASE(a_jacobian_of_lower_rank) {
    // x + y = 3 has a line of solutions: Levenberg and Marquardt go to a near one; there is no one step of Gauss and Newton.
    for (const LinearSolver solver : {LinearSolver::automatic, LinearSolver::cholesky, LinearSolver::qr}) {
        xg::Tape tape;
        const Var x = tape.parameter(1.0, "x"), y = tape.parameter(0.0, "y"), unused = tape.parameter(5.0, "z");
        LeastSquares problem(stack(x + y - 3, 0 * unused), {x, y, unused});
        BOOST_TEST(std::string(GaussNewton{.solver = solver}.solve(problem).reason) == "the Jacobian has not full rank");
        BOOST_TEST(x.scalar<double>() == 1);
        const SearchReport report = LevenbergMarquardt{.solver = solver}.solve(problem);
        BOOST_TEST(report.loss < 1e-15, report.str());
        BOOST_TEST(x.scalar<double>() == 2, boost::test_tools::tolerance(1e-6)); // the nearest, (1, 0) + (1, 1)
        BOOST_TEST(unused.scalar<double>() == 5);
        BOOST_TEST((error_of([&] { (void)problem.covariance(1.0); }).starts_with(
            "covariance: the Jacobian has not full rank: some direction of the unknowns changes no residual, so its variance is infinite; "
            "hold an unknown, or add a residual that says where it should be")));
    }
}

// ---- What is wrong ----

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    const Var p = tape.parameter({1.0, 2.0}, "p"), q = tape.parameter(3.0, "q"), k = tape.constant({1.0, 2.0});
    const Var r = p - k;
    const auto error = [&](auto make) { return error_of([&] { make(); }); };
    BOOST_TEST(error([&] { LeastSquares problem(r, {p, q}); }) == "LeastSquares: no residual depends on the unknown \"q\"; record the residuals of it, or leave it out" + at(__LINE__));
    BOOST_TEST(error([&] { LeastSquares problem(k); }) == "LeastSquares: the loss depends on no parameter; make one with tape.parameter(...), and the loss of it" + at(__LINE__));
    BOOST_TEST(error([&] { LeastSquares problem(r, {k}); }).starts_with("LeastSquares: an unknown must be a floating-point parameter, from tape.parameter(...), and one of the Vars given is "));
    BOOST_TEST(error([&] { LeastSquares problem(std::vector<Residual>{}); }) == "LeastSquares: no residuals were given" + at(__LINE__));
    BOOST_TEST(error([&] { LeastSquares problem(cast(r, xg::DType::int64)); }) == "LeastSquares: the residuals are int64 (2,); they must be floating-point numbers" + at(__LINE__));
    BOOST_TEST(error([&] { LeastSquares problem({{r, {}, 0}}); }) == "LeastSquares: the weight of residuals is 0; it must be above 0 and finite" + at(__LINE__));
    BOOST_TEST(error([&] { LeastSquares problem({{sum(r), {}, 1, true}}); }) == "LeastSquares: residuals of shape () were given by rows; there must be at least one" + at(__LINE__));
    BOOST_TEST(error([&] { LeastSquares problem(r, {{p, Bounds{.lower = {2}, .upper = {1}}}}); }) ==
               "LeastSquares: the bounds of element 0 of \"p\" are 2 and 1; the lower one must not be above the upper one" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { LeastSquares problem(r, {{p, Bounds{.lower = {0, 2.5}}}}); }) ==
               "LeastSquares: element 1 of \"p\" starts at 2, outside its bounds 2.5 and inf; assign it a value within them first" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { LeastSquares problem(r, {{p, Bounds{.lower = {0, 0, 0}}}}); }) ==
               "LeastSquares: \"p\" (2,) was given 3 lower bounds; there must be one, or one for each element" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { LeastSquares problem(r, {{p, SO3{}}}); }) == "LeastSquares: \"p\" (2,) is on SO3, so its last axis must have 4 elements" + at(__LINE__));
    BOOST_TEST(error([&] { Huber{0}(square(r)); }).starts_with("Huber: scale is 0; it must be above 0"));

    xg::Random random(tape, 3);
    BOOST_TEST(error([&] { LeastSquares problem(dropout(p, 0.5, random, true) - 1); }) ==
               "LeastSquares: the residuals draw random numbers, so they are other ones at each call, and a search compares their squares; draw before, "
               "and give the numbers as a constant" + at(__LINE__ - 2));

    LeastSquares square_one(r);
    BOOST_TEST(error([&] { (void)square_one.covariance(); }) ==
               "covariance: of 2 residuals and 2 unknowns the variance of the residuals cannot be estimated; there must be more residuals, or the "
               "variance given: covariance(1.0)" + at(__LINE__ - 2));
    BOOST_TEST(same(square_one.covariance(2.0), xt::xarray<double>{{2, 0}, {0, 2}}, 1e-15));
    BOOST_TEST(error([&] { (void)LevenbergMarquardt{.damping = 0}.solve(square_one); }).starts_with("LevenbergMarquardt: damping is 0; it must be above 0"));
    BOOST_TEST(error([&] { (void)LevenbergMarquardt{.tolerance_cost = -1}.solve(square_one); }).starts_with("LevenbergMarquardt: tolerance_cost is -1; it must be at least 0"));
    BOOST_TEST(error([&] { (void)GaussNewton{.max_iterations = -1}.solve(square_one); }).starts_with("GaussNewton: max_iterations is -1; it must be at least 0"));

    LeastSquares two({{r}, {log(p - 1.5)}});
    const int line = __LINE__ - 1;
    BOOST_TEST(error([&] { (void)LevenbergMarquardt{}.solve(two); }) ==
               "LevenbergMarquardt: element 0 of the residuals 1 is nan where the search starts; start where all of them are finite" + at(line));
    BOOST_TEST(same(p.value<double>(), xt::xarray<double>{1, 2}));
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_too_far) {
    xg::Tape tape; // log p = -10, from where the first step of Gauss and Newton leads left of 0
    for (const bool gauss_newton : {false, true}) {
        const Var p = tape.parameter(3.0, "p");
        LeastSquares problem(log(p) + 10, {p});
        const auto each = [&](double cost, double, double) { BOOST_TEST(problem.cost() == cost); }; // also after a step that was taken back
        const SearchReport report = gauss_newton ? GaussNewton{.max_iterations = 200, .each = each}.solve(problem)
                                                 : LevenbergMarquardt{.max_iterations = 200, .damping = 1e-12, .each = each}.solve(problem);
        BOOST_TEST(p.scalar<double>() == std::exp(-10.0), boost::test_tools::tolerance(1e-6));
        BOOST_TEST(report.losses.size() == report.iterations + 1);
        BOOST_TEST(report.losses[1] == report.losses[0]);
    }
    const Var q = tape.parameter(0.0, "q"); // the slope of the root is infinite
    LeastSquares problem(sqrt(q) - 1, {q});
    BOOST_TEST(std::string(LevenbergMarquardt{}.solve(problem).reason) == "the derivatives are not finite");
}

BOOST_AUTO_TEST_CASE(an_error_leaves_the_parameters_where_they_were) {
    xg::Tape tape;
    const Var p = tape.parameter({1.0, 1.0, 0.0}, "p");
    int calls = 0;
    LeastSquares problem({{Decay().residuals(p)}}, {}, [&](xg::Program& program) {
        if (++calls == 4) throw std::runtime_error("the data are gone");
        return program();
    });
    BOOST_CHECK_THROW((void)LevenbergMarquardt{}.solve(problem), std::runtime_error);
    BOOST_TEST(calls == 4);
    BOOST_TEST(same(p.value<double>(), xt::xarray<double>{1, 1, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
