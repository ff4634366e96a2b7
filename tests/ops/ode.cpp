// Ordinary differential equations against closed forms, and their derivatives against each other.

#include <xgrad/ops/ode.hpp>

#include "../support.hpp"

using namespace test;
using xg::OdeAdjoint;
using xg::OdeMethod;
using xg::OdeOptions;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;
using Vars = std::vector<Var>;

struct Fixture {
    xg::Tape tape;
    Random random{11};
    Var vector(const Doubles& values, const char* name) { return tape.parameter(values, name); }
};

constexpr double tight = 1e-11;
OdeOptions options(OdeMethod method, OdeAdjoint adjoint = OdeAdjoint::automatic) {
    return {.method = method, .relative_tolerance = tight, .absolute_tolerance = tight, .steps = 200, .adjoint = adjoint};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(ode, Fixture)

/// y' = -k y, y = y0 e^(-k t): values, and all derivatives in closed form.
BOOST_AUTO_TEST_CASE(decay) {
    for (const OdeMethod method : {OdeMethod::dormand_prince, OdeMethod::rk4, OdeMethod::rodas})
        for (const OdeAdjoint adjoint : {OdeAdjoint::continuous, OdeAdjoint::discrete}) {
            BOOST_TEST_CONTEXT("method " << static_cast<int>(method) << ", adjoint " << static_cast<int>(adjoint)) {
                const Var y0 = vector({2, -1}, "y0"), k = vector({0.7, 1.3}, "k"), times = vector({0.5, 1, 2.5, 3}, "times");
                const Var minus_k = -k, y = xg::odeint([&](Var y, Var) { return minus_k * y; }, y0, times, options(method, adjoint));
                const Var exact = y0 * exp(-k * expand_dims(times - times[0], 1));
                BOOST_TEST(same(y.value<double>(), exact.value<double>(), 1e-9, 1e-9));
                const Var weights = tape.constant(random_array<double>({4, 2}, random));
                for (const Var& x : {y0, k, times}) {
                    const Var g = gradient(sum(weights * y), x), g_exact = gradient(sum(weights * exact), x);
                    BOOST_TEST(same(g.value<double>(), g_exact.value<double>(), 1e-8, 1e-8));
                    const Var t = tape.constant(random_array<double>({x.shape()[0]}, random));
                    BOOST_TEST(same(xg::jvp({y}, {x}, {t})[0].value<double>(), xg::jvp({exact}, {x}, {t})[0].value<double>(), 1e-8, 1e-8));
                    // Second derivatives by times are those of what is between the steps.
                    const double second = method == OdeMethod::rodas ? 1e-4 : 1e-7;
                    for (const Var& z : {y0, k, times})
                        BOOST_TEST(same(gradient(sum(t * g), z).value<double>(), gradient(sum(t * g_exact), z).value<double>(), second, second));
                }
            }
        }
}

/// What the right-hand side uses may be what rewrites look through: here its Jacobian is -c, which is k again.
BOOST_AUTO_TEST_CASE(captured_negatives) {
    const Var k = vector({0.7, 1.3}, "k"), y0 = vector({2, -1}, "y0"), times = tape.constant(Doubles{0, 1, 2});
    for (const OdeMethod method : {OdeMethod::dormand_prince, OdeMethod::rk4, OdeMethod::rodas})
        for (const OdeAdjoint adjoint : {OdeAdjoint::continuous, OdeAdjoint::discrete}) {
            const Var c = -k, y = xg::odeint([&](Var y, Var) { return 1 - c * y; }, y0, times, options(method, adjoint));
            const Var exact = (y0 + 1 / k) * exp(k * expand_dims(times, 1)) - 1 / k;
            BOOST_TEST(same(gradient(sum(y), k).value<double>(), gradient(sum(exact), k).value<double>(), 1e-7, 0));
            BOOST_TEST(same(gradient(sum(y), c).value<double>(), (-gradient(sum(exact), k)).value<double>(), 1e-7, 0));
            const Var t = tape.constant(Doubles{0.5, -2});
            BOOST_TEST(same(xg::jvp({y}, {c}, {t})[0].value<double>(), xg::jvp({exact}, {k}, {-t})[0].value<double>(), 1e-7, 1e-8));
        }
}

/// Predators and prey, which have no closed form: the two adjoints agree, and with differences.
BOOST_AUTO_TEST_CASE(lotka_volterra) {
    const Var y0 = vector({10, 5}, "y0"), rates = vector({1.1, 0.4, 0.4, 0.1}, "rates"), times = tape.constant(Doubles{0, 1, 3, 7.5});
    const auto f = [&](Var y, Var) {
        const Var prey = y[0], hunters = y[1];
        return stack(rates[0] * prey - rates[1] * prey * hunters, rates[3] * prey * hunters - rates[2] * hunters);
    };
    const auto loss = [&](OdeMethod method, OdeAdjoint adjoint) { return sum(square(xg::odeint(f, y0, times, options(method, adjoint)))); };
    const Var exact = loss(OdeMethod::dormand_prince, OdeAdjoint::discrete);
    const Doubles g = gradient(exact, rates).value<double>(), h = hessian(exact, y0).value<double>();
    const auto by_rates = [&](Var r, Var start) {
        const auto slope = [&](Var y, Var) { return stack(r[0] * y[0] - r[1] * y[0] * y[1], r[3] * y[0] * y[1] - r[2] * y[1]); };
        return xg::odeint(slope, start, r.tape().constant(Doubles{0, 1, 3}), options(OdeMethod::dormand_prince));
    };
    const auto report = xg::gradcheck(by_rates, {rates.value<double>(), y0.value<double>()});
    BOOST_TEST(report.ok, report.str());
    for (const auto& [method, adjoint] : {std::pair{OdeMethod::dormand_prince, OdeAdjoint::continuous}, {OdeMethod::rk4, OdeAdjoint::continuous}, {OdeMethod::rk4, OdeAdjoint::discrete}, {OdeMethod::rodas, OdeAdjoint::discrete}})
        BOOST_TEST_CONTEXT("method " << static_cast<int>(method) << ", adjoint " << static_cast<int>(adjoint)) {
            const Var other = loss(method, adjoint);
            BOOST_TEST(same(other.value<double>(), exact.value<double>(), 1e-7, 0));
            BOOST_TEST(same(gradient(other, rates).value<double>(), g, 1e-6, 1e-6));
            BOOST_TEST(same(hessian(other, y0).value<double>(), h, 1e-5, 1e-5));
        }
}

/// Forces that depend on time alone, and times that descend; the state in several arrays, of several axes.
BOOST_AUTO_TEST_CASE(times_and_states) {
    const Var times = vector({2, 1.5, 0.25, -1}, "times"), a = vector({{1, 2, 3}, {-1, 0, 0.5}}, "a"), b = vector(0.5, "b");
    for (const OdeMethod method : {OdeMethod::dormand_prince, OdeMethod::rk4, OdeMethod::rodas})
        for (const OdeAdjoint adjoint : {OdeAdjoint::continuous, OdeAdjoint::discrete}) {
            BOOST_TEST_CONTEXT("method " << static_cast<int>(method) << ", adjoint " << static_cast<int>(adjoint)) {
                const Vars y = xg::odeint([&](const Vars& y, Var t) { return Vars{cos(t) + 0 * y[0], y[1] * t + 0 * sum(y[0])}; }, {a, b}, times, options(method, adjoint));
                const Var t0 = times[0], column = expand_dims(times, {1, 2});
                const Var first = a + sin(column) - sin(t0), second = b * exp(0.5 * (square(times) - square(t0)));
                BOOST_REQUIRE(y.size() == 2u);
                BOOST_TEST(same(y[0].value<double>(), first.value<double>(), 1e-9, 1e-9));
                BOOST_TEST(same(y[1].value<double>(), second.value<double>(), 1e-9, 1e-9));
                const Var loss = sum(sin(y[0])) + sum(y[1]), exact = sum(sin(first)) + sum(second);
                for (const Var& x : {a, b, times})
                    BOOST_TEST(same(gradient(loss, x).value<double>(), gradient(exact, x).value<double>(), 1e-8, 1e-8));
            }
        }
    // Of one time there is the first state; and of many, close together, the same as of few.
    const Var one = xg::odeint([&](Var y, Var) { return y; }, a, slice(times, 0, 0, 1));
    BOOST_TEST(same(one[0].value<double>(), a.value<double>()));
    BOOST_TEST(sum(gradient(sum(one), a)).scalar<double>() == 6);
    const Var many = xg::odeint([&](Var y, Var t) { return y * cos(t); }, b, linspace(tape, 0, 3, 400)), end = b * std::exp(std::sin(3.0));
    BOOST_TEST(std::abs(many[-1].scalar<double>() - end.scalar<double>()) < 1e-5);
}

/// Four times as many steps, 256 times smaller errors; and smaller tolerances, smaller errors.
BOOST_AUTO_TEST_CASE(orders) {
    const Var y0 = vector({1, 0}, "y0"), times = tape.constant(Doubles{0, 5});
    const auto error = [&](const OdeOptions& o) {
        const Var y = xg::odeint([](Var y, Var) { return stack(y[1], -y[0]); }, y0, times, o);
        return std::abs(y[{1, 0}].scalar<double>() - std::cos(5.0));
    };
    const double few = error({.method = OdeMethod::rk4, .steps = 20}), many = error({.method = OdeMethod::rk4, .steps = 80});
    BOOST_TEST(few / many > 200);
    BOOST_TEST(few / many < 320);
    for (const OdeMethod method : {OdeMethod::dormand_prince, OdeMethod::rodas})
        for (const double tolerance : {1e-4, 1e-7, 1e-10}) {
            const double e = error({.method = method, .relative_tolerance = tolerance, .absolute_tolerance = tolerance});
            BOOST_TEST(e < 20 * tolerance);
            BOOST_TEST(e > tolerance / 1000);
        }
}

/// Robertson's reaction, whose rates are eleven orders of magnitude apart: Hairer and Wanner II, IV.1 and IV.10.
BOOST_AUTO_TEST_CASE(stiff_systems) {
    const Var y0 = tape.constant(Doubles{1, 0, 0}), rates = vector({0.04, 1e4, 3e7}, "rates"), times = tape.constant(Doubles{0, 0.4, 40, 4e4});
    const auto reaction = [&](Var y, Var) {
        const Var a = rates[0] * y[0], b = rates[1] * y[1] * y[2], c = rates[2] * square(y[1]);
        return stack(b - a, a - b - c, c);
    };
    const OdeOptions o{.method = OdeMethod::rodas, .relative_tolerance = 1e-9, .absolute_tolerance = 1e-14};
    const Var y = xg::odeint(reaction, y0, times, o);
    // By scipy.integrate.solve_ivp with Radau, rtol 1e-12 and atol 1e-16.
    BOOST_TEST(same(y.value<double>(), Doubles{{1, 0, 0}, {0.985172113861, 3.386395378975e-05, 0.01479402218522}, {0.7158270687194, 9.185534764559e-06, 0.2841637457458}, {0.03898337708565, 1.621768315917e-07, 0.9610164607375}}, 1e-7, 1e-13));
    BOOST_TEST(std::abs(sum(y[-1]).scalar<double>() - 1) < 1e-12);
    // By a rate, against a difference.
    const auto at = [&](double change) {
        const Var moved = rates + change * tape.constant(Doubles{1, 0, 0});
        const auto f = [&](Var y, Var) {
            const Var a = moved[0] * y[0], b = moved[1] * y[1] * y[2], c = moved[2] * square(y[1]);
            return stack(b - a, a - b - c, c);
        };
        return xg::odeint(f, y0, times, o)[{2, 0}].scalar<double>();
    };
    const double g = gradient(y[{2, 0}], rates)[0].scalar<double>(), difference = (at(1e-6) - at(-1e-6)) / 2e-6;
    BOOST_TEST(std::abs(g - difference) < 1e-4 * std::abs(difference), g << " " << difference);
    // Steps as long as this takes many more of an explicit method.
    const auto steps = [&](OdeMethod method) {
        for (std::size_t most = 100;; most *= 2)
            if (error_of([&] { (void)xg::odeint([](Var y, Var t) { return -1000 * (y - cos(t)); }, tape.constant(0.0), tape.constant(Doubles{0, 10}), {.method = method, .max_steps = most}).value<double>(); }) == "no error")
                return most;
    };
    BOOST_TEST(4 * steps(OdeMethod::rodas) < steps(OdeMethod::dormand_prince));
}

BOOST_AUTO_TEST_CASE(of_float32) {
    const Var y0 = tape.parameter(xt::xarray<float>{1, 2}, "y0"), k = tape.parameter(xt::xarray<float>{0.5F, 1}, "k"), times = tape.constant(xt::xarray<float>{0, 1, 2});
    for (const OdeAdjoint adjoint : {OdeAdjoint::continuous, OdeAdjoint::discrete}) {
        const Var y = xg::odeint([&](Var y, Var) { return -k * y; }, y0, times, {.relative_tolerance = 1e-5, .absolute_tolerance = 1e-6, .adjoint = adjoint});
        const Var exact = y0 * exp(-k * expand_dims(times, 1));
        BOOST_TEST(same(y.value<float>(), exact.value<float>(), 1e-4, 1e-5));
        BOOST_TEST(same(gradient(sum(y), k).value<float>(), gradient(sum(exact), k).value<float>(), 1e-3, 1e-4));
    }
}

/// Examples have steps of their own; a solution may be a part of a loop, and of a compiled step.
BOOST_AUTO_TEST_CASE(in_transformations) {
    const Var y0 = vector({1, -2, 0.5}, "y0"), k = vector({0.1, 1, 10}, "k"), times = tape.constant(Doubles{0, 0.5, 1});
    for (const OdeAdjoint adjoint : {OdeAdjoint::continuous, OdeAdjoint::discrete}) {
        const OdeOptions o = options(OdeMethod::dormand_prince, adjoint);
        const Var y = xg::vmap([&](Var y, Var rate) { return xg::odeint([&](Var y, Var) { return -rate * y; }, y, times, o); }, y0, k);
        const Var exact = expand_dims(y0, 1) * exp(-expand_dims(k, 1) * times);
        BOOST_TEST(same(y.value<double>(), exact.value<double>(), 1e-9, 1e-9));
        BOOST_TEST(same(gradient(sum(square(y)), k).value<double>(), gradient(sum(square(exact)), k).value<double>(), 1e-8, 1e-8));

        const auto body = [&](const Vars& carry, const Vars&) {
            const Var next = xg::odeint([&](Var y, Var) { return -k * y; }, carry[0], times, o)[-1];
            return std::pair{Vars{next}, Vars{}};
        };
        const Var end = xg::scan(body, {y0}, {}, {.length = 3}).carry[0], end_exact = y0 * exp(-3 * k);
        BOOST_TEST(same(end.value<double>(), end_exact.value<double>(), 1e-9, 1e-9));
        BOOST_TEST(same(gradient(sum(end), k).value<double>(), gradient(sum(end_exact), k).value<double>(), 1e-8, 1e-8));
    }
    auto fit = tape.function([&](Var data) {
        const Var y = xg::odeint([&](Var y, Var) { return -k * y; }, y0, times);
        const Var loss = sum(square(y[-1] - data));
        return xg::Step{.outputs = {loss}, .updates = {{k, k - 0.1 * gradient(loss, k)}}};
    });
    const double before = fit(Doubles{0.5, -0.5, 0.1}).scalar<double>();
    for (int i = 0; i < 20; ++i)
        (void)fit(Doubles{0.5, -0.5, 0.1});
    BOOST_TEST(fit(Doubles{0.5, -0.5, 0.1}).scalar<double>() < 0.1 * before);
}

BOOST_AUTO_TEST_CASE(errors) {
    const Var y0 = vector({1, 2}, "y0"), times = tape.constant(Doubles{0, 1}), single = tape.constant(xt::xarray<float>{0, 1});
    const auto f = [](Var y, Var) { return -y; };
    const auto check = [](const std::string& text, const std::string& start, int line) {
        BOOST_TEST((text.starts_with(start) && text.ends_with(at(line))), text);
    };
    check(error_of([&] { (void)xg::odeint(f, y0, single); }), "odeint: y0 is float64, and the times are float32; both must be", __LINE__);
    check(error_of([&] { (void)xg::odeint(f, y0, tape.constant(1.0)); }), "odeint: the times are (); they must be a vector", __LINE__);
    check(error_of([&] { (void)xg::odeint(f, y0, times, {.method = OdeMethod::rk4, .steps = 0}); }), "odeint: 0 steps were asked for", __LINE__);
    check(error_of([&] { (void)xg::odeint(f, y0, times, {.max_steps = 0}); }), "odeint: max_steps is 0", __LINE__);
    check(error_of([&] { (void)xg::odeint(f, y0, times, {.relative_tolerance = 0, .absolute_tolerance = 0}); }), "odeint: the tolerances are 0 relative and 0 absolute", __LINE__);
    check(error_of([&] { (void)xg::odeint([](Var y, Var) { return sum(y); }, y0, times); }), "odeint: array 0 of the state is float64 (2,), and the function returns float64 ()", __LINE__);
    check(error_of([&] { (void)xg::odeint([](const Vars& y, Var) { return y; }, Vars{}, times); }), "odeint: the state has no array", __LINE__);
    check(error_of([&] { (void)xg::odeint([](const Vars&, Var) { return Vars{}; }, Vars{y0}, times); }), "odeint: the state has 1 arrays, and the function returns 0", __LINE__);
    check(error_of([&] { (void)xg::odeint(f, Var(), times); }), "odeint: y0 0 is a Var{} without a node", __LINE__);
    check(error_of([&] { (void)xg::odeint(f, y0, tape.constant(Doubles{0, 1, 1})).value<double>(); }), "odeint: times[2] is 1, after 1; the times must be finite and ascend", __LINE__);
    check(error_of([&] { (void)xg::odeint(f, y0, tape.constant(Doubles{0, NAN})).value<double>(); }), "odeint: times[1] is nan, after 0", __LINE__);
    check(error_of([&] { (void)xg::odeint(f, y0, times, {.max_steps = 3}).value<double>(); }), "odeint: the time 1 was not reached in 3 steps, which came to 0.", __LINE__);
    // The solution 1 / (1 - t) has no value at 1.
    check(error_of([&] { (void)xg::odeint([](Var y, Var) { return square(y); }, tape.constant(1.0), tape.constant(Doubles{0, 2})).value<double>(); }),
          "odeint: the time 2 was not reached: at 1", __LINE__ - 1);
    check(error_of([&] { (void)xg::odeint([](Var y, Var) { return sqrt(y); }, tape.constant(-1.0), times).value<double>(); }), "odeint: the time 1 was not reached: at 0, after ", __LINE__);
}

BOOST_AUTO_TEST_SUITE_END()
