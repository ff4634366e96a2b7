// Where functions end: infinities, NaN, overflow, zeros and their signs.

#include <limits>

#include "../reference.hpp"

using namespace test;
using xg::Operand;
using xg::Var;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

struct Row {
    std::string name;
    std::function<Var(Var)> f;
    std::vector<std::pair<double, double>> values; // x, f(x)
    double rtol = 0;
};

const std::vector<Row> rows = {
    {"exp", [](Var x) { return exp(x); }, {{1000, inf}, {-1000, 0}, {inf, inf}, {-inf, 0}, {0, 1}, {-0.0, 1}, {NaN, NaN}}},
    {"log", [](Var x) { return log(x); }, {{0, -inf}, {-0.0, -inf}, {-1, NaN}, {-inf, NaN}, {inf, inf}, {1, 0}, {NaN, NaN}}},
    {"log1p", [](Var x) { return log1p(x); }, {{-1, -inf}, {-2, NaN}, {inf, inf}, {0, 0}, {1e-30, 1e-30}, {-1e-30, -1e-30}, {NaN, NaN}}, 1e-7},
    {"expm1", [](Var x) { return expm1(x); }, {{1000, inf}, {-1000, -1}, {inf, inf}, {-inf, -1}, {0, 0}, {1e-30, 1e-30}, {NaN, NaN}}, 1e-7},
    {"tanh", [](Var x) { return tanh(x); }, {{1000, 1}, {-1000, -1}, {inf, 1}, {-inf, -1}, {0, 0}, {1e-30, 1e-30}, {NaN, NaN}}, 1e-7},
    {"sigmoid", [](Var x) { return sigmoid(x); }, {{1000, 1}, {-1000, 0}, {inf, 1}, {-inf, 0}, {0, 0.5}, {-80, 1.8048513878454153e-35}, {NaN, NaN}}, 1e-6},
    {"softplus", [](Var x) { return softplus(x); }, {{1000, 1000}, {-1000, 0}, {inf, inf}, {-inf, 0}, {0, 0.6931471805599453}, {-80, 1.8048513878454153e-35}, {NaN, NaN}}, 1e-6},
    {"sqrt", [](Var x) { return sqrt(x); }, {{-1, NaN}, {0, 0}, {inf, inf}, {-inf, NaN}, {NaN, NaN}}},
    {"abs", [](Var x) { return abs(x); }, {{-0.0, 0}, {-inf, inf}, {NaN, NaN}}},
    {"sign", [](Var x) { return sign(x); }, {{0, 0}, {inf, 1}, {-inf, -1}, {NaN, NaN}}},
    {"relu", [](Var x) { return relu(x); }, {{0, 0}, {-1, 0}, {inf, inf}, {-inf, 0}, {NaN, NaN}}},
    {"square", [](Var x) { return square(x); }, {{-inf, inf}, {1e200, inf}, {NaN, NaN}}},
    {"clip", [](Var x) { return clip(x, -1, 2); }, {{inf, 2}, {-inf, -1}, {2, 2}, {-1, -1}, {NaN, NaN}}},
    {"maximum_of_2", [](Var x) { return maximum(x, 2); }, {{inf, inf}, {-inf, 2}, {NaN, NaN}}},
    {"maximum_the_other_way", [](Var x) { return maximum(2, x); }, {{inf, inf}, {-inf, 2}, {NaN, NaN}}},
    {"minimum_of_2", [](Var x) { return minimum(x, 2); }, {{inf, 2}, {-inf, -inf}, {NaN, NaN}}},
    {"minimum_the_other_way", [](Var x) { return minimum(2, x); }, {{inf, 2}, {-inf, -inf}, {NaN, NaN}}},
    {"divide_by", [](Var x) { return 1 / x; }, {{0, inf}, {-0.0, -inf}, {inf, 0}, {NaN, NaN}}},
    {"times_zero", [](Var x) { return x * 0; }, {{inf, NaN}, {NaN, NaN}, {1, 0}}},
    {"minus_itself", [](Var x) { return x - x; }, {{inf, NaN}, {NaN, NaN}, {1, 0}}},
    {"less", [](Var x) { return cast(x < 1, x.dtype()); }, {{NaN, 0}, {inf, 0}, {-inf, 1}}},
    {"greater_equal", [](Var x) { return cast(x >= 1, x.dtype()); }, {{NaN, 0}, {inf, 1}, {1, 1}}},
    {"equal", [](Var x) { return cast(x == x, x.dtype()); }, {{NaN, 0}, {inf, 1}}},
    {"not_equal", [](Var x) { return cast(x != x, x.dtype()); }, {{NaN, 1}, {inf, 0}}},

    {"pow_0", [](Var x) { return pow(x, 0); }, {{0, 1}, {inf, 1}, {NaN, 1}, {-2, 1}}},
    {"pow_2", [](Var x) { return pow(x, 2); }, {{-3, 9}, {-inf, inf}, {NaN, NaN}, {0, 0}}},
    {"pow_3", [](Var x) { return pow(x, 3); }, {{-2, -8}, {-inf, -inf}, {0, 0}, {NaN, NaN}}, 1e-6},
    {"pow_half", [](Var x) { return pow(x, 0.5); }, {{-2, NaN}, {0, 0}, {inf, inf}, {NaN, NaN}}},
    {"pow_minus_1", [](Var x) { return pow(x, -1); }, {{0, inf}, {inf, 0}, {-2, -0.5}, {NaN, NaN}}, 1e-6},
    {"pow_minus_2", [](Var x) { return pow(x, -2); }, {{0, inf}, {-0.0, inf}, {-2, 0.25}}, 1e-6},
    {"pow_of_0", [](Var x) { return pow(0, x); }, {{0, 1}, {2, 0}, {-1, inf}}},
    {"pow_of_1", [](Var x) { return pow(1, x); }, {{NaN, 1}, {inf, 1}, {5, 1}}},
    {"pow_of_minus_2", [](Var x) { return pow(-2, x); }, {{3, -8}, {-1, -0.5}, {0.5, NaN}, {2, 4}}, 1e-6},
    {"pow_of_half", [](Var x) { return pow(0.5, x); }, {{inf, 0}, {-inf, inf}, {NaN, NaN}}},
};

