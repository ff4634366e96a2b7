// An error that advises something: whoever does what it says has a right program. See also tests/ops/advice.cpp.

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

/// Forward only.
struct Cube {
    static constexpr auto name = "cube";
    static auto forward(auto x) { return x * x * x; }
};

struct Fixture {
    xg::Tape tape;
    Var p = tape.parameter(Doubles{1, 2}, "p"), x = tape.input<double>({2}, "x");
    bool says(const std::string& text, const std::string& words) const { return text.find(words) != std::string::npos; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(advice, Fixture)

BOOST_AUTO_TEST_CASE(values_and_programs) {
    BOOST_TEST(says(error_of([&] { p.scalar<double>(); }), "of a Var by value<T>()"));
    BOOST_TEST(same(p.value<double>(), Doubles{1, 2}));
    BOOST_TEST(says(error_of([&] { p.value<int>(); }), "ask for a floating type, or cast it"));
    BOOST_TEST(cast(p, xg::DType::int64).value<int>()(1) == 2);

    BOOST_TEST(says(error_of([&] { (p * x).value<double>(); }), "compile with it among the inputs"));
    auto product = tape.compile({.outputs = {p * x}, .updates = {}}, {x});
    BOOST_TEST(same(product(Doubles{3, 4}).array<double>(), Doubles{3, 8}));

    BOOST_TEST(says(error_of([&] { product(Doubles{3, 4, 5}); }), "a tape.function is traced anew for other shapes"));
    auto twice = tape.function([](Var v) { return 2 * v; });
    twice(Doubles{1, 2});
    BOOST_TEST(same(twice(Doubles{3, 4, 5}).array<double>(), Doubles{6, 8, 10}));

    auto reads = tape.function([this](Var v) { return v * p.value<double>()(0); });
    BOOST_TEST(says(error_of([&] { reads(Doubles{1, 2}); }), "make it an output of the function"));
    auto gives = tape.function([this](Var v) { return std::array{v, p}; });
    BOOST_TEST(gives(Doubles{1, 2}).array<double>(1)(0) == 1);

    auto assigns = tape.function([this](Var v) {
        tape.assign(p, 0.0);
        return v;
    });
    BOOST_TEST(says(error_of([&] { assigns(Doubles{1, 2}); }), "or return an Update for what is to change at each call"));
    auto updates = tape.function([this](Var v) { return xg::Step{.outputs = {v}, .updates = {{p, p + v}}}; });
    updates(Doubles{10, 20});
    BOOST_TEST(same(p.value<double>(), Doubles{11, 22}));
}

BOOST_AUTO_TEST_CASE(derivatives) {
    BOOST_TEST(says(error_of([&] { (void)gradient(p * p, p); }), "Sum or average it, or use vjp with a cotangent"));
    BOOST_TEST(same(gradient(sum(p * p), p).value<double>(), Doubles{2, 4}));
    BOOST_TEST(same(gradient(mean(p * p), p).value<double>(), Doubles{1, 2}));
    BOOST_TEST(same(xg::vjp({p * p}, {p}, {tape.constant(Doubles{1, 1})})[0].value<double>(), Doubles{2, 4}));

    const Var n = tape.constant(xt::xarray<std::int64_t>{1, 2});
    BOOST_TEST(says(error_of([&] { (void)gradient(sum(cast(n, xg::DType::float64) * p), n); }), "record what is differentiated of a float32 or float64 Var, and give that"));
    const Var real = cast(n, xg::DType::float64);
    BOOST_TEST(same(gradient(sum(real * p), real).value<double>(), Doubles{1, 2}));

    BOOST_TEST(says(error_of([&] { (void)gradient(sum(xg::record(Cube{}, p)), p); }), "or use stop_gradient of its result"));
    BOOST_TEST(same(gradient(sum(p * stop_gradient(xg::record(Cube{}, p))), p).value<double>(), Doubles{1, 8}));

    const auto rule = [](Var g, Var, Var a) { return g * a; };
    BOOST_TEST(says(error_of([&] { (void)xg::custom_vjp([this](Var a) { return a * p; }, rule)(tape.constant(Doubles{1, 1})); }), "or stop_gradient of it"));
    const Var y = xg::custom_vjp([this](Var a) { return a * stop_gradient(p); }, rule)(tape.constant(Doubles{1, 1}));
    BOOST_TEST(same(y.value<double>(), Doubles{1, 2}));
}

BOOST_AUTO_TEST_CASE(what_is_to_be_trained) {
    const Var other = tape.parameter(3.0, "other"), loss = sum(square(p));
    const auto train = [&](Var which) { return xg::optim::GD{.learning_rate = 0.5}.minimize(loss, {which}); };
    BOOST_TEST(says(error_of([&] { (void)train(other); }), "minimize: the loss does not depend on \"other\", which it is to train"));
    BOOST_TEST(says(error_of([&] { (void)train(p * 2); }), "minimize: what is to be trained must be a parameter, from tape.parameter(...)"));
    tape.compile({.outputs = {loss}, .updates = train(p)}, {})();
    BOOST_TEST(same(p.value<double>(), Doubles{0, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
