// Where the functions end, and the slopes at points where there are several to choose from, or none: as PyTorch has them.

#include <limits>

#include "../reference.hpp"

using namespace test;
using xg::Var;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN(), pi = 3.141592653589793;
constexpr double NaN = nan; // where the function nan is in sight, too

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
    {"ndtr", [](Var x) { return ndtr(x); }, {-inf, -1000, 0, inf, -10, nan}, {0, 0, 0.5, 1, 7.619853024160526e-24, nan}, 1e-5},
    {"celu", [](Var x) { return celu(x, 2); }, {-inf, -0.0, 0, 1000, inf, nan}, {-2, 0, 0, 1000, inf, nan}},
    {"selu", [](Var x) { return selu(x); }, {-inf, 0, inf, nan}, {-1.7580993408473766, 0, inf, nan}, 1e-6},
    {"hard_sigmoid", [](Var x) { return hard_sigmoid(x); }, {-inf, -3, 0, 3, inf, nan}, {0, 0, 0.5, 1, 1, nan}},
    {"hard_swish", [](Var x) { return hard_swish(x); }, {-1000, -3, 0, 3, inf, nan}, {0, 0, 0, 3, inf, nan}},
    {"mish", [](Var x) { return mish(x); }, {-1000, 0, 1000, inf, nan}, {0, 0, 1000, inf, nan}},
    {"softsign", [](Var x) { return softsign(x); }, {-1000, 0, 1e10, nan}, {-1000. / 1001, 0, 1, nan}, 1e-6},
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
    {"celu", [](Var x) { return celu(x, 2); }, {-1000, 0, 1000}, {std::exp(-500.0), 1, 1}, 1e-13},
    {"selu", [](Var x) { return selu(x); }, {-1000, 0, 2}, {0, 1.7580993408473766, 1.0507009873554805}, 1e-15},
    {"hard_sigmoid", [](Var x) { return hard_sigmoid(x); }, {-5, -3, 0, 3, 7}, {0, 0, 1. / 6, 0, 0}},
    {"hard_swish", [](Var x) { return hard_swish(x); }, {-5, -3, 0, 3, 7, inf}, {0, -0.5, 0.5, 1, 1, 1}},
    {"mish", [](Var x) { return mish(x); }, {-1000, 0, 1000}, {0, 0.6, 1}, 1e-15},
    {"softsign", [](Var x) { return softsign(x); }, {-1, 0, 1e10}, {0.25, 1, 1e-20}, 1e-9},
    {"hardmax", [](Var x) { return hardmax(x) * x; }, {1, 3, 2}, {0, 1, 0}},
    {"clip_with_low_above_high", [](Var x) { return clip(x, 2, 1) + x; }, {0, 1, 1.5, 2, 3}, {1, 1, 1, 1, 1}},
    {"clip_without_high", [](Var x) { return clip(x, 0, Var{}); }, {-1, 0, 2}, {0, 1, 1}},
    {"clip_without_low", [](Var x) { return clip(x, Var{}, 0); }, {-1, 0, 2}, {1, 1, 0}},
    {"norm_2_far_apart", [](Var x) { return norm(x); }, {3e200, -4e200, 1e-200}, {0.6, -0.8, 0}, 1e-15},
    {"norm_2_of_tiny", [](Var x) { return norm(x); }, {3e-200, -4e-200}, {0.6, -0.8}, 1e-15},
    {"norm_minus_1", [](Var x) { return norm(x, -1); }, {0.3, -2, 1}, {0.4756242568370985, -0.010701545778834717, 0.04280618311533887}, 1e-14},
    {"norm_minus_1_with_a_zero", [](Var x) { return norm(x, -1); }, {0, 2}, {0, 0}},
    {"norm_minus_2.5_of_large", [](Var x) { return norm(x, -2.5); }, {3e199, -2e200, 1e200}, {0.9240910278728122, -0.0012079088419492446, 0.013665928531160007}, 1e-13},
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

