// Solutions of equations, and their derivatives by the implicit function theorem, against closed forms.

#include <xgrad/ops/implicit.hpp>

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

struct Fixture {
    xg::Tape tape;
    Random random{3};

    /// Values, first derivatives in both modes, and second ones.
    void check(Var y, Var exact, Var by, double tolerance = 1e-9) {
        BOOST_TEST(same(y.value<double>(), exact.value<double>(), tolerance, tolerance));
        const Var weights = tape.constant(random_array<double>(std::vector<std::size_t>(y.shape().begin(), y.shape().end()), random)),
                  along = tape.constant(random_array<double>(std::vector<std::size_t>(by.shape().begin(), by.shape().end()), random));
        const Var g = gradient(sum(weights * y), by), g_exact = gradient(sum(weights * exact), by);
        BOOST_TEST(same(g.value<double>(), g_exact.value<double>(), tolerance, tolerance));
        BOOST_TEST(same(gradient(sum(along * g), by).value<double>(), gradient(sum(along * g_exact), by).value<double>(), 10 * tolerance, 10 * tolerance));
        const Var t = xg::jvp({y}, {by}, {along})[0], t_exact = xg::jvp({exact}, {by}, {along})[0];
        BOOST_TEST(same(t.value<double>(), t_exact.value<double>(), tolerance, tolerance));
        BOOST_TEST(same(gradient(sum(weights * t), by).value<double>(), gradient(sum(weights * t_exact), by).value<double>(), 10 * tolerance, 10 * tolerance));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(implicit, Fixture)

BOOST_AUTO_TEST_CASE(roots) {
    const Var a = tape.parameter(Doubles{{2, 3}, {0.5, 10}}, "a"), minus = -a;
    check(xg::root([&](Var x) { return square(x) + minus; }, 1 + 0 * a), sqrt(a), a);
    // A system: x + y = s, x y = p.
    const Var sp = tape.parameter(Doubles{5, 4}, "sp");
    const Var x = xg::root([&](Var x) { return stack(sum(x) - sp[0], x[0] * x[1] - sp[1]); }, tape.constant(Doubles{10, 0}));
    const Var s = sp[0], d = sqrt(square(s) - 4 * sp[1]);
    check(x, stack(0.5 * (s + d), 0.5 * (s - d)), sp);
    // Newton's whole steps go astray here.
    const Var b = tape.parameter(0.25, "b");
    check(xg::root([&](Var x) { return atan(x) - b; }, tape.constant(20.0)), tan(b), b);
    check(xg::root([&](Var x) { return atan(x) - b; }, tan(b)), tan(b), b); // it begins at the end
    // Arguments of f may be given as such.
    check(xg::root([](Var x, Var a, Var b) { return square(x) - a * b; }, 1 + 0 * a, a, tape.constant(2.0)), sqrt(2 * a), a);
    check(xg::fixed_point([](Var x, Var a) { return 0.5 * (x + a / x); }, a, a), sqrt(a), a);
    check(xg::argmin([](Var x, Var a) { return sum(square(x - a)); }, 0 * a, a), a, a);
    const Var none = xg::root([](Var x) { return x; }, tape.constant(Doubles::from_shape({0})));
    BOOST_TEST(none.value<double>().size() == 0u);
}

BOOST_AUTO_TEST_CASE(solutions_of_any_solver) {
    const Var a = tape.parameter(Doubles{1, 2, 3}, "a"), found = tape.constant(Doubles{1, std::pow(2, 1.0 / 3), std::pow(3, 1.0 / 3)});
    check(xg::implicit_root([&](Var x) { return x * x * x - a; }, found), pow(a, 1.0 / 3), a);
    // Nothing goes through the solution itself, and what is not differentiated by may be anything.
    const Var p = tape.parameter(Doubles{1, 2}, "p"), indices = tape.constant(xt::xarray<std::int64_t>{1, 0});
    const Var y = xg::implicit_root([&](Var x) { return x - take(a, indices); }, p);
    BOOST_TEST(sum(abs(gradient(sum(y), p))).scalar<double>() == 0);
    BOOST_TEST(same(gradient(sum(y), a).value<double>(), Doubles{1, 1, 0}));
}

BOOST_AUTO_TEST_CASE(fixed_points) {
    const Var a = tape.parameter(Doubles{2, 7}, "a");
    check(xg::fixed_point([&](Var x) { return 0.5 * (x + a / x); }, a), sqrt(a), a);
    const Doubles m = {{0.2, 0.3}, {-0.1, 0.5}};
    const Var x = xg::fixed_point([&](Var x) { return matmul(tape.constant(m), x) + a; }, 0 * a);
    check(x, xg::linalg::solve(tape.constant(Doubles{{0.8, -0.3}, {0.1, 0.5}}), a), a);
}

BOOST_AUTO_TEST_CASE(minima) {
    const Var a = tape.parameter(Doubles{1, 2}, "a");
    // Rosenbrock's valley, whose minimum is at (a, a^2).
    const auto valley = [&](Var x) { return square(a[0] - x[0]) + a[1] * square(x[1] - square(x[0])); };
    check(xg::argmin(valley, tape.constant(Doubles{-1.2, 1})), stack(a[0], square(a[0])), a, 1e-8);
    // The Hessian where it begins is not positive definite.
    const auto hills = [&](Var x) { return sum(square(square(x) - a)); };
    check(xg::argmin(hills, tape.constant(Doubles{0.1, 0.2})), sqrt(a), a, 1e-8);
    // Ridge regression in closed form, by its strength.
    const Var m = tape.constant(random_array<double>({6, 3}, random)), b = tape.constant(random_array<double>({6}, random)), l = tape.parameter(0.3, "l");
    const Var w = xg::argmin([&](Var w) { return sum(square(matmul(m, w) - b)) + l * sum(square(w)); }, tape.constant(Doubles{0, 0, 0}));
    check(w, xg::linalg::solve(matmul(m, m, true) + l * eye(tape, 3), matmul(b, m)), l);
}

BOOST_AUTO_TEST_CASE(of_float32) {
    const Var a = tape.parameter(xt::xarray<float>{2, 3}, "a");
    const Var x = xg::root([&](Var x) { return square(x) - a; }, a), y = xg::argmin([&](Var x) { return sum(x * x * x / 3.0 - a * x); }, a);
    for (const Var& v : {x, y}) {
        BOOST_TEST(same(v.value<float>(), sqrt(a).value<float>(), 1e-5, 0));
        BOOST_TEST(same(gradient(sum(v), a).value<float>(), (0.5 / sqrt(a)).value<float>(), 1e-4, 0));
    }
}

BOOST_AUTO_TEST_CASE(in_transformations) {
    const Var a = tape.parameter(Doubles{2, 3, 50}, "a");
    check(xg::vmap([&](Var one) { return xg::root([&](Var x) { return square(x) - one; }, tape.constant(1.0)); }, a), sqrt(a), a);
    const auto body = [&](const std::vector<Var>& carry, const std::vector<Var>&) {
        return std::pair{std::vector{xg::root([&](Var x) { return square(x) - carry[0]; }, tape.constant(Doubles{1, 1, 1}))}, std::vector<Var>()};
    };
    check(xg::scan(body, {a}, {}, {.length = 3}).carry[0], pow(a, 0.125), a);
    // A root within a root: y = x^2 with x + log x = a.
    const Var c = tape.parameter(2.0, "c");
    const auto inner = [&](Var v) { return xg::root([&](Var x) { return x + log(x) - v; }, tape.constant(1.0)); };
    const Var v = xg::root([&](Var v) { return inner(v) - c; }, tape.constant(1.0));
    check(v, c + log(c), c);
}

BOOST_AUTO_TEST_CASE(errors) {
    const Var a = tape.parameter(Doubles{2, 3}, "a"), n = tape.constant(xt::xarray<std::int64_t>{1, 0});
    const auto fails = [](const std::string& text, const std::string& start, int line) {
        BOOST_TEST((text.starts_with(start) && text.ends_with(at(line))), text);
    };
    const auto same_f = [](Var x) { return x; };
    fails(error_of([&] { (void)xg::root(same_f, n); }), "root: x0 is int64; it must be float32 or float64", __LINE__);
    fails(error_of([&] { (void)xg::root(same_f, 1.0); }), "root: x0 is no Var; make one of a number", __LINE__);
    fails(error_of([&] { (void)xg::root(same_f, a, {.tolerance = -1}); }), "root: the tolerance is -1; it must be at least 0", __LINE__);
    fails(error_of([&] { (void)xg::argmin(same_f, a, {.max_iterations = 0}); }), "argmin: max_iterations is 0", __LINE__);
    fails(error_of([&] { (void)xg::root([](Var x) { return sum(x); }, a); }), "root: x is float64 (2,), and the function gives float64 (); there must be as many", __LINE__);
    fails(error_of([&] { (void)xg::fixed_point([](Var x) { return sum(x); }, a); }), "fixed_point: x is float64 (2,), and the function makes float64 () of it", __LINE__);
    fails(error_of([&] { (void)xg::argmin(same_f, a); }), "argmin: x is float64, and the function gives float64 (2,); it must give one number", __LINE__);
    fails(error_of([&] { (void)xg::implicit_root([](Var) { return Var(); }, a); }), "implicit_root: result 0 is a Var{} without a node", __LINE__);
    fails(error_of([&] { (void)xg::root([](Var x) { return square(x) + 1; }, a).value<double>(); }), "root: no solution was found in 100 steps", __LINE__);
    fails(error_of([&] { (void)xg::root([](Var x) { return 0 * x + 1; }, a).value<double>(); }), "root: no solution was found: after 0 steps the next one is nan", __LINE__);
    fails(error_of([&] { (void)xg::fixed_point([](Var x) { return 2 * x; }, a, {.max_iterations = 50}).value<double>(); }), "fixed_point: no solution was found in 50 steps", __LINE__);
    fails(error_of([&] { (void)xg::argmin([](Var x) { return sum(x); }, a).value<double>(); }), "argmin: no solution was found: after 100 steps the next one is", __LINE__);
    fails(error_of([&] { (void)xg::argmin([](Var x) { return sum(log(x)); }, -a).value<double>(); }), "argmin: no solution was found: after 100 steps the next one is", __LINE__);
    const Var x = xg::implicit_root([&](Var x) { return square(x) - 0 * a; }, 0 * a);
    fails(error_of([&] { (void)gradient(sum(x), a).value<double>(); }), "solve: the matrix is singular", __LINE__ - 1);
}

BOOST_AUTO_TEST_SUITE_END()
