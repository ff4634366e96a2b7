// The methods that steer the training themselves.

#include "problems.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

/// A problem's tape, and what a search makes of it.
template <class Method>
void solve(const Method& method, std::array<double, 4> reach) {
    for (std::size_t k = 0; k < problems().size(); ++k) {
        const Landscape& problem = problems()[k];
        xg::Tape tape;
        const Var p = tape.parameter(problem.start, "p"), loss = problem.loss(p);
        optim::Problem vector(loss);
        const SearchReport report = method.solve(vector);
        BOOST_TEST(report.loss - problem.least < reach[k], problem.name << ": " << report.loss - problem.least << ", " << report.reason);
        BOOST_TEST(loss.scalar<double>() == report.loss);
        BOOST_TEST(report.losses.size() == report.iterations + 1);
        BOOST_TEST(report.losses.back() == report.loss);
        if (reach[k] < 1e-8) BOOST_TEST(same(p.value<double>(), problem.solution, 0, 1e-3), problem.name);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(searches)

BOOST_AUTO_TEST_CASE(lbfgs) { solve(LBFGS{}, {1e-14, 1e-9, 1e-9, 1e-9}); }

BOOST_AUTO_TEST_CASE(lbfgs_goes_the_way_of_pytorch) {
    // Rosenbrock's function from (-1.2, 1): where torch.optim.LBFGS(line_search_fn="strong_wolfe") is after so many iterations.
    struct Stop {
        int iterations;
        std::size_t evaluations;
        double x, y;
    };
    const Stop stops[] = {
        {1, 3, -1.0245319303460325, 1.0716196202669255}, {2, 4, -1.0284565745562346, 1.068187455748677},
        {5, 7, -1.0203084803940978, 1.0352769866467468}, {10, 12, -0.66570845708889603, 0.41398308319536115},
        {20, 26, 0.51362244313684835, 0.25581528103177875},
    };
    for (const auto& [iterations, evaluations, x, y] : stops) {
        xg::Tape tape;
        const Var p = tape.parameter(problems()[2].start, "p");
        Problem problem(problems()[2].loss(p));
        const SearchReport report = LBFGS{.max_iterations = iterations, .max_evaluations = 100}.solve(problem);
        BOOST_TEST(same(p.value<double>(), xt::xarray<double>{x, y}, 1e-12));
        BOOST_TEST(report.evaluations == evaluations);
    }
}

BOOST_AUTO_TEST_CASE(lbfgs_that_remembers_little) {
    // Three pairs go PyTorch's way, too; none at all is gradient descent with a line search.
    for (const std::size_t size : {3u, 0u}) {
        xg::Tape tape;
        const Var p = tape.parameter(problems()[2].start, "p");
        Problem problem(problems()[2].loss(p));
        const SearchReport report = LBFGS{.max_iterations = 12, .max_evaluations = 100, .history_size = size}.solve(problem);
        if (size == 3) BOOST_TEST(same(p.value<double>(), xt::xarray<double>{-0.35746140788507952, 0.096735223334021625}, 1e-10));
        BOOST_TEST(report.loss < report.losses.front());
    }
}

BOOST_AUTO_TEST_CASE(lbfgs_with_a_fixed_step_goes_the_way_of_pytorch) {
    // As above, with line_search_fn=None and lr = 0.1; the second place is that of history_size = 3.
    struct Stop {
        int iterations;
        xt::xarray<double> place, with_three;
    };
    const Stop stops[] = {
        {1, {-1.1289855072463768, 1.0289855072463767}, {-1.1289855072463768, 1.0289855072463767}},
        {2, {-1.1208360338970624, 1.0326372109383015}, {-1.1208360338970624, 1.0326372109383015}},
        {5, {-1.0989030589182796, 1.0430413750577954}, {-1.0989030817808585, 1.0430414291237948}},
        {10, {-1.0731883206935724, 1.0551729273427284}, {-1.0731880052541687, 1.055172228961313}},
        {20, {-1.044719587805136, 1.0623773907218077}, {-1.0446948039232928, 1.0623286501162994}},
    };
    for (const auto& [iterations, place, with_three] : stops)
        for (const std::size_t size : {100u, 3u}) {
            xg::Tape tape;
            const Var p = tape.parameter(problems()[2].start, "p");
            Problem problem(problems()[2].loss(p));
            const SearchReport report = LBFGS{.learning_rate = 0.1, .max_iterations = iterations, .max_evaluations = 1000,
                                              .history_size = size, .line_search = false}.solve(problem);
            BOOST_TEST(same(p.value<double>(), size == 3 ? with_three : place, 1e-10));
            BOOST_TEST(report.evaluations == static_cast<std::size_t>(iterations) + 1);
        }
    xg::Tape tape; // the quadratic of condition 1000, ten steps of rate 1
    const Var p = tape.parameter(problems()[1].start, "p");
    Problem problem(problems()[1].loss(p));
    (void)LBFGS{.max_iterations = 10, .max_evaluations = 1000, .line_search = false}.solve(problem);
    BOOST_TEST(same(p.value<double>(), xt::xarray<double>{0.7155361782506153, -0.019239697974899668, 0.010856388534963748}, 1e-9));
}

BOOST_AUTO_TEST_CASE(a_fixed_step_that_leads_nowhere_is_taken_back) {
    xg::Tape tape;
    const Var p = tape.parameter(2.0, "p");
    Problem problem(p - log(p)); // the gradient is 0.5, and 30 times that to the left the logarithm is none
    const SearchReport report = LBFGS{.learning_rate = 30, .line_search = false}.solve(problem);
    BOOST_TEST(std::string(report.reason) == "the loss is not finite");
    BOOST_TEST(p.scalar<double>() == 2);
    BOOST_TEST(report.loss == 2 - std::log(2.0));
    const SearchReport shorter = LBFGS{.learning_rate = 1, .line_search = false}.solve(problem);
    BOOST_TEST(shorter.loss == 1, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(converged_searches_say_so) {
    // No tolerance of the gradient: what ends them is that nothing changes any more. None at all: they end all the same.
    for (const auto& [tolerance, line_search] : {std::pair(1e-9, true), {1e-9, false}, {0.0, true}})
            for (const Landscape& landscape : problems()) { // with a fixed step only where that is known to suit
                if (!line_search && landscape.name != std::string("sphere") && landscape.name != std::string("logistic")) continue;
                xg::Tape tape;
                Problem problem(landscape.loss(tape.parameter(landscape.start, "p")));
                const SearchReport report = LBFGS{.max_iterations = 3000, .max_evaluations = 100000, .tolerance_gradient = 0,
                                                  .tolerance_change = tolerance, .line_search = line_search}.solve(problem);
                const std::string reason = report.reason;
                BOOST_TEST(report.loss - landscape.least < 1e-8, landscape.name);
                BOOST_TEST((reason == "tolerance_change" || reason == "tolerance_gradient"), landscape.name << ": " << reason);
                BOOST_TEST(report.evaluations < 2 * report.iterations + 25, landscape.name << ": " << report.evaluations); // no search goes on to its end
            }
    xg::Tape tape;
    Problem problem(square(tape.parameter(0.0, "p") - 1));
    BOOST_TEST(std::string(LBFGS{}.solve(problem).reason) == "tolerance_gradient");
    BOOST_TEST(std::string(LBFGS{.tolerance_gradient = 0}.solve(problem).reason) == "tolerance_gradient"); // it is 0
}

BOOST_AUTO_TEST_CASE(each_iteration_is_told) {
    const auto check = [](auto method) {
        xg::Tape tape;
        const Var p = tape.parameter(problems()[2].start, "p"), loss = problems()[2].loss(p), gradient = xg::gradient(loss, p);
        Problem problem(loss);
        std::vector<double> losses{loss.scalar<double>()}, place = problem.point();
        method.each = [&](double value, double norm, double step) {
            losses.push_back(value);
            BOOST_TEST(value == loss.scalar<double>()); // the parameters stand there
            const auto g = gradient.value<double>();
            BOOST_TEST(norm == std::hypot(g(0), g(1)), boost::test_tools::tolerance(1e-12));
            const std::vector<double> now = problem.point();
            BOOST_TEST(step == std::hypot(now[0] - place[0], now[1] - place[1]), boost::test_tools::tolerance(1e-9));
            place = now;
        };
        const SearchReport report = method.solve(problem);
        BOOST_TEST(report.iterations > 2u);
        BOOST_TEST(losses == report.losses, boost::test_tools::per_element());
    };
    check(LBFGS{.max_iterations = 8});
    check(LBFGS{.learning_rate = 0.1, .max_iterations = 8, .line_search = false});
    check(NewtonCG{.max_iterations = 8});
    check(BFGS{.max_iterations = 8});
    check(TrustNewtonCG{.max_iterations = 8});
}

BOOST_AUTO_TEST_CASE(a_loss_that_draws_is_refused) {
    xg::Tape tape;
    xg::Random random(tape, 3);
    const Var w = tape.parameter(filled<double>({20}, 1.0), "w");
    const auto loss = [&](bool training) { return sum(square(dropout(w, 0.5, random, training) - 1)); };
    Problem drawing(loss(true)), fixed(loss(false));
    const char* rest = ": the loss draws random numbers, so it is another function at each call, and a search compares its values; "
                       "leave them out (dropout with training = false), or train by a rule such as Adam";
    BOOST_TEST((error_of([&] { (void)LBFGS{}.solve(drawing); }).starts_with(std::string("LBFGS") + rest)));
    BOOST_TEST((error_of([&] { (void)NewtonCG{}.solve(drawing); }).starts_with(std::string("NewtonCG") + rest)));
    BOOST_TEST((error_of([&] { (void)BFGS{}.solve(drawing); }).starts_with(std::string("BFGS") + rest)));
    BOOST_TEST((error_of([&] { (void)TrustNewtonCG{}.solve(drawing); }).starts_with(std::string("TrustNewtonCG") + rest)));
    BOOST_TEST(random.counter().scalar<std::int64_t>() == 0);
    BOOST_TEST(LBFGS{}.solve(fixed).loss == 0); // as the message says
    tape.compile({{}, Adam{}.minimize(loss(true))}, {})();
    BOOST_TEST(random.counter().scalar<std::int64_t>() == 1);
}

BOOST_AUTO_TEST_CASE(newton_cg) { solve(NewtonCG{}, {1e-15, 1e-12, 1e-12, 1e-12}); }

BOOST_AUTO_TEST_CASE(bfgs) {
    solve(BFGS{}, {1e-15, 1e-14, 1e-14, 1e-14});
    for (const Landscape& landscape : problems()) { // and ends in as few iterations as scipy's, some more or less
        xg::Tape tape;
        Problem problem(landscape.loss(tape.parameter(landscape.start, "p")));
        const SearchReport report = BFGS{}.solve(problem);
        BOOST_TEST(std::string(report.reason) == "the gradient is within tolerance_gradient", landscape.name);
        BOOST_TEST(report.iterations < 40u, landscape.name << ": " << report.iterations);
        BOOST_TEST(std::is_sorted(report.losses.rbegin(), report.losses.rend()));
    }
}

BOOST_AUTO_TEST_CASE(trust_newton_cg) {
    solve(TrustNewtonCG{}, {1e-15, 1e-14, 1e-14, 1e-14});
    for (const Landscape& landscape : problems()) {
        xg::Tape tape;
        Problem problem(landscape.loss(tape.parameter(landscape.start, "p")));
        const SearchReport report = TrustNewtonCG{}.solve(problem);
        BOOST_TEST(std::string(report.reason) == "the gradient is within tolerance_gradient", landscape.name);
        BOOST_TEST(report.iterations <= 30u, landscape.name << ": " << report.iterations);
        BOOST_TEST(report.evaluations == report.iterations + 1);
    }
}

BOOST_AUTO_TEST_CASE(trust_newton_cg_goes_the_way_of_scipy) {
    // Rosenbrock's function from (-1.2, 1): where minimize(method="trust-ncg") of scipy 1.10 is after so many iterations.
    struct Stop {
        int iterations;
        double x, y;
    };
    for (const auto& [iterations, x, y] : {Stop{1, -1.0566974440750523, 1.0584908391530399}, {2, -1.0308940228699568, 1.0689491107013913},
                                          {5, -0.674964507267666, 0.4089171168133965}, {10, -0.169519952232436, 0.049499702371167645},
                                          {20, 0.7673340293700641, 0.5653812213807823}}) {
        xg::Tape tape;
        const Var p = tape.parameter(problems()[2].start, "p");
        Problem problem(problems()[2].loss(p));
        const SearchReport report = TrustNewtonCG{.max_iterations = iterations}.solve(problem);
        BOOST_TEST(same(p.value<double>(), xt::xarray<double>{x, y}, 1e-11));
        BOOST_TEST(std::string(report.reason) == "max_iterations were made");
    }
}

BOOST_AUTO_TEST_CASE(trust_newton_cg_leaves_a_saddle) {
    xg::Tape tape; // x^2 - y^2 + y^4 has a saddle at 0 and minima at y = 1 / sqrt(2); from beside the saddle
    const Var p = tape.parameter(xt::xarray<double>{0.5, 1e-3}, "p");
    Problem problem(square(p[0]) - square(p[1]) + square(square(p[1])));
    const SearchReport report = TrustNewtonCG{}.solve(problem);
    BOOST_TEST(report.loss == -0.25, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(report.iterations < 12u);
}

BOOST_AUTO_TEST_CASE(random_searches) {
    solve(RandomSearch{.tries = 2000, .scale = 2}, {1, 2, 1, 1e-2});
    solve(RandomLocalSearch{.tries = 3000, .step_size = 0.03}, {1e-2, 1e-2, 0.1, 1e-3});
    for (int k = 0; k < 2; ++k) { // the same seed, the same search
        std::vector<double> ends;
        for (const std::uint64_t seed : {7u, 7u, 8u}) {
            xg::Tape tape;
            Problem problem(problems()[2].loss(tape.parameter(problems()[2].start, "p")));
            ends.push_back(k ? RandomSearch{.tries = 20, .scale = 1, .seed = seed}.solve(problem).loss
                             : RandomLocalSearch{.tries = 20, .step_size = 0.1, .start_scale = 1, .seed = seed}.solve(problem).loss);
        }
        BOOST_TEST(ends[0] == ends[1]);
        BOOST_TEST(ends[0] != ends[2]);
    }
}

BOOST_AUTO_TEST_CASE(data_parameters_and_dtypes) {
    // Least squares in float32 over two parameters, with the data as inputs.
    xg::Tape tape;
    Random random(4);
    const auto x = random_array<float>({30, 3}, random);
    auto y = filled<float>({30, 2}, 0.f);
    for (std::size_t i = 0; i < 30; ++i)
        for (std::size_t j = 0; j < 2; ++j) y(i, j) = x(i, 0) - 2 * x(i, j) + 0.5f;
    const Var w = tape.parameter(filled<float>({3, 2}, 0.f), "w"), b = tape.parameter(filled<float>({2}, 0.f), "b");
    const Var images = tape.input<float>({30, 3}), targets = tape.input<float>({30, 2});
    const Var loss = mean(square(matmul(images, w) + b - targets));
    Problem problem(loss, {images, targets}, [&](xg::Program& p) { return p(x, y); });
    BOOST_TEST(problem.size() == 8u);
    for (int k = 0; k < 2; ++k) {
        problem.move(std::vector<double>(8, 0));
        const SearchReport report = k ? NewtonCG{.max_iterations = 20, .tolerance_gradient = 1e-6}.solve(problem) : LBFGS{.tolerance_gradient = 1e-6}.solve(problem);
        BOOST_TEST(report.loss < 1e-9, report.reason);
        BOOST_TEST(same(w.value<float>(), xt::xarray<float>{{-1, 1}, {0, -2}, {0, 0}}, 0, 1e-3));
        BOOST_TEST(same(b.value<float>(), filled<float>({2}, 0.5f), 1e-3));
    }
    Problem of_b(loss, {images, targets}, [&](xg::Program& p) { return p(x, y); }, {b});
    BOOST_TEST(of_b.size() == 2u);
    BOOST_TEST((error_of([&] { of_b.move({1}); }).starts_with("Problem: a vector of 1 elements was given, the parameters have 2")));
    BOOST_TEST((error_of([&] { Problem wrong(w); }).starts_with("Problem: the loss is float32 (3, 2)")));
}

BOOST_AUTO_TEST_CASE(hessian) {
    xg::Tape tape;
    const Var a = tape.parameter(xt::xarray<double>{1, 2}, "a"), b = tape.parameter(3.0, "b");
    Problem problem(sum(square(a)) * b); // H = [[6, 0, 2], [0, 6, 4], [2, 4, 0]]
    BOOST_TEST(problem.hessian_times({1, 10, 100}) == (std::vector<double>{206, 460, 42}), boost::test_tools::per_element());
    BOOST_TEST(problem.point() == (std::vector<double>{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_too_high) {
    // log(p) is NaN left of 0: a first step that is too long has to come back.
    xg::Tape tape;
    const Var p = tape.parameter(0.01, "p");
    Problem problem(p - log(p));
    const SearchReport report = LBFGS{}.solve(problem);
    BOOST_TEST(report.loss == 1, boost::test_tools::tolerance(1e-9));
    problem.move({-1});
    BOOST_TEST(std::string(LBFGS{}.solve(problem).reason) == "the loss is not finite");
    BOOST_TEST(std::string(NewtonCG{}.solve(problem).reason) == "the loss is not finite");
    BOOST_TEST(std::string(BFGS{}.solve(problem).reason) == "the loss is not finite");
    BOOST_TEST(std::string(TrustNewtonCG{}.solve(problem).reason) == "the loss is not finite");
    problem.move({0.01});
    BOOST_TEST(BFGS{}.solve(problem).loss == 1, boost::test_tools::tolerance(1e-12));
    problem.move({0.01});
    BOOST_TEST(TrustNewtonCG{.radius = 100}.solve(problem).loss == 1, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(an_error_leaves_the_parameters_where_they_were) {
    xg::Tape tape;
    const Var p = tape.parameter(xt::xarray<double>{-1.2, 1}, "p"), loss = problems()[2].loss(p);
    int calls = 0;
    Problem problem(loss, {}, [&](xg::Program& program) {
        if (++calls == 5) throw std::runtime_error("the data are gone");
        return program();
    });
    auto check = [&](const char* name, const auto& method) {
        calls = 0;
        BOOST_CHECK_THROW((void)method.solve(problem), std::runtime_error);
        BOOST_TEST(calls == 5, name);
        BOOST_TEST(same(p.value<double>(), xt::xarray<double>{-1.2, 1}), name);
    };
    check("L-BFGS", LBFGS{});
    check("Newton-CG", NewtonCG{});
    check("BFGS", BFGS{});
    check("trust-region Newton-CG", TrustNewtonCG{});
    check("random search", RandomSearch{.tries = 10});
    check("random local search", RandomLocalSearch{.tries = 10, .start_scale = 1});
}

BOOST_AUTO_TEST_SUITE_END()
