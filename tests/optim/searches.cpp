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

BOOST_AUTO_TEST_CASE(newton_cg) { solve(NewtonCG{}, {1e-15, 1e-12, 1e-12, 1e-12}); }

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
        BOOST_CHECK_THROW(method.solve(problem), std::runtime_error);
        BOOST_TEST(calls == 5, name);
        BOOST_TEST(same(p.value<double>(), xt::xarray<double>{-1.2, 1}), name);
    };
    check("L-BFGS", LBFGS{});
    check("Newton-CG", NewtonCG{});
    check("random search", RandomSearch{.tries = 10});
    check("random local search", RandomLocalSearch{.tries = 10, .start_scale = 1});
}

BOOST_AUTO_TEST_SUITE_END()