BOOST_AUTO_TEST_CASE(norms_overflow_and_vanish_only_where_they_are) {
    const auto value = [](double p, const Doubles& x) { return run<double>([p](Var v) { return norm(v, p); }, x)(); };
    const auto single = [](double p, const xt::xarray<float>& x) { return run<float>([p](Var v) { return norm(v, p); }, x)(); };
    const auto close = boost::test_tools::tolerance(1e-14);
    BOOST_TEST(value(2, {1e200, 1e200}) == 1.414213562373095e200, close);
    BOOST_TEST(value(2, {3e-200, 4e-200}) == 5e-200, close);
    BOOST_TEST(value(2, {3e-320, 4e-320}) == 5e-320, boost::test_tools::tolerance(1e-3));
    BOOST_TEST(value(2, {1.7e308, 1e308}) == inf);
    BOOST_TEST(value(2, {3, 4}) == 5);
    BOOST_TEST(value(2, {inf, 1}) == inf);
    BOOST_TEST(std::isnan(value(2, {NaN, 1e300})));
    BOOST_TEST(value(3, {3e150, -4e150, 5e150}) == 6e150, close);
    BOOST_TEST(value(3, {3e-150, -4e-150, 5e-150}) == 6e-150, close);
    BOOST_TEST(value(40, {1e10, 1e10}) == 1e10 * std::pow(2, 1. / 40), close);
    BOOST_TEST(value(-1, {1e200, 1e200}) == 5e199, close);
    BOOST_TEST(value(-2, {1e-200, 1e-200}) == 1e-200 / std::sqrt(2), close);
    BOOST_TEST(value(-1, {0, 7}) == 0);
    BOOST_TEST(value(-1, {inf, 7}) == 7, close);
    BOOST_TEST(value(3, {inf, 7}) == inf);
    BOOST_TEST(single(2, {3e30f, 4e30f}) == 5e30f, boost::test_tools::tolerance(1e-6f));
    BOOST_TEST(single(2, {3e-40f, 4e-40f}) == 5e-40f, boost::test_tools::tolerance(1e-4f));
    // Each row has a scale of its own, and none where there is nothing.
    BOOST_TEST(same(run<double>([](Var v) { return norm(v, 2, 1); }, Doubles{{3e200, 4e200}, {3, 4}, {0, 0}, {3e-200, 4e-200}}), Doubles{5e200, 5, 0, 5e-200}, 1e-15));
    BOOST_TEST(same(run<double>([](Var v) { return norm(v, 2, 1); }, Doubles::from_shape({2, 0})), Doubles{0, 0}));
    BOOST_TEST(same(run<double>([](Var v) { return norm(v, -1, 1); }, Doubles::from_shape({2, 0})), Doubles{inf, inf}));
}

