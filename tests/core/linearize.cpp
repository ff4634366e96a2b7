// linearize: a value and a linear map, both of what the leaves were.

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

struct Fixture {
    xg::Tape tape;
    Random random{3};
    Var x = tape.parameter(random_array<double>({4}, random), "x"), m = tape.parameter(random_array<double>({3, 4}, random), "m");
    Doubles t = random_array<double>({4}, random);
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(linearizing, Fixture)

BOOST_AUTO_TEST_CASE(value_and_tangents) {
    const auto f = [&](Var v) { return softmax(matmul(m, tanh(v))) * exp(m[0][0]); };
    const Var y = f(x);
    const Doubles value = y.value<double>(), expected = xg::jvp({y}, {x}, {tape.constant(t)})[0].value<double>();
    xg::Linearization near = linearize(f, x);
    BOOST_TEST(same(near.value.value<double>(), value));
    BOOST_TEST(same(near.tangents(t).array<double>(), expected, 1e-14));
    // It is linear, and stays what it was.
    tape.assign(x, 0.0);
    tape.assign(m, 1.0);
    BOOST_TEST(same(near.tangents(Doubles(2 * t)).array<double>(), Doubles(2 * expected), 1e-14));
    BOOST_TEST(same(near.value.value<double>(), value));
}

BOOST_AUTO_TEST_CASE(the_function_is_not_computed_again) {
    const std::string plan = linearize([](Var v) { return v * exp(tanh(v)); }, x).tangents.str();
    BOOST_TEST((plan.find("tanh") == plan.npos && plan.find("exp") == plan.npos), plan);
}

BOOST_AUTO_TEST_CASE(of_intermediate_values_and_maps_that_do_little) {
    const Var z = square(x);
    BOOST_TEST(same(linearize([](Var v) { return v * v; }, z).tangents(t).array<double>(), Doubles(2 * z.value<double>() * t), 1e-14));
    BOOST_TEST(same(linearize([](Var v) { return v; }, x).tangents(t).array<double>(), t));
    BOOST_TEST(same(linearize([](Var v) { return 3 * v; }, x).tangents(t).array<double>(), Doubles(3 * t)));
    BOOST_TEST(same(linearize([&](Var) { return exp(m); }, x).tangents(t).array<double>(), filled<double>({3, 4}, 0)));
    BOOST_TEST(same(linearize([](Var v) { return round(v); }, x).tangents(t).array<double>(), filled<double>({4}, 0)));
}

BOOST_AUTO_TEST_CASE(nothing_stays_but_the_value) {
    const auto f = [](Var v) { return exp(v) * v; };
    (void)f(x);
    const std::size_t before = tape.size();
    (void)linearize(f, x);
    BOOST_TEST(tape.size() == before + 1);
}

BOOST_AUTO_TEST_CASE(errors) {
    const auto check = [](const std::string& text, const std::string& start, int line) {
        BOOST_TEST((text.starts_with(start) && text.ends_with(at(line))), text);
    };
    const auto f = [](Var v) { return v; };
    const Var n = tape.constant(xt::xarray<std::int64_t>{1}), input = tape.input<double>({2}, "given");
    check(error_of([&] { (void)linearize(f, n); }), "linearize: x is no real Var", __LINE__);
    check(error_of([&] { (void)xg::linearize(f, 1.0); }), "linearize: x is no real Var", __LINE__);
    check(error_of([&] { (void)linearize([](Var v) { return v > 0; }, x); }), "linearize: the function returned no real Var", __LINE__);
    check(error_of([&] { (void)linearize([](Var v) { return exp(v); }, input); }), "linearize: the value depends on the input \"given\"", __LINE__);
    auto traced = tape.function([&](Var v) { return linearize(f, v).value; });
    BOOST_TEST(error_of([&] { (void)traced(t); }).starts_with("linearize: the function of linearize.cpp"));
    const std::string wrong = error_of([&] { (void)linearize(f, x).tangents(Doubles{1, 2}); });
    BOOST_TEST(wrong.find("tangent") != wrong.npos, wrong);
}

BOOST_AUTO_TEST_SUITE_END()
