// Derivatives of one's own, values computed again for the backward pass, and the numerics check.

#include "../support.hpp"

using namespace test;
using xg::Var;

BOOST_AUTO_TEST_SUITE(custom)

BOOST_AUTO_TEST_CASE(straight_through) {
    const auto rounded = xg::custom_vjp([](Var x) { return round(x); }, [](Var g, Var, Var) { return g; });
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<double>{0.2, 1.7, -2.4}), t = tape.constant(xt::xarray<double>{1, 2, 3});
    const Var y = sum(square(rounded(x)));
    BOOST_TEST(same(rounded(x).value<double>(), xt::xarray<double>{0, 2, -2}));
    BOOST_TEST(same(gradient(y, x).value<double>(), xt::xarray<double>{0, 4, -4}));
    // Forward mode and second order follow from the rule.
    BOOST_TEST(same(xg::jvp({square(rounded(x))}, {x}, {t})[0].value<double>(), xt::xarray<double>{0, 8, -12}));
    BOOST_TEST(same(hessian_vector_product(y, x, t).value<double>(), xt::xarray<double>{2, 4, 6}));
}

BOOST_AUTO_TEST_CASE(a_rule_for_several_inputs) {
    // softplus with its derivative in closed form, times b; c is integers.
    const auto f = xg::custom_vjp([](Var a, Var b, Var c) { return log(1 + exp(a)) * b * cast(c, b.dtype()); },
                                  [](Var g, Var, Var a, Var b, Var c) {
                                      const Var n = cast(c, b.dtype());
                                      return std::vector<Var>{g * b * n * sigmoid(a), g * n * softplus(a), Var{}};
                                  });
    Random random(1);
    const auto report = xg::gradcheck([&](Var a, Var b) { return f(a, b, a.tape().constant(xt::xarray<std::int64_t>{1, 2, 3})); },
                                      {random_array<double>({4, 3}, random), random_array<double>({3}, random)});
    BOOST_TEST(report.ok, report.str());
    // A wrong rule is found.
    const auto wrong = xg::custom_vjp([](Var a) { return square(a); }, [](Var g, Var, Var a) { return g * a; });
    BOOST_TEST(!xg::gradcheck([&](Var a) { return wrong(a); }, {random_array<double>({3}, random)}).ok);
}

BOOST_AUTO_TEST_CASE(a_parameter_must_be_an_argument) {
    xg::Tape tape;
    const Var x = tape.parameter(1.0, "x"), w = tape.parameter(2.0, "w");
    const auto f = xg::custom_vjp([&](Var a) { return a * w; }, [](Var g, Var, Var) { return g; });
    BOOST_TEST(error_of([&] { (void)f(x); }).starts_with("custom_vjp: the function uses the parameter \"w\""));
    BOOST_TEST(error_of([&] { (void)f(3.0); }).starts_with("custom_vjp: its arguments are Vars"));
}

namespace {

struct Net {
    xg::Tape tape;
    std::vector<Var> weights;
    Var x;

