// Where the functions end, and the slopes at points where there are several to choose from, or none: as PyTorch has them.

#include <limits>

#include "../reference.hpp"

using namespace test;
using xg::Var;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN(), pi = 3.141592653589793;

using Doubles = xt::xarray<double>;

struct Row {
    std::string name;
    std::function<Var(Var)> f;
    Doubles x, y;
    double rtol = 0;
};

const std::vector<Row> rows = {
    {"sin", [](Var x) { return sin(x); }, {0, inf, -inf, nan, 1e-30}, {0, nan, nan, nan, 1e-30}, 1e-7},
    {"cos", [](Var x) { return cos(x); }, {0, inf, nan}, {1, nan, nan}},
    {"tan", [](Var x) { return tan(x); }, {0, inf, nan}, {0, nan, nan}},
    {"asin", [](Var x) { return asin(x); }, {-1, 0, 1, 1.1, nan}, {-pi / 2, 0, pi / 2, nan, nan}, 1e-7},
    {"acos", [](Var x) { return acos(x); }, {-1, 0, 1, -1.1, nan}, {pi, pi / 2, 0, nan, nan}, 1e-7},
    {"atan", [](Var x) { return atan(x); }, {-inf, 0, inf, nan}, {-pi / 2, 0, pi / 2, nan}, 1e-7},
    {"sinh", [](Var x) { return sinh(x); }, {-inf, 0, 1000, 1e-30, nan}, {-inf, 0, inf, 1e-30, nan}, 1e-7},
    {"cosh", [](Var x) { return cosh(x); }, {-inf, 0, 1000, nan}, {inf, 1, inf, nan}},
    {"asinh", [](Var x) { return asinh(x); }, {-inf, 0, inf, 1e-30, nan}, {-inf, 0, inf, 1e-30, nan}, 1e-7},
    {"acosh", [](Var x) { return acosh(x); }, {0.5, 1, inf, nan}, {nan, 0, inf, nan}},
    {"atanh", [](Var x) { return atanh(x); }, {-1, 0, 1, 2, nan}, {-inf, 0, inf, nan, nan}},
    {"erf", [](Var x) { return erf(x); }, {-inf, 0, inf, 1e-30, nan}, {-1, 0, 1, 1.1283791670955126e-30, nan}, 1e-6},
    {"erfc", [](Var x) { return erfc(x); }, {-inf, 0, inf, 9, nan}, {2, 1, 0, 4.137031746513810e-37, nan}, 1e-5},
    {"exp2", [](Var x) { return exp2(x); }, {-inf, 0, 3, 10, 5000, nan}, {0, 1, 8, 1024, inf, nan}},
    {"log2", [](Var x) { return log2(x); }, {0, 1, 8, inf, -1, nan}, {-inf, 0, 3, inf, nan, nan}},
    {"log10", [](Var x) { return log10(x); }, {0, 1, 1000, inf, -1, nan}, {-inf, 0, 3, inf, nan, nan}, 1e-7},
    {"cbrt", [](Var x) { return cbrt(x); }, {-27, 0, 8, inf, nan}, {-3, 0, 2, inf, nan}},
    {"rsqrt", [](Var x) { return rsqrt(x); }, {0, 4, inf, -1, nan}, {inf, 0.5, 0, nan, nan}},
    {"silu", [](Var x) { return silu(x); }, {-1000, 0, 1000, inf, nan}, {0, 0, 1000, inf, nan}},
    {"gelu", [](Var x) { return gelu(x); }, {-1000, 0, 1000, inf, -10, nan}, {0, 0, 1000, inf, -7.619853024160526e-23, nan}, 1e-5},
    {"gelu_tanh", [](Var x) { return gelu_tanh(x); }, {-1000, 0, 1000, inf, nan}, {0, 0, 1000, inf, nan}},
    {"elu", [](Var x) { return elu(x); }, {-inf, -0.0, 0, 1000, nan}, {-1, 0, 0, 1000, nan}},
    {"leaky_relu", [](Var x) { return leaky_relu(x, 0.5); }, {-inf, -2, 0, inf, nan}, {-inf, -1, 0, inf, nan}},
    {"relu6", [](Var x) { return relu6(x); }, {-inf, 0, 6, inf, nan}, {0, 0, 6, 6, nan}},
    {"hard_tanh", [](Var x) { return hard_tanh(x); }, {-inf, -1, 1, inf, nan}, {-1, -1, 1, 1, nan}},
    {"floor", [](Var x) { return floor(x); }, {-1.5, -0.5, 0.5, 1e10, inf, nan}, {-2, -1, 0, 1e10, inf, nan}},
    {"ceil", [](Var x) { return ceil(x); }, {-1.5, -0.5, 0.5, -inf, nan}, {-1, 0, 1, -inf, nan}},
    {"round", [](Var x) { return round(x); }, {-1.5, -0.5, 0.5, 1.5, 2.5, 2.75, inf, nan}, {-2, 0, 0, 2, 2, 3, inf, nan}},
    {"trunc", [](Var x) { return trunc(x); }, {-1.5, -0.5, 1.5, inf, nan}, {-1, 0, 1, inf, nan}},
    {"fmod_3", [](Var x) { return fmod(x, 3); }, {-7, 7, 3, inf, nan}, {-1, 1, 0, nan, nan}},
    {"fmod_by", [](Var x) { return fmod(7, x); }, {0, -3, inf, nan}, {nan, 1, 7, nan}},
    {"isnan", [](Var x) { return cast(isnan(x), x.dtype()); }, {-inf, 0, inf, nan}, {0, 0, 0, 1}},
    {"isinf", [](Var x) { return cast(isinf(x), x.dtype()); }, {-inf, 0, inf, nan}, {1, 0, 1, 0}},
    {"isfinite", [](Var x) { return cast(isfinite(x), x.dtype()); }, {-inf, 0, inf, nan}, {0, 1, 0, 0}},
    {"logical_not", [](Var x) { return cast(logical_not(x), x.dtype()); }, {-inf, 0, -0.0, nan}, {0, 1, 1, 0}},
    {"logical_and_1", [](Var x) { return cast(logical_and(x, 1), x.dtype()); }, {-inf, 0, 2, nan}, {1, 0, 1, 1}},
    {"atan2_of_1", [](Var x) { return atan2(1, x); }, {-inf, 0, inf, nan}, {pi, pi / 2, 0, nan}, 1e-7},
    {"atan2_of_0", [](Var x) { return atan2(0, x); }, {-1, 0, 1}, {pi, 0, 0}, 1e-7},
    {"hypot_3", [](Var x) { return hypot(x, 3); }, {-4, 0, inf, -inf, nan}, {5, 3, inf, inf, nan}},
    {"logaddexp_1", [](Var x) { return logaddexp(x, 1); }, {-inf, 1000, inf, nan}, {1, 1000, inf, nan}},
    {"logaddexp_itself", [](Var x) { return logaddexp(x, x); }, {-inf, inf, 0}, {-inf, inf, 0.6931471805599453}, 1e-7},
    {"xlogy_of_0", [](Var x) { return xlogy(0, x); }, {0, inf, -1, nan}, {0, 0, 0, nan}},
    {"xlogy_of_1", [](Var x) { return xlogy(1, x); }, {0, inf, -1, nan}, {-inf, inf, nan, nan}},
};