template <class T>
void check_as(const Row& row) {
    for (const std::size_t length : {1, 21}) // alone, and in the middle of vectors
        for (const auto& [x, y] : row.values) {
            if (std::is_same_v<T, float> && std::abs(x) > 1e38 && std::isfinite(x)) continue;
            auto input = filled<T>({length}, T(1));
            input(length / 2) = static_cast<T>(x);
            const auto result = run<T>(row.f, input);
            const double value = static_cast<double>(result(length / 2));
            BOOST_TEST((value == y || (std::isnan(value) && std::isnan(y)) || std::abs(value - y) <= row.rtol * std::abs(y)),
                       fmt::format("{} of {} {} gives {}, not {}", row.name, xg::name(xg::dtype_of<T>()), x, value, y));
        }
}

void check(const Row& row) {
    check_as<float>(row);
    check_as<double>(row);
}

template <class T>
double alone(std::function<Var(Var)> f, std::initializer_list<double> elements, std::size_t length = 0) {
    auto x = filled<T>({std::max(length, elements.size())}, static_cast<T>(*elements.begin()));
    std::copy(elements.begin(), elements.end(), x.data());
    return static_cast<double>(run<T>(f, x).data()[0]);
}

} // namespace

BOOST_AUTO_TEST_SUITE(special_values)

const Cases cases(rows, check);

BOOST_AUTO_TEST_CASE(reductions_pass_nan_on) {
    for (const std::size_t length : {1, 5, 16, 100, 3000})
        for (const std::size_t place : {std::size_t{0}, length / 2, length - 1}) {
            auto x = filled<float>({length}, 1.0f);
            x(place) = static_cast<float>(NaN);
            for (const auto& f : std::vector<std::function<Var(Var)>>{[](Var v) { return max(v); }, [](Var v) { return min(v); }, [](Var v) { return sum(v); },
                                                                      [](Var v) { return max(reshape(v, {-1, 1}), 0); }, [](Var v) { return logsumexp(v); }})
                BOOST_TEST(std::isnan(run<float>(f, x).data()[0]), fmt::format("{} of {}", place, length));
        }
}

