// gradcheck itself: it must find what is wrong, say where, and tell kinks from mistakes.

#include "../support.hpp"

using namespace test;

namespace {

/// y = x^3 with a first derivative that is wrong where x > 1.
struct WrongCube {
    static constexpr auto name = "wrong_cube";
    static auto forward(auto x) { return x * x * x; }
    static xg::Var vjp(xg::Var g, xg::Var, xg::Var x) { return g * where(x > 1, 2 * x, 3 * x * x); }
};

/// y = x^3 whose derivative is right, and the derivative of that is not.
struct WrongSlope {
    static constexpr auto name = "wrong_slope";
    static auto forward(auto x) { return x * x; }
    static xg::Var vjp(xg::Var g, xg::Var, xg::Var) { return g; }
};
xg::Var wrong_cube(xg::Operand x) { return xg::record(WrongCube{}, x); }

struct CubeOfWrongSlope {
    static constexpr auto name = "cube_of_wrong_slope";
    static auto forward(auto x) { return x * x * x; }
    static xg::Var vjp(xg::Var g, xg::Var, xg::Var x) { return 3 * (g * xg::record(WrongSlope{}, x)); }
};

/// y = 2x, wrong in forward mode alone.
struct WrongForward {
    static constexpr auto name = "wrong_forward";
    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        for (std::size_t i = 0; i < out.shape().numel(); ++i) out.pointer<double>()[i] = 2 * in[0].pointer<double>()[i];
    }
    static xg::Var vjp(xg::Var g, xg::Var, xg::Var) { return 2 * g; }
    static xg::Var jvp(std::span<const xg::Var> t, xg::Var, std::span<const xg::Var>) { return 3 * t[0]; }
};

struct NoDerivative {
    static constexpr auto name = "no_derivative";
    static auto forward(auto x) { return x * x; }
};

struct SaysZero {
    static constexpr auto name = "says_zero";
    static constexpr bool zero_derivative = true;
    static auto forward(auto x) { return x * x; }
};

const xt::xarray<double> two_by_two = {{0.5, -0.25}, {1.5, 0.75}};

} // namespace

BOOST_AUTO_TEST_SUITE(gradcheck)

BOOST_AUTO_TEST_CASE(passes_what_is_right) {
    const auto report = xg::gradcheck([](xg::Var a, xg::Var b) { return tanh(matmul(a, b)) * a; }, {two_by_two, two_by_two});
    BOOST_TEST(report.ok);
    BOOST_TEST(static_cast<bool>(report));
    BOOST_TEST(!report.kink);
    BOOST_TEST(report.inputs == 2u);
    BOOST_TEST(report.elements == 8u);
    BOOST_TEST(report.error < 1e-6);
    BOOST_TEST(report.str().starts_with("gradcheck: ok, 2 inputs, 8 elements, worst error "));
}

BOOST_AUTO_TEST_CASE(takes_a_vector_of_vars_and_gives_several) {
    const auto product = [](const std::vector<xg::Var>& x) { return std::vector<xg::Var>{x[0] * x[1], exp(x[1]), sum(x[0], {0})}; };
    BOOST_TEST(xg::gradcheck(product, {two_by_two, two_by_two}).ok);
    BOOST_TEST(xg::gradcheck([](xg::Var x) { return std::array{exp(x), x * x}; }, {two_by_two}).ok);
}