template <class T>
void check_as(const Row& row) {
    for (const std::size_t length : {std::size_t{1}, std::size_t{21}}) // alone, and in the middle of vectors
        for (std::size_t i = 0; i < row.x.size(); ++i) {
            auto input = filled<T>({length}, T(1));
            input(length / 2) = static_cast<T>(row.x.data()[i]);
            const double y = row.y.data()[i], value = static_cast<double>(run<T>(row.f, input)(length / 2));
            BOOST_TEST((value == y || (std::isnan(value) && std::isnan(y)) || std::abs(value - y) <= row.rtol * std::abs(y)),
                       fmt::format("{} of {} {} gives {}, not {}", row.name, xg::name(xg::dtype_of<T>()), row.x.data()[i], value, y));
        }
}

void check(const Row& row) {
    check_as<float>(row);
    check_as<double>(row);
}

/// d sum(f(x)) / dx
void check_slope(const Row& row) {
    xg::Tape tape;
    const Var v = tape.parameter(row.x);
    BOOST_TEST(same(gradient(sum(row.f(v)), v).value<double>(), row.y, row.rtol));
}

const std::vector<Row> slopes = {
    {"asin_at_1", [](Var x) { return asin(x); }, {-1, 0, 1}, {inf, 1, inf}},
    {"acos_at_1", [](Var x) { return acos(x); }, {-1, 0, 1}, {-inf, -1, -inf}},
    {"acosh_at_1", [](Var x) { return acosh(x); }, {1}, {inf}},
    {"atanh_at_1", [](Var x) { return atanh(x); }, {-1, 0, 1}, {inf, 1, inf}},
    {"erf_far_out", [](Var x) { return erf(x); }, {-1000, 1000}, {0, 0}},
    {"cbrt_at_0", [](Var x) { return cbrt(x); }, {0}, {inf}},
    {"rsqrt_at_0", [](Var x) { return rsqrt(x); }, {0}, {-inf}},
    {"log_of_a_denormal", [](Var x) { return log(x); }, {5e-324, 1e-310}, {inf, inf}},
    {"sqrt_of_square_at_0", [](Var x) { return sqrt(x * x); }, {-2, 0, 2}, {-1, 0, 1}},
    {"log_of_1_minus_tiny", [](Var x) { return log(1 - x); }, {0, 1}, {-1, -inf}},
    {"silu", [](Var x) { return silu(x); }, {-1000, 0, 1000}, {0, 0.5, 1}},
    {"gelu", [](Var x) { return gelu(x); }, {-1000, 0, 1000}, {0, 0.5, 1}},
    {"gelu_tanh", [](Var x) { return gelu_tanh(x); }, {-100, 0, 100}, {0, 0.5, 1}},
    {"elu", [](Var x) { return elu(x, 1.5); }, {-1000, 0, 1000}, {0, 1.5, 1}},
    {"leaky_relu", [](Var x) { return leaky_relu(x, 0.25); }, {-1, 0, 1}, {0.25, 0.25, 1}},
    {"relu6", [](Var x) { return relu6(x); }, {-1, 0, 3, 6, 7}, {0, 0, 1, 0, 0}},
    {"hard_tanh", [](Var x) { return hard_tanh(x); }, {-2, -1, 0, 1, 2}, {0, 0, 1, 0, 0}},
    {"whole_numbers", [](Var x) { return floor(x) + ceil(x) + round(x) + trunc(x); }, {-1, 0.5, 2}, {0, 0, 0}},
    {"fmod", [](Var x) { return fmod(x, 3) + fmod(7, x); }, {2, -2}, {-2, 4}},
    {"atan2_at_the_origin", [](Var x) { return atan2(x, x); }, {0, 2}, {nan, 0}},
    {"hypot_at_the_origin", [](Var x) { return hypot(x, 0); }, {0, 2}, {nan, 1}},
    {"logaddexp_far_apart", [](Var x) { return logaddexp(x, 0); }, {-1000, 0, 1000}, {0, 0.5, 1}},
    {"xlogy_of_0", [](Var x) { return xlogy(x, 0) + xlogy(x, 2); }, {0}, {0.6931471805599453}, 1e-15},
    {"xlogy_by", [](Var x) { return xlogy(0, x); }, {0, 2}, {nan, 0}},
    {"norm_of_zeros", [](Var x) { return norm(x); }, {0, 0}, {0, 0}},
    {"norm_1_at_0", [](Var x) { return norm(x, 1); }, {-2, 0, 3}, {-1, 0, 1}},
    {"norm_inf_with_ties", [](Var x) { return norm(x, inf); }, {-3, 1, 3}, {-0.5, 0, 0.5}},
    {"norm_inf_of_zeros", [](Var x) { return norm(x, inf); }, {0, 0}, {0, 0}},
    {"norm_3_with_a_zero", [](Var x) { return norm(x, 3); }, {0, 2}, {0, 1}, 1e-15},
    {"norm_half_with_a_zero", [](Var x) { return norm(x, 0.5); }, {0, 4}, {0, 1}, 1e-15},
    {"norm_3_of_zeros", [](Var x) { return norm(x, 3); }, {0, 0}, {0, 0}},
    {"stddev_of_equal_ones", [](Var x) { return stddev(x); }, {2, 2}, {0, 0}},
    {"var_of_one", [](Var x) { return var(x); }, {2}, {nan}},
    {"prod_with_a_zero", [](Var x) { return prod(x); }, {2, 0, 3}, {0, 6, 0}},
    {"prod_with_two_zeros", [](Var x) { return prod(x); }, {0, 0, 3}, {0, 0, 0}},
    {"cumprod_with_a_zero", [](Var x) { return cumprod(x, 0); }, {2, 0, 3}, {1, 8, 0}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(special_values)
const Cases cases(rows, check);

BOOST_AUTO_TEST_CASE(large_numbers_do_not_overflow_on_the_way) {
    const Doubles x = {1e200, -3e300, 1e-200};
    BOOST_TEST(same(run<double>([](Var v) { return sqrt(v * v); }, x), Doubles{1e200, 3e300, 1e-200}));
    BOOST_TEST(same(run<double>([](Var v) { return sqrt(square(v)); }, x), Doubles{1e200, 3e300, 1e-200}));
    BOOST_TEST(same(run<double>([](Var v) { return hypot(v, v); }, x), Doubles{1.414213562373095e200, 4.242640687119285e300, 1.414213562373095e-200}, 1e-14));
    BOOST_TEST(same(run<double>([](Var v) { return log(1 - v); }, Doubles{1e-30, -1e-20}), Doubles{-1e-30, 1e-20}, 1e-14));
    xg::Tape plain({.stabilize = false});
    BOOST_TEST(same(sqrt(square(plain.constant(x))).value<double>(), Doubles{inf, inf, 0}));
    const Var small = plain.constant(Doubles{1e-30});
    BOOST_TEST(same(log(1 - small).value<double>(), Doubles{0}));
}

BOOST_AUTO_TEST_CASE(masks) {
    const xt::xarray<std::uint8_t> a = {0, 0, 1, 1}, b = {0, 1, 0, 1};
    const auto check_mask = [&](auto f, xt::xarray<std::uint8_t> expected) { BOOST_TEST(same(run<std::uint8_t>(f, a, b), expected)); };
    check_mask([](Var x, Var y) { return x & y; }, {0, 0, 0, 1});
    check_mask([](Var x, Var y) { return x | y; }, {0, 1, 1, 1});
    check_mask([](Var x, Var y) { return x ^ y; }, {0, 1, 1, 0});
    check_mask([](Var x, Var) { return ~x; }, {1, 1, 0, 0});
    xg::Tape tape;
    const Var x = tape.constant(Doubles{1, 2});
    const int line = __LINE__ + 1;
    if (const std::string error = error_of([&] { x & (x > 1); }); true) BOOST_TEST(error ==
               "operator&: takes masks (uint8), was given float64 (2,); compare it with a number first, or use logical_and" + at(line));
    BOOST_TEST(isnan(tape.constant(a)).dtype() == xg::DType::uint8);
    BOOST_TEST(xg::sum(isfinite(tape.constant(a))).scalar<int>() == 4);
}

BOOST_AUTO_TEST_CASE(what_takes_only_real_numbers_says_so) {
    xg::Tape tape;
    const Var x = tape.constant(xt::xarray<std::int64_t>{1, 2});
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { xg::sin(x); }) == "sin: is not defined for int64 (2,); cast it to float32 or float64" + at(line));
    BOOST_TEST(error_of([&] { hard_tanh(cast(x, xg::DType::float32), 2, 1); }) == "hard_tanh: the lower bound must not be above the upper one" + at(line + 1));
}
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(subgradients)
const Cases cases(slopes, check_slope);

