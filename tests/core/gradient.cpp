// gradient, vjp, jvp, hessian_vector_product and stop_gradient as functions of Vars; the rules of the ops have their own tests.

#include "../support.hpp"

using namespace test;
using xg::Var;
using Vars = std::vector<Var>;
using Doubles = xt::xarray<double>;

namespace {

struct Fixture {
    xg::Tape tape;
    Var x = tape.parameter(Doubles{1, 2, 3}, "x"), y = tape.parameter(Doubles{4, 5, 6}, "y");
    Var ones = tape.constant(Doubles{1, 1, 1});
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(derivatives, Fixture)

BOOST_AUTO_TEST_CASE(gradient_of_several) {
    const Vars g = gradient(sum(x * y), {x, y});
    BOOST_TEST(same(g[0].value<double>(), y.value<double>()));
    BOOST_TEST(same(g[1].value<double>(), x.value<double>()));
    BOOST_TEST(gradient(sum(x * y), {x}).size() == 1u);
    BOOST_TEST(gradient(sum(x), Vars{}).empty());
    BOOST_TEST(same(gradient(mean(x), x).value<double>(), Doubles{1. / 3, 1. / 3, 1. / 3}));
    BOOST_TEST(gradient(reshape(sum(x), {1, 1}), x).shape() == x.shape());
}

BOOST_AUTO_TEST_CASE(gradient_of_what_does_not_depend_is_zero) {
    BOOST_TEST(same(gradient(sum(y), x).value<double>(), Doubles{0, 0, 0}));
    BOOST_TEST(same(gradient(sum(cast(cast(x, xg::DType::int64), xg::DType::float64)), x).value<double>(), Doubles{0, 0, 0}));
    const Var later = tape.parameter(Doubles{1}); // recorded after y
    BOOST_TEST(same(gradient(sum(y), later).value<double>(), Doubles{0}));
}

BOOST_AUTO_TEST_CASE(gradient_by_what_is_no_leaf) {
    const Var h = x * 2, z = sum(exp(h) * x);
    BOOST_TEST(same(gradient(z, h).value<double>(), (exp(h) * x).value<double>(), 1e-14));
    const Vars both = gradient(z, {h, x});
    BOOST_TEST(same(both[1].value<double>(), ((1 + 2 * x) * exp(h)).value<double>(), 1e-14)); // all of it, also what goes through h
    BOOST_TEST(same(gradient(sum(x), x).value<double>(), Doubles{1, 1, 1}));
    const Var s = sum(x);
    BOOST_TEST(gradient(s, s).scalar<double>() == 1);
}

BOOST_AUTO_TEST_CASE(gradient_asks_for_one_floating_number) {
    const int line = __LINE__ + 1;
    if (const std::string error = error_of([&] { (void)gradient(x, y); }); true) BOOST_TEST(error ==
               "gradient: y is float64 (3,); it must be one floating-point number. Sum or average it, or use vjp with a cotangent" + at(line));
    BOOST_TEST(error_of([&] { (void)gradient(sum(x > 0), x); }).starts_with("gradient: y is int64 (), which has no derivative; it must be made of float32 or float64 Vars"));
    const Var n = tape.constant(xt::xarray<std::int64_t>{1, 2, 3});
    BOOST_TEST(error_of([&] { (void)gradient(sum(x), n); }) == "gradient: there is no derivative by a Var of dtype int64 (3,); record what is differentiated of a float32 or float64 Var, and give that" + at(line + 4));
}

BOOST_AUTO_TEST_CASE(vjp_sums_over_outputs) {
    const Vars g = xg::vjp({x * y, exp(x)}, {x}, {ones, 2 * ones});
    BOOST_TEST(same(g[0].value<double>(), (y + 2 * exp(x)).value<double>(), 1e-14));
    BOOST_TEST(same(xg::vjp({x, x}, {x}, {ones, ones})[0].value<double>(), Doubles{2, 2, 2}));
}

BOOST_AUTO_TEST_CASE(jvp_sums_over_inputs) {
    const Vars t = xg::jvp({x * y, sum(x)}, {x, y}, {ones, 2 * ones});
    BOOST_TEST(same(t[0].value<double>(), (y + 2 * x).value<double>()));
    BOOST_TEST(t[1].scalar<double>() == 3);
    BOOST_TEST(same(xg::jvp({exp(y)}, {x}, {ones})[0].value<double>(), Doubles{0, 0, 0}));
    const Var h = x * 2; // depends on the other x
    BOOST_TEST(same(xg::jvp({h * x}, {x, h}, {ones, ones})[0].value<double>(), ((2 + 1) * x + h).value<double>()));
}

BOOST_AUTO_TEST_CASE(an_x_that_is_given_twice_moves_by_both_tangents) {
    const Var a = tape.parameter(Doubles{1, 2}), t = tape.constant(Doubles{1, 1}), u = tape.constant(Doubles{10, 100});
    BOOST_TEST(same(xg::jvp({square(a)}, {a, a}, {t, u})[0].value<double>(), Doubles{22, 404}));
    BOOST_TEST(same(xg::jvp({a}, {a, a, a}, {t, u, u})[0].value<double>(), Doubles{21, 201}));
    const Vars g = gradient(sum(square(a)), {a, a});
    BOOST_TEST(same(g[0].value<double>(), Doubles{2, 4}));
    BOOST_TEST(same(g[1].value<double>(), Doubles{2, 4}));
}

BOOST_AUTO_TEST_CASE(vjp_and_jvp_check_what_they_are_given) {
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)xg::vjp({x, y}, {x}, {ones}); }) == "vjp: 1 cotangents were given for 2 Vars; each needs one" + at(line));
    BOOST_TEST(error_of([&] { (void)xg::vjp({x}, {x}, {sum(x)}); }) == "vjp: cotangent 0 is float64 (), and what it belongs to is float64 (3,); they must be equal" + at(line + 1));
    BOOST_TEST(error_of([&] { (void)xg::jvp({x}, {x, y}, {ones}); }) == "jvp: 1 tangents were given for 2 Vars; each needs one" + at(line + 2));
    if (const std::string error = error_of([&] { (void)xg::jvp({x}, {x}, {cast(x, xg::DType::float32)}); }); true) BOOST_TEST(error ==
               "jvp: tangent 0 is float32 (3,), and what it belongs to is float64 (3,); they must be equal" + at(line + 3));
    xg::Tape other;
    const Var foreign = other.parameter(Doubles{1, 2, 3});
    BOOST_TEST(error_of([&] { (void)gradient(sum(x), foreign); }).find("tape") != std::string::npos);
    BOOST_TEST(error_of([&] { (void)xg::vjp({x, foreign}, {x}, {ones, ones}); }) == "vjp: the Vars are of different tapes" + at(line + 8));
    const std::string of_another = " is a Var of another tape; it must be of the tape of what it belongs to";
    BOOST_TEST(error_of([&] { (void)xg::vjp({x}, {x}, {foreign}); }) == "vjp: cotangent 0" + of_another + at(line + 10));
    BOOST_TEST(error_of([&] { (void)xg::jvp({x}, {x, y}, {ones, foreign}); }) == "jvp: tangent 1" + of_another + at(line + 11));
    BOOST_TEST(error_of([&] { (void)xg::jvp({sum(y)}, {x}, {foreign}); }) == "jvp: tangent 0" + of_another + at(line + 12)); // also where nothing depends on it
    BOOST_TEST(error_of([&] { (void)hessian_vector_product(sum(x), x, foreign); }) == "hessian_vector_product: v" + of_another + at(line + 13));
    if (const std::string error = error_of([&] { (void)hessian_vector_product(sum(x), x, sum(x)); }); true) BOOST_TEST(error ==
               "hessian_vector_product: v is float64 (), and what it belongs to is float64 (3,); they must be equal" + at(line + 14));
}

