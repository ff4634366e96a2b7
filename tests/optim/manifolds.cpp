// Rotations and rigid motions: exponentials and logarithms, right at angle 0 and near pi, and searches on them.

#include "rules.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

/// exp of a matrix by its series, after halving.
xt::xarray<double> matrix_exponential(xt::xarray<double> a) {
    const std::size_t n = a.shape()[0];
    const auto times = [n](const xt::xarray<double>& x, const xt::xarray<double>& y) {
        auto z = filled<double>({n, n}, 0);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                for (std::size_t k = 0; k < n; ++k) z(i, j) += x(i, k) * y(k, j);
        return z;
    };
    for (double& x : a) x /= 64;
    auto result = filled<double>({n, n}, 0), term = result;
    for (std::size_t i = 0; i < n; ++i) result(i, i) = term(i, i) = 1;
    for (int k = 1; k < 20; ++k) {
        term = times(term, a);
        for (double& x : term) x /= k;
        for (std::size_t i = 0; i < term.size(); ++i) result.data()[i] += term.data()[i];
    }
    for (int k = 0; k < 6; ++k) result = times(result, result);
    return result;
}

const std::vector<std::vector<double>> vectors = {{0, 0, 0},          {1e-9, -2e-9, 1e-9}, {1e-4, 2e-4, -3e-4}, {0.3, -0.2, 0.1}, {0.6, 0.6, -0.52},
                                                  {0.57, 0.58, 0.59}, {1, -2, 0.5},        {0, 0, 3.1},         {1.8, 1.8, -1.8}};