BOOST_AUTO_TEST_CASE(second_derivatives_of_products_with_zeros) {
    const auto curvature = [](std::function<Var(Var)> f, const Doubles& x) {
        xg::Tape tape;
        const Var v = tape.parameter(x), one = tape.constant(filled<double>({x.size()}, 1));
        const Var product = f(v);
        const Doubles reverse = hessian_vector_product(product, v, one).value<double>();
        BOOST_TEST(same(xg::jvp({gradient(product, v)}, {v}, {one})[0].value<double>(), reverse));
        return reverse;
    };
    BOOST_TEST(same(curvature([](Var x) { return prod(x); }, {0, 0, 3}), Doubles{3, 3, 0}));
    BOOST_TEST(same(curvature([](Var x) { return prod(x); }, {2, 0, 3}), Doubles{3, 5, 2}));
    BOOST_TEST(same(curvature([](Var x) { return prod(x); }, {0, 0, 0}), Doubles{0, 0, 0}));
    // y = a + ab + abc at (0, 0, 3): the mixed derivatives are 1 + c, b, a.
    BOOST_TEST(same(curvature([](Var x) { return sum(cumprod(x, 0)); }, {0, 0, 3}), Doubles{4, 4, 0}));
    BOOST_TEST(same(curvature([](Var x) { return norm(x); }, {0, 0}), Doubles{0, 0}));
    BOOST_TEST(same(curvature([](Var x) { return stddev(x); }, {1, 1}), Doubles{0, 0}));
}
BOOST_AUTO_TEST_SUITE_END()