BOOST_AUTO_TEST_CASE(second_derivatives) {
    const Var f = sum(x * x * x);
    BOOST_TEST(same(hessian_vector_product(f, x, ones).value<double>(), (6 * x).value<double>()));
    const Var g = gradient(f, x);
    BOOST_TEST(same(gradient(sum(g * g), x).value<double>(), (36 * x * x * x).value<double>(), 1e-14));
    BOOST_TEST(same(xg::jvp({g}, {x}, {ones})[0].value<double>(), (6 * x).value<double>()));
    BOOST_TEST(same(hessian_vector_product(sum(x), x, ones).value<double>(), Doubles{0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(fifth_derivative_of_a_power) {
    Var f = sum(pow(x, 5));
    Var d;
    for (int i = 0; i < 5; ++i) {
        d = gradient(f, x);
        f = sum(d);
    }
    BOOST_TEST(same(d.value<double>(), Doubles{120, 120, 120}, 1e-12));
}

BOOST_AUTO_TEST_CASE(stop_gradient_stops_both_modes) {
    const Var f = x * stop_gradient(x);
    BOOST_TEST(same(f.value<double>(), (x * x).value<double>()));
    BOOST_TEST(same(gradient(sum(f), x).value<double>(), x.value<double>()));
    BOOST_TEST(same(xg::jvp({f}, {x}, {ones})[0].value<double>(), x.value<double>()));
    BOOST_TEST(same(gradient(sum(stop_gradient(exp(x))), x).value<double>(), Doubles{0, 0, 0}));
    BOOST_TEST(same(xg::jvp({stop_gradient(exp(x))}, {x}, {ones})[0].value<double>(), Doubles{0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(through_what_has_no_elements_the_gradient_is_zero) {
    const Var a = tape.parameter(0.0), t = tape.constant(1.0);
    const std::vector<std::pair<const char*, std::function<Var(Var)>>> functions = {
        {"sqrt", [](Var v) { return sqrt(v); }},           {"reciprocal", [](Var v) { return 1 / v; }},
        {"log", [](Var v) { return log(v); }},             {"pow", [](Var v) { return pow(v, -2); }},
        {"softmax", [](Var v) { return softmax(v); }},     {"log_softmax", [](Var v) { return log_softmax(v); }},
        {"logsumexp", [](Var v) { return logsumexp(v); }}, {"mean", [](Var v) { return mean(v); }},
        {"normalize", [](Var v) { return normalize(v, -1, 0); }}, {"norm", [](Var v) { return norm(v); }}};
    for (const auto& [name, f] : functions)
        for (const xg::Shape& empty : {xg::Shape(0), xg::Shape(2, 0), xg::Shape(0, 3)}) {
            BOOST_TEST_CONTEXT(name << " of " << empty) {
                const Var inside = sum(f(broadcast_to(a, empty))), outside = sum(broadcast_to(f(reshape(a, 1)), {0, 1}));
                for (const Var y : {inside, outside}) {
                    const Var g = gradient(y, a);
                    BOOST_TEST(g.scalar<double>() == 0);
                    BOOST_TEST(gradient(g * a, a).scalar<double>() == 0);
                }
            }
        }
    // What has elements beside it is differentiated as ever.
    BOOST_TEST(gradient(sum(sqrt(broadcast_to(a, {0}))) + 3 * a, a).scalar<double>() == 3);
    const Var empty = tape.parameter(Doubles::from_shape({0}));
    BOOST_TEST(gradient(sum(sqrt(empty)), empty).shape() == xg::Shape(0));
    BOOST_TEST(xg::jvp({sum(sqrt(broadcast_to(a, {0})))}, {a}, {t})[0].scalar<double>() == 0);
}

BOOST_AUTO_TEST_CASE(float32_stays_float32) {
    const Var a = tape.parameter(xt::xarray<float>{1, 2});
    BOOST_TEST(gradient(sum(exp(a) * 2.5), a).dtype() == xg::DType::float32);
    const Var mixed = sum(cast(a, xg::DType::float64) * tape.constant(Doubles{3, 4}));
    BOOST_TEST(gradient(mixed, a).dtype() == xg::DType::float32);
    BOOST_TEST(same(gradient(mixed, a).value<float>(), xt::xarray<float>{3, 4}));
}

BOOST_AUTO_TEST_SUITE_END()