struct Circle { // angles, which have no beginning
    static constexpr auto name = "circle";
    static constexpr std::size_t size = 1, degrees = 1;
    static Var plus(Var x, Var d) { return atan2(sin(x + d), cos(x + d)); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(manifolds)

BOOST_AUTO_TEST_CASE(so3_is_the_exponential_of_a_matrix) {
    for (const auto& v : vectors) {
        xg::Tape tape;
        const Var x = tape.constant(v), q = SO3::exp(x);
        const auto expected = matrix_exponential({{0, -v[2], v[1]}, {v[2], 0, -v[0]}, {-v[1], v[0], 0}});
        BOOST_TEST(same(SO3::matrix(q).value<double>(), expected, 0, 1e-14));
        BOOST_TEST(same(SO3::log(q).value<double>(), x.value<double>(), 1e-14, 1e-15));
        BOOST_TEST(same(SO3::log(-q).value<double>(), x.value<double>(), 1e-14, 1e-15)); // the same rotation
        const Var p = tape.constant({0.5, -1.0, 2.0});
        BOOST_TEST(same(SO3::act(q, p).value<double>(), matmul(SO3::matrix(q), p).value<double>(), 0, 1e-14));
        BOOST_TEST(same(SO3::act(SO3::inverse(q), SO3::act(q, p)).value<double>(), p.value<double>(), 1e-14));
        const Var other = SO3::exp(tape.constant({-0.3, 0.8, 0.2}));
        BOOST_TEST(same(SO3::act(SO3::multiply(q, other), p).value<double>(), SO3::act(q, SO3::act(other, p)).value<double>(), 0, 1e-14));
    }
}

BOOST_AUTO_TEST_CASE(se3_is_the_exponential_of_a_matrix) {
    for (const auto& v : vectors) {
        xg::Tape tape;
        const Var twist = tape.constant({0.4, -1.2, 0.7, v[0], v[1], v[2]}), x = SE3::exp(twist);
        const auto expected = matrix_exponential({{0, -v[2], v[1], 0.4}, {v[2], 0, -v[0], -1.2}, {-v[1], v[0], 0, 0.7}, {0, 0, 0, 0}});
        BOOST_TEST(same(slice(x, 0, 0, 3).value<double>(), xt::xarray<double>{expected(0, 3), expected(1, 3), expected(2, 3)}, 1e-14, 1e-15));
        BOOST_TEST(same(SE3::log(x).value<double>(), twist.value<double>(), 1e-13, 1e-14));
        const Var p = tape.constant({0.5, -1.0, 2.0}), other = SE3::exp(tape.constant({1.0, 2.0, 3.0, -0.3, 0.8, 0.2}));
        BOOST_TEST(same(SE3::act(SE3::inverse(x), SE3::act(x, p)).value<double>(), p.value<double>(), 1e-14, 1e-14));
        BOOST_TEST(same(SE3::act(SE3::multiply(x, other), p).value<double>(), SE3::act(x, SE3::act(other, p)).value<double>(), 0, 1e-14));
    }
}

BOOST_AUTO_TEST_CASE(so2) {
    xg::Tape tape;
    const Var a = reshape(tape.constant({0.5, -3.0, 0.0}), {3, 1}), x = SO2::exp(a), p = tape.constant({1.0, 2.0});
    BOOST_TEST(same(SO2::log(x).value<double>(), a.value<double>(), 1e-15));
    BOOST_TEST(same(SO2::act(x, p)[0].value<double>(), xt::xarray<double>{std::cos(0.5) - 2 * std::sin(0.5), std::sin(0.5) + 2 * std::cos(0.5)}, 1e-15));
    BOOST_TEST(same(SO2::log(SO2::multiply(x, SO2::inverse(x))).value<double>(), filled<double>({3, 1}, 0), 0, 1e-15));
}

BOOST_AUTO_TEST_CASE(derivatives) {
    for (const auto& v : vectors) {
        const xt::xarray<double> x = xt::adapt(v);
        const xt::xarray<double> twist{0.4, -1.2, 0.7, v[0], v[1], v[2]}, weights{0.3, -0.7, 1.1, 0.4, 0.9, -0.2, 0.5};
        const auto weighted = [&](Var y) { return sum(y * y.tape().constant(xt::xarray<double>(xt::adapt(weights.data(), Extents{y.shape().numel()})))); };
        const auto check = [&](const char* what, const xg::GradcheckReport& report) { BOOST_TEST(report.ok, what << " at " << v[0] << " " << v[1] << " " << v[2] << ": " << report.str()); };
        check("exp", xg::gradcheck([&](Var a) { return weighted(SO3::exp(a)); }, {x}));
        check("exp of a twist", xg::gradcheck([&](Var a) { return weighted(SE3::exp(a)); }, {twist}));
        xg::Tape tape;
        const auto q = SO3::exp(tape.constant(x)).value<double>(), pose = SE3::exp(tape.constant(twist)).value<double>();
        check("log", xg::gradcheck([&](Var a) { return weighted(SO3::log(a)); }, {q}));
        check("log of a motion", xg::gradcheck([&](Var a) { return weighted(SE3::log(a)); }, {pose}));
        check("multiply, act", xg::gradcheck([&](Var a) { return weighted(SE3::act(SE3::multiply(a, SE3::inverse(a * 1.1)), slice(a, 0, 0, 3))); }, {pose}));
        check("matrix", xg::gradcheck([&](Var a) { return weighted(reshape(slice(SO3::matrix(a), 0, 0, 2), {-1})); }, {q}));
    }
    // At angle 0 itself, where differences say little of second derivatives: exp(d) = (1 - d^2/8, d/2), log(1, v) = 2 v
    xg::Tape tape;
    const Var zero = tape.parameter({0.0, 0.0, 0.0}, "d"), one = tape.parameter({1.0, 0.0, 0.0, 0.0}, "q");
    BOOST_TEST(same(jacobian(SO3::exp(zero), zero).value<double>(), xt::xarray<double>{{0, 0, 0}, {0.5, 0, 0}, {0, 0.5, 0}, {0, 0, 0.5}}));
    BOOST_TEST(same(hessian(SO3::exp(zero)[0], zero).value<double>(), xt::xarray<double>{{-0.25, 0, 0}, {0, -0.25, 0}, {0, 0, -0.25}}));
    BOOST_TEST(same(hessian(SO3::exp(zero)[2], zero).value<double>(), filled<double>({3, 3}, 0)));
    BOOST_TEST(same(jacobian(SO3::log(one), one).value<double>(), xt::xarray<double>{{0, 2, 0, 0}, {0, 0, 2, 0}, {0, 0, 0, 2}}));
    const auto h = hessian(SO3::log(one)[0], one).value<double>(); // of 2 x / w
    BOOST_TEST(h(0, 1) == -2);
    BOOST_TEST(h(1, 1) == 0);
    BOOST_TEST(h(0, 0) == 0);
}

BOOST_AUTO_TEST_CASE(batches_under_vmap) {
    xg::Tape tape;
    Random random(7);
    const Var v = tape.constant(random_array<double>({5, 6}, random)), p = tape.constant(random_array<double>({5, 3}, random));
    const Var together = SE3::act(SE3::exp(v), p), one_by_one = vmap([](Var a, Var b) { return SE3::act(SE3::exp(a), b); }, v, p);
    BOOST_TEST(same(together.value<double>(), one_by_one.value<double>(), 1e-15, 1e-15));
    const Var moved = SE3::act(SE3::exp(v[0]), p); // one motion, many points
    BOOST_TEST(same(moved[3].value<double>(), SE3::act(SE3::exp(v[0]), p[3]).value<double>(), 1e-15, 1e-15));
    const Var through_scan = xg::scan([](const std::vector<Var>& c, const std::vector<Var>& x) {
                                 const Var next = SE3::multiply(c[0], SE3::exp(x[0]));
                                 return std::pair{std::vector{next}, std::vector<Var>{}};
                             }, {SE3::exp(0 * v[0])}, {v}).carry[0];
    Var product = SE3::exp(0 * v[0]);
    for (int i = 0; i < 5; ++i) product = SE3::multiply(product, SE3::exp(v[i]));
    BOOST_TEST(same(through_scan.value<double>(), product.value<double>(), 1e-13, 1e-13));
}

BOOST_AUTO_TEST_CASE(searches_on_manifolds) {
    // The motion that takes one set of points to another one, and the rotations of two sets together; from far away.
    for (const bool gauss_newton : {false, true}) {
        const auto solve = [&](LeastSquares& problem) { return gauss_newton ? GaussNewton{}.solve(problem) : LevenbergMarquardt{}.solve(problem); };
        xg::Tape tape;
        Random random(7);
        const Var points = tape.constant(random_array<double>({8, 3}, random));
        const Var truth = SE3::exp(tape.constant({0.5, -1.0, 2.0, 0.7, -1.1, 0.4}));
        const Var pose = tape.parameter({0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0}, "pose");
        LeastSquares problem(SE3::act(pose, points) - SE3::act(truth, points), {{pose, SE3{}}});
        BOOST_TEST(problem.size() == 6u);
        const SearchReport report = solve(problem);
        BOOST_TEST(report.loss < 1e-20, report.str());
        BOOST_TEST(same(SE3::log(pose).value<double>(), SE3::log(truth).value<double>(), 1e-8));
        BOOST_TEST(std::abs(norm(slice(pose, 0, 3, 7)).scalar<double>() - 1) < 1e-14); // still of length 1
        const auto covariance = problem.covariance(1.0);
        BOOST_TEST(covariance.shape()[0] == 6u);
        BOOST_TEST(covariance(0, 0) > 1.0 / 8 - 1e-12); // eight measurements of the translation, and more that is not known

        const Var turns = tape.parameter(xt::xarray<double>{{1, 0, 0, 0}, {1, 0, 0, 0}}, "turns"), angle = tape.parameter({1.0, 0.0}, "angle");
        const Var wanted = SO3::exp(tape.constant(xt::xarray<double>{{0.2, 0.9, -0.4}, {-1.3, 0.1, 0.6}})), plane = slice(points, 1, 0, 2);
        LeastSquares both({{SO3::log(SO3::multiply(SO3::inverse(turns), wanted))}, {SO2::act(angle, plane) - SO2::act(tape.constant({0.6, -0.8}), plane)}},
                          {{turns, SO3{}}, {angle, SO2{}}});
        BOOST_TEST(both.size() == 7u);
        const SearchReport two = solve(both);
        BOOST_TEST(two.loss < 1e-20, two.str());
        BOOST_TEST(same(turns.value<double>(), wanted.value<double>(), 1e-9, 1e-10));
        BOOST_TEST(same(angle.value<double>(), xt::xarray<double>{0.6, -0.8}, 1e-9));
    }
}

BOOST_AUTO_TEST_CASE(a_manifold_of_ones_own) {
    xg::Tape tape;
    const Var a = tape.parameter({3.0}, "a");
    LeastSquares problem(stack(cos(a) - std::cos(-3.0), sin(a) - std::sin(-3.0)), {{a, Circle{}}});
    BOOST_TEST(LevenbergMarquardt{}.solve(problem).loss < 1e-20);
    BOOST_TEST(a.value<double>()(0) == -3, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    const Var v = tape.constant({1.0, 2.0}), n = tape.constant(std::vector<std::int64_t>{1, 2, 3});
    BOOST_TEST(error_of([&] { (void)SO3::exp(v); }) == "SO3::exp: (2,) was given; the last axis must have 3 elements" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)SE3::log(v); }) == "SE3::log: (2,) was given; the last axis must have 7 elements" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)SO3::act(SO3::exp(tape.constant({1.0, 2.0, 3.0})), v); }) == "SO3::act: (2,) was given; the last axis must have 3 elements" + at(__LINE__));
    BOOST_TEST((error_of([&] { (void)SO3::exp(n); }).starts_with("SO3::exp: ")));
    BOOST_TEST(error_of([&] { (void)SO2::exp(1.0); }).starts_with("SO2::exp: "));
}

BOOST_AUTO_TEST_SUITE_END()