BOOST_AUTO_TEST_CASE(the_tail_of_gelu) {
    struct Row {
        double x, gelu, ndtr, density; // of 60 digits
    };
    const Row table[] = {
        {-0.1, -0x1.78f918de28c18p-5, 0x1.d7375f15b2f1ep-2, 0x1.967aba85e91ddp-2},
        {-0.5, -0x1.3bf143b9aa712p-3, 0x1.3bf143b9aa712p-2, 0x1.6883d022086acp-2},
        {-1.05, -0x1.3bce4353bfdf8p-3, 0x1.2cc470e20c11dp-3, 0x1.d6cc72a162d1ep-3},
        {-1.0625, -0x1.395a80db804c2p-3, 0x1.26ebc4925aa20p-3, 0x1.d09f9b7f00251p-3},
        {-1.5, -0x1.9a76a44e16be6p-4, 0x1.11a46d89647efp-4, 0x1.0940856d21e84p-3},
        {-3.3, -0x1.a232bfa338b90p-10, 0x1.fae82e1b2d7b6p-12, 0x1.c38fa5088a899p-10},
        {-5.0, -0x1.80bcbae98063dp-20, 0x1.33ca2f2133831p-22, 0x1.8f16964c8fd3fp-20},
        {-7.7, -0x1.d7d8bc80c1123p-45, 0x1.ea3af26486198p-48, 0x1.df8e80c758411p-45},
        {-10.0, -0x1.7079362639d51p-74, 0x1.26c75e84fb10dp-77, 0x1.7416846b4d5d9p-74},
        {-14.2, -0x1.29127aacd3724p-147, 0x1.4ebaae4824558p-151, 0x1.2a87fccb2fa6cp-147},
        {-20.0, -0x1.1876296f504b2p-290, 0x1.c0bd0f1880783p-295, 0x1.1928c553065a4p-290},
        {-26.6, -0x1.35e16deee98f7p-512, 0x1.74c9e66a7b23ep-517, 0x1.36513b4bd18a4p-512},
        {-33.1, -0x1.47f6100a4b901p-792, 0x1.3d0fea621f499p-797, 0x1.48428e03aaa86p-792},
        {-37.0, -0x1.1bbe62e6f3e25p-989, 0x1.eaccc6bfeb0afp-995, 0x1.1bf35e596c740p-989},
        {-37.5, -0x1.367682a29e309p-1016, 0x1.08eda98086fd1p-1021, 0x1.36aef2c06d29bp-1016},
        {-38.2, -0x0.0000000109c8ap-1022, 0x0.0000000006f53p-1022, 0x0.0000000109f73p-1022},
        {0.3, 0x1.7ba510284da91p-3, 0x1.3c5ee2cc40b79p-1, 0x1.868a8709fbbbfp-2},
        {1.2, 0x1.0fd9c0bec3756p+0, 0x1.c515969345c39p-1, 0x1.8db16b1beff04p-3},
        {4.5, 0x1.1fffbfdefe40ep+2, 0x1.ffff8dfe35c8bp-1, 0x1.0c29a533d0bc5p-16},
    };
    const auto ulps = [](double value, double exact) {
        return std::abs(value - exact) / (std::nextafter(std::abs(exact), inf) - std::abs(exact));
    };
    for (const Row& row : table) {
        xg::Tape tape;
        const Var x = tape.parameter(Doubles{row.x});
        BOOST_TEST(ulps(gelu(x).value<double>()(0), row.gelu) <= 4, fmt::format("gelu({}): {} ulp", row.x, ulps(gelu(x).value<double>()(0), row.gelu)));
        BOOST_TEST(ulps(ndtr(x).value<double>()(0), row.ndtr) <= 4, fmt::format("ndtr({})", row.x));
        BOOST_TEST(ulps(gradient(sum(ndtr(x)), x).value<double>()(0), row.density) <= 4, fmt::format("ndtr'({})", row.x));
        const double slope = row.ndtr + row.x * row.density; // their own roundings, and that of the sum
        BOOST_TEST(std::abs(gradient(sum(gelu(x)), x).value<double>()(0) - slope) <= 1e-15 * std::abs(row.x * row.density) + 1e-320, fmt::format("gelu'({})", row.x));
    }
}