    explicit Net(std::size_t layers, std::size_t width) {
        Random random(4);
        for (std::size_t i = 0; i < layers; ++i)
            weights.push_back(tape.parameter(random_array<double>({width, width}, random, -0.3, 0.3)));
        x = tape.constant(random_array<double>({64, width}, random, -1, 1));
    }
    /// Blocks of four layers.
    Var loss(bool again) {
        Var y = x;
        for (std::size_t i = 0; i < weights.size(); i += 4) {
            auto block = [&, i](Var v) {
                for (std::size_t k = i; k < i + 4; ++k) v = tanh(matmul(v, weights[k]));
                return v;
            };
            y = again ? xg::checkpoint(block)(y) : block(y);
        }
        return sum(square(y));
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_checkpoint_keeps_less_and_changes_nothing) {
    Net net(32, 48);
    const Var kept = net.loss(false), again = net.loss(true);
    auto program = [&](Var loss) {
        std::vector<Var> outputs = gradient(loss, net.weights);
        outputs.push_back(loss);
        return net.tape.compile({.outputs = outputs, .updates = {}}, {});
    };
    xg::Program a = program(kept), b = program(again);
    const auto x = a(), y = b();
    for (std::size_t i = 0; i < x.size(); ++i) BOOST_TEST(same(x.array<double>(i), y.array<double>(i)));
    BOOST_TEST(b.arena_bytes() < a.arena_bytes() / 2, "the arena takes " << b.arena_bytes() << " bytes, and without checkpoints " << a.arena_bytes());
}

BOOST_AUTO_TEST_CASE(a_checkpoint_differentiates_in_every_way) {
    Random random(2);
    const auto f = [](Var x, Var w) { // w is captured by the inner function
        return xg::checkpoint([w](Var v, Var u) { return tanh(matmul(v, w)) * exp(u) + v * u; })(x, sin(x));
    };
    const auto report = xg::gradcheck(f, {random_array<double>({3, 4}, random), random_array<double>({4, 4}, random)});
    BOOST_TEST(report.ok, report.str());
    // One inside another, and one that computes nothing.
    const auto nested = [](Var x) {
        const auto inner = xg::checkpoint([](Var v) { return exp(sin(v)); });
        return xg::checkpoint([](Var v) { return v; })(xg::checkpoint([&](Var v) { return inner(v) * cos(v); })(square(x)));
    };
    const auto second = xg::gradcheck(nested, {random_array<double>({5}, random)});
    BOOST_TEST(second.ok, second.str());
}

BOOST_AUTO_TEST_CASE(random_numbers_of_a_checkpoint_are_drawn_again_as_they_were) {
    xg::Tape tape;
    xg::Random random(tape, 3);
    const Var x = tape.parameter(filled<double>({40}, 2.0));
    const Var y = xg::checkpoint([&](Var v) { return exp(dropout(square(v), 0.5, random)); })(x);
    // dropout(x^2) is 0 or 2 x^2, and the slope of its exponential 4 x y or 0.
    xg::Program both = tape.compile({.outputs = {y, gradient(sum(y), x)}, .updates = {}}, {});
    const auto values = both();
    for (std::size_t i = 0; i < 40; ++i) {
        const double value = values.array<double>(0)(i);
        BOOST_TEST(values.array<double>(1)(i) == (value == 1 ? 0 : 8 * value), boost::test_tools::tolerance(1e-12));
    }
    // Where the gradient alone is asked for, each call draws afresh, too.
    xg::Program slopes = tape.compile({.outputs = {gradient(sum(y), x)}, .updates = {}}, {});
    BOOST_TEST(!same(slopes().array<double>(), slopes().array<double>()));
    BOOST_TEST(random.counter().scalar<std::int64_t>() == 3);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(numerics)

BOOST_AUTO_TEST_CASE(the_first_nan_is_told_with_its_inputs_and_line) {
    xg::Tape tape({.check_numerics = true});
    const Var w = tape.parameter(xt::xarray<double>{1, 2}, "w");
    auto train = tape.function([&](Var x) {
        const Var y = log(x * w); const int line = __LINE__;
        BOOST_TEST(line == __LINE__ - 1);
        const Var loss = sum(square(y));
        return xg::Step{.outputs = {loss}, .updates = {{w, w - 0.1 * gradient(loss, w)}}};
    });
    train(xt::xarray<double>{1, 2});
    const auto before = w.value<double>();
    const std::string error = error_of([&] { train(xt::xarray<double>{3, -2}); });
    BOOST_TEST(error.starts_with("log: element (1) of float64 (2,) is nan; its input there is -"), error);
    BOOST_TEST(error.find(", at custom.cpp:") != std::string::npos, error);
    BOOST_TEST(same(w.value<double>(), before)); // nothing has changed
    BOOST_TEST(error_of([&] { train(xt::xarray<double>{1, NAN}); }).starts_with("argument 0: element (1) of float64 (2,) is nan"));
    tape.assign(w, xt::xarray<double>{INFINITY, 1});
    BOOST_TEST(error_of([&] { train(xt::xarray<double>{1, 1}); }).starts_with("parameter \"w\": element (0) of float64 (2,) is inf"));
}

BOOST_AUTO_TEST_CASE(other_forms_tell_the_range_of_their_inputs) {
    xg::Tape tape;
    tape.check_numerics();
    const Var a = tape.constant(xt::xarray<float>{{3e38f, 3e38f}, {0, 0}}), zero = tape.constant(xt::xarray<float>{0, 1});
    BOOST_TEST(error_of([&] { sum(a).value<float>(); }).starts_with("sum: element (0, 0) of float32 (1, 1) is inf; its input is float32 (2, 2) from 0 to 3e+38"));
    BOOST_TEST(error_of([&] { matmul(a, a).value<float>(); }).starts_with("matmul: element (0, 0) of float32 (2, 2) is inf; its inputs are float32 (2, 2) from 0 to 3e+38 and"));
    const std::string divided = error_of([&] { (a / zero).value<float>(); });
    BOOST_TEST(divided.starts_with("divide: element (0, 0) of float32 (2, 2) is inf; its inputs there are 3e+38 and 0"), divided);
    const Var part = log(slice(zero - 2, 0, 1, 2)); // the second element of what is shown in part
    const std::string shown = error_of([&] { part.value<float>(); });
    BOOST_TEST(shown.starts_with("log: element (0) of float32 (1,) is nan; its input there is -1"), shown);
    const Var row = matmul(slice(a, 0, 1, 2) - 3e38f, a);
    const std::string multiplied = error_of([&] { row.value<float>(); });
    BOOST_TEST(multiplied.find("its inputs are float32 (1, 2) from -3e+38 to -3e+38 and") != std::string::npos, multiplied);
    tape.check_numerics(false);
    BOOST_TEST(std::isinf(sum(a).scalar<float>()));
}

BOOST_AUTO_TEST_CASE(it_is_switched_on_and_off_for_traced_functions) {
    xg::Tape tape;
    auto f = tape.function([](Var x) { return log(x); });
    BOOST_TEST(std::isinf(f(0.0).scalar<double>()));
    tape.check_numerics();
    BOOST_TEST(error_of([&] { f(0.0); }).starts_with("log: element () of float64 () is -inf; its input there is 0"));
    BOOST_TEST(f(1.0).scalar<double>() == 0);
    tape.check_numerics(false);
    BOOST_TEST(std::isinf(f(0.0).scalar<double>()));
}

namespace {

struct Picky {
    static constexpr auto name = "picky";
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    static void eval(xg::ConstArrays, xg::Array) { throw std::runtime_error("cannot"); }
};
Var picky(xg::Operand x) { return xg::record(Picky{}, x); }

} // namespace

BOOST_AUTO_TEST_CASE(a_mistake_in_an_opaque_op_is_told_with_its_name_and_place) {
    xg::Tape tape;
    const Var y = picky(tape.constant(xt::xarray<double>{1, 2}));
    BOOST_TEST(error_of([&] { y.value<double>(); }) == "picky: cannot" + at(__LINE__ - 1));
}

BOOST_AUTO_TEST_SUITE_END()