BOOST_AUTO_TEST_CASE(reductions_of_infinities_and_of_nothing) {
    BOOST_TEST(alone<double>([](Var x) { return max(x); }, {-inf, -inf}) == -inf);
    BOOST_TEST(alone<double>([](Var x) { return min(x); }, {inf, inf}) == inf);
    BOOST_TEST(alone<float>([](Var x) { return max(x); }, {-1e38, -2e38}) == static_cast<double>(-1e38f));
    BOOST_TEST(std::isnan(alone<double>([](Var x) { return sum(x); }, {inf, -inf})));
    BOOST_TEST(run<double>([](Var x) { return sum(x); }, filled<double>({0}, 1))() == 0);
    BOOST_TEST(std::isnan(run<double>([](Var x) { return mean(x); }, filled<double>({0}, 1))()));
    BOOST_TEST(same(run<double>([](Var x) { return sum(x, 1); }, filled<double>({3, 0}, 1)), xt::xarray<double>{0, 0, 0}));
    BOOST_TEST(same(run<std::int64_t>([](Var x) { return max(x); }, xt::xarray<std::int64_t>{std::numeric_limits<std::int64_t>::min()}),
                    filled<std::int64_t>({}, std::numeric_limits<std::int64_t>::min())));
}

BOOST_AUTO_TEST_CASE(softmax_and_logsumexp_do_not_overflow) {
    for (const bool single : {true, false}) {
        const auto first = [&](std::function<Var(Var)> f, std::initializer_list<double> x) { return single ? alone<float>(f, x) : alone<double>(f, x); };
        BOOST_TEST(first([](Var x) { return logsumexp(x); }, {1000, 0}) == 1000);
        BOOST_TEST(first([](Var x) { return logsumexp(x); }, {-1000, -2000}) == -1000);
        BOOST_TEST(first([](Var x) { return logsumexp(x); }, {-inf, -inf}) == -inf);
        BOOST_TEST(first([](Var x) { return logsumexp(x); }, {-inf, 3}) == 3);
        BOOST_TEST(first([](Var x) { return logsumexp(x); }, {inf, 3}) == inf);
        BOOST_TEST(first([](Var x) { return softmax(x); }, {1000, -1000}) == 1);
        BOOST_TEST(first([](Var x) { return softmax(x); }, {-1000, 1000}) == 0);
        BOOST_TEST(first([](Var x) { return log_softmax(x); }, {-1000, 1000}) == -2000);
        BOOST_TEST(first([](Var x) { return softmax(x); }, {-inf, 0}) == 0);
        BOOST_TEST(first([](Var x) { return log(sum(exp(x))); }, {1000, 0}) == 1000);
        BOOST_TEST(first([](Var x) { return log(exp(x) / sum(exp(x))); }, {-1000, 1000}) == -2000);
        BOOST_TEST(first([](Var x) { return log(softmax(x)); }, {-1000, 1000}) == -2000);
        BOOST_TEST(first([](Var x) { return log(sigmoid(x)); }, {-1000}) == -1000);
        BOOST_TEST(first([](Var x) { return log(1 + x); }, {1e-30}) == (single ? static_cast<double>(1e-30f) : 1e-30), boost::test_tools::tolerance(1e-6));
        BOOST_TEST(first([](Var x) { return exp(x) - 1; }, {1e-30}) == (single ? static_cast<double>(1e-30f) : 1e-30), boost::test_tools::tolerance(1e-6));
    }
}

BOOST_AUTO_TEST_CASE(what_where_does_not_take_is_not_seen) {
    const xt::xarray<double> x = {-1, 0, 4};
    BOOST_TEST(same(run<double>([](Var v) { return where(v > 0, sqrt(v), 7); }, x), xt::xarray<double>{7, 7, 2}));
    BOOST_TEST(same(run<double>([](Var v) { return where(v > 0, 1 / v, v); }, x), xt::xarray<double>{-1, 0, 0.25}));
}

BOOST_AUTO_TEST_CASE(integers_at_their_limits) {
    constexpr auto low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
    const xt::xarray<std::int64_t> x = {low, high, -1, 0};
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return v / -1; }, x), xt::xarray<std::int64_t>{low, -high, 1, 0}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return v + 1; }, x), xt::xarray<std::int64_t>{low + 1, low, 0, 1}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return sum(v); }, xt::xarray<std::int64_t>{high, 1, 1}), xt::xarray<std::int64_t>(low + 1)));
    const xt::xarray<std::int64_t> many = xt::ones<std::int64_t>({3000, 2}) * high; // 3000 (2^63 - 1) = -3000 to the modulus 2^64
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return sum(v, 0); }, many), xt::xarray<std::int64_t>{-3000, -3000}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return sum(v); }, many), xt::xarray<std::int64_t>(-6000)));
    BOOST_TEST(same(run<std::uint8_t>([](Var v) { return v / 255; }, xt::xarray<std::uint8_t>{0, 10, 254, 255}), xt::xarray<std::uint8_t>{0, 0, 0, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