BOOST_AUTO_TEST_CASE(clip_is_its_formula) {
    const Doubles x = {-inf, -3, 0.5, 2, inf, NaN};
    const auto clipped = [&](xg::Operand low, xg::Operand high) { return run<double>([&](Var v) { return clip(v, low, high); }, x); };
    BOOST_TEST(same(clipped(2, 1), Doubles{1, 1, 1, 1, 1, NaN}));
    BOOST_TEST(same(clipped(-1, Var{}), Doubles{-1, -1, 0.5, 2, inf, NaN}));
    BOOST_TEST(same(clipped(Var{}, 1), Doubles{-inf, -3, 0.5, 1, 1, NaN}));
    BOOST_TEST(same(clipped(Var{}, Var{}), x));
    xg::Tape tape;
    const Var v = tape.parameter(Doubles{{-2, 0, 3}, {-2, 0, 3}}), low = tape.parameter(Doubles{-1, 1, 1}), high_row = tape.parameter(Doubles{2, 0.5}), high = expand_dims(high_row, 1);
    BOOST_TEST(same(clip(v, low, high).value<double>(), Doubles{{-1, 1, 2}, {-1, 0.5, 0.5}}));
    const auto g = gradient(sum(clip(v, low, high)), {v, low, high_row});
    BOOST_TEST(same(g[0].value<double>(), Doubles{{0, 0, 0}, {0, 0, 0}}));
    BOOST_TEST(same(g[1].value<double>(), Doubles{2, 1, 0}));
    BOOST_TEST(same(g[2].value<double>(), Doubles{1, 2}));
    BOOST_TEST(same(clip(v, low, Var{}).value<double>(), Doubles{{-1, 1, 3}, {-1, 1, 3}}));
    BOOST_TEST(same(clip(v, Var{}, high).value<double>(), Doubles{{-2, 0, 2}, {-2, 0, 0.5}}));
    // Integers beyond those that a double holds; bounds that are not whole.
    constexpr std::int64_t large = (std::int64_t{1} << 53) + 1;
    const xt::xarray<std::int64_t> n = {-5, large - 1, large + 1};
    BOOST_TEST(same(run<std::int64_t>([](Var i) { return clip(i, -3, large); }, n), xt::xarray<std::int64_t>{-3, large - 1, large}));
    BOOST_TEST(same(run<std::int64_t>([](Var i) { return clip(i, -2.5, Var{}); }, n), xt::xarray<std::int64_t>{-2, large - 1, large + 1}));
    BOOST_TEST(same(run<std::uint8_t>([](Var i) { return clip(i, i.tape().constant(std::uint8_t{3}), Var{}); }, xt::xarray<std::uint8_t>{1, 7}), xt::xarray<std::uint8_t>{3, 7}));
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)clip(v, NaN, 1); }) == "clip: a bound is NaN; it must be a number or a Var, or Var{} if there is none" + at(line));
    BOOST_TEST(error_of([&] { (void)clip(v, cast(low, xg::DType::float32), 1); }).starts_with("clip: dtypes differ, float64 (2, 3) and float32 (3,)"));
}

BOOST_AUTO_TEST_CASE(prelu_has_slopes_of_channels) {
    xg::Tape tape;
    const Var x = tape.parameter(Doubles{{{-1, 2}, {-3, 4}}}), slope = tape.parameter(Doubles{0.25, 0.5});
    const Var y = prelu(x, slope);
    BOOST_TEST(same(y.value<double>(), Doubles{{{-0.25, 2}, {-1.5, 4}}}));
    const auto g = gradient(sum(y), {x, slope});
    BOOST_TEST(same(g[0].value<double>(), Doubles{{{0.25, 1}, {0.5, 1}}}));
    BOOST_TEST(same(g[1].value<double>(), Doubles{-1, -3}));
    BOOST_TEST(same(prelu(x, tape.constant(Doubles{3})).value<double>(), Doubles{{{-3, 2}, {-9, 4}}}));
    const Var infinite = tape.constant(Doubles{inf});
    BOOST_TEST(gradient(sum(prelu(infinite, slice(slope, 0, 0, 1))), slope).value<double>()(0) == 0);
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)prelu(x, tape.constant(Doubles{1, 2, 3})); }) == "prelu: x is (1, 2, 2) and the slope (3,); it must have one element, or be (C) for x (N, C, ...)" + at(line));
    BOOST_TEST(error_of([&] { (void)celu(x, 0); }) == "celu: alpha is 0; it must not be 0" + at(line + 1));
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
    if (const std::string error = error_of([&] { (void)(x & (x > 1)); }); true) BOOST_TEST(error ==
               "operator&: takes masks (uint8), was given float64 (2,); compare it with a number first, or use logical_and" + at(line));
    BOOST_TEST(isnan(tape.constant(a)).dtype() == xg::DType::uint8);
    BOOST_TEST(xg::sum(isfinite(tape.constant(a))).scalar<int>() == 4);
}

BOOST_AUTO_TEST_CASE(what_takes_only_real_numbers_says_so) {
    xg::Tape tape;
    const Var x = tape.constant(xt::xarray<std::int64_t>{1, 2});
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)xg::sin(x); }) == "sin: is not defined for int64 (2,); cast it to float32 or float64" + at(line));
    BOOST_TEST(error_of([&] { (void)hard_tanh(cast(x, xg::DType::float32), 2, 1); }) == "hard_tanh: the lower bound must not be above the upper one" + at(line + 1));
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