BOOST_AUTO_TEST_CASE(names_the_worst_element_and_the_op) {
    const int line = __LINE__ + 1;
    const auto report = xg::gradcheck([](xg::Var x, xg::Var y) { return y * wrong_cube(x); }, {two_by_two, filled({2, 2}, 1.0)});
    BOOST_TEST(!report.ok);
    BOOST_TEST(!report.kink);
    BOOST_TEST(report.order == 1);
    BOOST_TEST(report.input == 0u);
    BOOST_TEST((report.element == Extents{1, 0}));
    BOOST_TEST(report.reverse / report.difference == 3.0 / 6.75, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(report.op == "wrong_cube");
    BOOST_TEST(report.str().starts_with("gradcheck: failed: the first derivative by element (1, 0) of input 0 is "));
    BOOST_TEST(report.str().ends_with(fmt::format("; the first op that is wrong by itself is wrong_cube, recorded at gradcheck.cpp:{}", line)));
}

BOOST_AUTO_TEST_CASE(finds_what_is_wrong_only_in_the_second_order) {
    const auto f = [](xg::Var x) { return xg::record(CubeOfWrongSlope{}, x); };
    BOOST_TEST(xg::gradcheck(f, {two_by_two}, {.order = 1}).ok);
    const auto report = xg::gradcheck(f, {two_by_two});
    BOOST_TEST(!report.ok);
    BOOST_TEST(report.order == 2);
    BOOST_TEST(report.op == "cube_of_wrong_slope");
}

BOOST_AUTO_TEST_CASE(finds_what_is_wrong_only_in_forward_mode) {
    const auto report = xg::gradcheck([](xg::Var x) { return xg::record(WrongForward{}, x); }, {two_by_two});
    BOOST_TEST(!report.ok);
    BOOST_TEST(report.forward / report.reverse == 1.5, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(report.op == "wrong_forward");
}

BOOST_AUTO_TEST_CASE(finds_an_op_whose_derivative_is_not_zero_as_it_says) {
    const auto report = xg::gradcheck([](xg::Var x) { return sum(xg::record(SaysZero{}, 2 * x)); }, {two_by_two});
    BOOST_TEST(!report.ok);
    BOOST_TEST(report.reverse == 0);
    BOOST_TEST(report.op == "says_zero");
}

BOOST_AUTO_TEST_CASE(says_of_which_op_it_cannot_know_the_derivative) {
    const auto f = [](xg::Var x) { return sum(xg::record(NoDerivative{}, 2 * x)); };
    BOOST_TEST(error_of([&] { (void)xg::gradcheck(f, {two_by_two}); }).find("no_derivative, recorded at gradcheck.cpp") != std::string::npos);
    // Where nothing is differentiated by it, it is not to blame, and stands in nobody's way.
    const auto report = xg::gradcheck([&](xg::Var x) { return wrong_cube(x) * stop_gradient(f(x)); }, {two_by_two}, {.order = 1});
    BOOST_TEST(report.op == "wrong_cube");
}

BOOST_AUTO_TEST_CASE(recognises_kinks) {
    const xt::xarray<double> at_zero = {1.0, 0.0, -1.0};
    for (const auto& [name, f] : std::vector<std::pair<const char*, std::function<xg::Var(xg::Var)>>>{
             {"relu", [](xg::Var x) { return relu(x); }},
             {"abs", [](xg::Var x) { return 3 * abs(x); }},
             {"maximum", [](xg::Var x) { return maximum(x, 0); }},
             {"squared relu, in the second order", [](xg::Var x) { return square(relu(x)); }},
             {"max", [](xg::Var x) { return max(x * x); }}}) {
        BOOST_TEST_CONTEXT(name) {
            const auto report = xg::gradcheck(f, {at_zero});
            BOOST_TEST(report.ok);
            BOOST_TEST(report.kink);
            BOOST_TEST(report.str().starts_with("gradcheck: ok, but for a kink: the "));
            BOOST_TEST(report.str().ends_with("; the differences do not come together as their step gets smaller: there is no derivative at this point"));
            BOOST_TEST(!xg::gradcheck(f, {at_zero}, {.kinks_fail = true}).ok);
        }
    }
}

BOOST_AUTO_TEST_CASE(is_not_misled_by_a_kink_nearby) {
    for (const double distance : {2e-6, 3e-5, -4e-6}) {
        const xt::xarray<double> x = {distance, 1.0};
        BOOST_TEST(!xg::gradcheck([](xg::Var v) { return relu(v); }, {x}).kink);
    }
}

BOOST_AUTO_TEST_CASE(a_mistake_is_not_taken_for_a_kink_of_another_element) {
    const xt::xarray<double> x = {0.0, 1.5};
    const auto report = xg::gradcheck([](xg::Var v) { return wrong_cube(v) + abs(v); }, {x});
    BOOST_TEST(!report.ok);
    BOOST_TEST(!report.kink);
    BOOST_TEST((report.element == Extents{1}));
}

BOOST_AUTO_TEST_CASE(infinite_derivatives_fail) {
    const xt::xarray<double> x = {0.0, 1.0};
    BOOST_TEST(!xg::gradcheck([](xg::Var v) { return sqrt(v); }, {x}).ok);
}

BOOST_AUTO_TEST_CASE(takes_constants_labels_and_other_dtypes) {
    const xt::xarray<std::int64_t> labels = {1, 0};
    BOOST_TEST(xg::gradcheck([&](xg::Var x) { return pick(exp(x), x.tape().constant(labels)); }, {two_by_two}).ok);
    const xg::GradcheckOptions coarse{.eps = 1e-2, .rtol = 1e-3, .atol = 1e-3};
    BOOST_TEST(xg::gradcheck([](xg::Var x) { return tanh(cast(x, xg::DType::float32)); }, {two_by_two}, coarse).ok);
}

BOOST_AUTO_TEST_CASE(empty_arrays_and_functions_that_ignore_their_inputs_pass) {
    BOOST_TEST(xg::gradcheck([](xg::Var x) { return exp(x); }, {filled({0, 3}, 1.0)}).ok);
    BOOST_TEST(xg::gradcheck([](xg::Var x, xg::Var) { return exp(x); }, {two_by_two, two_by_two}).ok);
}

BOOST_AUTO_TEST_CASE(says_what_it_cannot_check) {
    if (const std::string error = error_of([] { (void)xg::gradcheck([](xg::Var a, xg::Var b) { return a * b; }, {two_by_two}); }); true) BOOST_TEST(error ==
               "gradcheck: f takes 2 Vars, and 1 inputs were given; give one for each" + test::at(__LINE__ - 1));
    if (const std::string error = error_of([] { (void)xg::gradcheck([](xg::Var a) { return a < 0; }, {two_by_two}); }); true) BOOST_TEST(error ==
               "gradcheck: f gives a uint8 (2, 2); only float32 and float64 have derivatives" + test::at(__LINE__ - 1));
}

BOOST_AUTO_TEST_SUITE_END()
