// Every elementwise op against a loop over single elements, at sizes around the lengths of vectors, with broadcasting.

#include "../reference.hpp"

using namespace test;
using xg::Operand;
using xg::Var;

namespace {

const std::vector<Extents> sizes = {{},   {1},  {3},   {7},    {15},   {16},    {17},   {31},     {33},
                                    {64}, {65}, {100}, {1000}, {5000}, {3, 17}, {0, 4}, {2, 3, 4}, {129, 33}};

const std::vector<std::pair<Extents, Extents>> pairs = {
    {{}, {}},         {{1}, {7}},        {{16}, {16}},       {{33}, {}},         {{}, {33}},          {{5000}, {5000}},
    {{5000}, {1}},    {{3, 17}, {17}},   {{17}, {3, 17}},    {{3, 17}, {3, 1}},  {{3, 1}, {3, 17}},   {{5, 1}, {1, 100}},
    {{100, 33}, {33}}, {{100, 33}, {100, 1}}, {{300, 7}, {7}}, {{300, 7}, {300, 1}}, {{2, 3, 4}, {3, 1}}, {{2, 1, 4}, {3, 1}},
    {{0, 3}, {3}},    {{2, 1}, {2, 0}},  {{1, 70, 1}, {2, 1, 90}}, {{4, 1, 5, 1}, {3, 1, 20}}};

using Unary = Var (*)(Operand);
using Binary = Var (*)(Operand, Operand);

/// Tolerances are in units of the last place; 0 asks for the same bits.
struct UnaryRow {
    std::string name;
    Unary op;
    double (*reference)(double);
    double low = -3, high = 3, ulps = 0;
    bool integers = false;
};

struct BinaryRow {
    std::string name;
    Binary op;
    double (*reference)(double, double);
    double low = -3, high = 3, ulps = 0;
    std::int64_t (*integers)(std::int64_t, std::int64_t) = nullptr;
    bool mask = false;
};

/// a^b by multiplying, and by dividing where b < 0; of bytes the test leaves the lower bits.
std::int64_t power_of(std::int64_t a, std::int64_t b) {
    if (b < 0) return a == 0 ? 0 : 1 / power_of(a, -b);
    std::uint64_t result = 1;
    for (std::int64_t i = 0; i < b; ++i) result *= static_cast<std::uint64_t>(a);
    return static_cast<std::int64_t>(result);
}

double sigmoid_of(double x) { return x > 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
double softplus_of(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

const std::vector<UnaryRow> unary = {
    {"negative", [](Operand x) { return -x; }, [](double x) { return -x; }, -3, 3, 0, true},
    {"square", xg::square, [](double x) { return x * x; }, -3, 3, 0, true},
    {"sqrt", xg::sqrt, [](double x) { return std::sqrt(x); }, 0, 100},
    {"abs", xg::abs, [](double x) { return std::abs(x); }, -3, 3, 0, true},
    {"sign", xg::sign, [](double x) { return double((x > 0) - (x < 0)); }, -3, 3, 0, true},
    {"relu", xg::relu, [](double x) { return std::max(x, 0.0); }, -3, 3, 0, true},
    {"exp", xg::exp, [](double x) { return std::exp(x); }, -30, 30, 3},
    {"log", xg::log, [](double x) { return std::log(x); }, 1e-3, 100, 3},
    {"log1p", xg::log1p, [](double x) { return std::log1p(x); }, -0.9, 5, 3},
    {"expm1", xg::expm1, [](double x) { return std::expm1(x); }, -3, 3, 4},
    {"tanh", xg::tanh, [](double x) { return std::tanh(x); }, -6, 6, 4},
    {"sigmoid", xg::sigmoid, sigmoid_of, -20, 20, 4},
    {"softplus", xg::softplus, softplus_of, -20, 20, 4},
    {"clip", [](Operand x) { return clip(x, -1, 2); }, [](double x) { return std::clamp(x, -1.0, 2.0); }, -9, 9, 0, true},
    {"pow_3", [](Operand x) { return pow(x, 3); }, [](double x) { return x * x * x; }, -3, 3, 4},
    {"pow_half", [](Operand x) { return pow(x, 0.5); }, [](double x) { return std::sqrt(x); }, 0, 50, 3},

    {"sin", xg::sin, [](double x) { return std::sin(x); }, -9, 9, 3},
    {"cos", xg::cos, [](double x) { return std::cos(x); }, -9, 9, 3},
    {"tan", xg::tan, [](double x) { return std::tan(x); }, -1.5, 1.5, 4},
    {"asin", xg::asin, [](double x) { return std::asin(x); }, -1, 1, 4},
    {"acos", xg::acos, [](double x) { return std::acos(x); }, -1, 1, 4},
    {"atan", xg::atan, [](double x) { return std::atan(x); }, -9, 9, 4},
    {"sinh", xg::sinh, [](double x) { return std::sinh(x); }, -9, 9, 4},
    {"cosh", xg::cosh, [](double x) { return std::cosh(x); }, -9, 9, 4},
    {"asinh", xg::asinh, [](double x) { return std::asinh(x); }, -9, 9, 4},
    {"acosh", xg::acosh, [](double x) { return std::acosh(x); }, 1, 9, 4},
    {"atanh", xg::atanh, [](double x) { return std::atanh(x); }, -0.99, 0.99, 4},
    {"erf", xg::erf, [](double x) { return std::erf(x); }, -4, 4, 4},
    {"erfc", xg::erfc, [](double x) { return std::erfc(x); }, -4, 9, 4},
    {"exp2", xg::exp2, [](double x) { return std::exp2(x); }, -20, 20, 3},
    {"log2", xg::log2, [](double x) { return std::log2(x); }, 1e-3, 100, 3},
    {"log10", xg::log10, [](double x) { return std::log10(x); }, 1e-3, 100, 3},
    {"cbrt", xg::cbrt, [](double x) { return std::cbrt(x); }, -9, 9, 3},
    {"rsqrt", xg::rsqrt, [](double x) { return 1 / std::sqrt(x); }, 1e-3, 100, 3},
    {"reciprocal", xg::reciprocal, [](double x) { return 1 / x; }, 1e-3, 100},

    {"silu", xg::silu, [](double x) { return x * sigmoid_of(x); }, -20, 20, 5},
    {"gelu", xg::gelu, [](double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }, -3, 3, 6},
    {"ndtr", xg::ndtr, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }, -3, 3, 6},
    {"celu", [](Operand x) { return xg::celu(x, 1.5); }, [](double x) { return x > 0 ? x : 1.5 * std::expm1(x / 1.5); }, -9, 9, 5},
    {"selu", xg::selu, [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }, -9, 9, 5},
    {"prelu", [](Operand x) { return xg::prelu(x, 0.25); }, [](double x) { return x > 0 ? x : 0.25 * x; }},
    {"hard_sigmoid", xg::hard_sigmoid, [](double x) { return std::clamp(x + 3, 0.0, 6.0) / 6; }, -9, 9, 2},
    {"hard_swish", xg::hard_swish, [](double x) { return x * (std::clamp(x + 3, 0.0, 6.0) / 6); }, -9, 9, 3},
    {"mish", xg::mish, [](double x) { return x * std::tanh(softplus_of(x)); }, -20, 20, 6},
    {"softsign", xg::softsign, [](double x) { return x / (1 + std::abs(x)); }, -9, 9, 2},
    {"gelu_tanh", xg::gelu_tanh, [](double x) { return x * sigmoid_of(1.5957691216057308 * (x + 0.044715 * x * x * x)); }, -3, 3, 24},
    {"elu", [](Operand x) { return xg::elu(x, 1.5); }, [](double x) { return x > 0 ? x : 1.5 * std::expm1(x); }, -9, 9, 5},
    {"leaky_relu", [](Operand x) { return xg::leaky_relu(x, 0.25); }, [](double x) { return x > 0 ? x : 0.25 * x; }},
    {"relu6", xg::relu6, [](double x) { return std::clamp(x, 0.0, 6.0); }, -9, 9},
    {"hard_tanh", [](Operand x) { return xg::hard_tanh(x, -1, 2); }, [](double x) { return std::clamp(x, -1.0, 2.0); }},

    {"floor", xg::floor, [](double x) { return std::floor(x); }, -9, 9, 0, true},
    {"ceil", xg::ceil, [](double x) { return std::ceil(x); }, -9, 9, 0, true},
    {"round", xg::round, [](double x) { return std::nearbyint(x); }, -9, 9, 0, true},
    {"trunc", xg::trunc, [](double x) { return std::trunc(x); }, -9, 9, 0, true},
};

const std::vector<BinaryRow> binary = {
    {"add", xg::operator+, [](double a, double b) { return a + b; }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return a + b; }},
    {"subtract", xg::operator-, [](double a, double b) { return a - b; }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return a - b; }},
    {"multiply", xg::operator*, [](double a, double b) { return a * b; }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return a * b; }},
    {"divide", xg::operator/, [](double a, double b) { return a / b; }, -3, 3, 0,
     [](std::int64_t a, std::int64_t b) { return b == 0 ? std::int64_t{0} : a / b; }},
    {"pow", xg::pow, [](double a, double b) { return std::pow(a, b); }, 0.1, 4, 4, power_of},
    {"maximum", xg::maximum, [](double a, double b) { return std::max(a, b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::max(a, b); }},
    {"minimum", xg::minimum, [](double a, double b) { return std::min(a, b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::min(a, b); }},
    {"less", xg::operator<, [](double a, double b) { return double(a < b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{a < b}; }, true},
    {"less_equal", xg::operator<=, [](double a, double b) { return double(a <= b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{a <= b}; }, true},
    {"greater", xg::operator>, [](double a, double b) { return double(a > b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{a > b}; }, true},
    {"greater_equal", xg::operator>=, [](double a, double b) { return double(a >= b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{a >= b}; }, true},
    {"equal", xg::operator==, [](double a, double b) { return double(a == b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{a == b}; }, true},
    {"not_equal", xg::operator!=, [](double a, double b) { return double(a != b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{a != b}; }, true},

    {"fmod", xg::fmod, [](double a, double b) { return std::fmod(a, b); }, -9, 9, 0, [](std::int64_t a, std::int64_t b) { return b == 0 ? std::int64_t{0} : a % b; }},
    {"atan2", xg::atan2, [](double a, double b) { return std::atan2(a, b); }, -3, 3, 4},
    {"hypot", xg::hypot, [](double a, double b) { return std::hypot(a, b); }, -3, 3, 3},
    {"logaddexp", xg::logaddexp, [](double a, double b) { return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b))); }, 1, 9, 4},
    {"xlogy", xg::xlogy, [](double a, double b) { return a * std::log(b); }, 1.5, 9, 4},
    {"logical_and", xg::logical_and, [](double a, double b) { return double(a && b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{a && b}; }, true},
    {"logical_or", xg::logical_or, [](double a, double b) { return double(a || b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{a || b}; }, true},
    {"logical_xor", xg::logical_xor, [](double a, double b) { return double(!a != !b); }, -3, 3, 0, [](std::int64_t a, std::int64_t b) { return std::int64_t{!a != !b}; }, true},
};

template <class T>
double tolerance(double ulps) {
    return ulps * static_cast<double>(std::numeric_limits<T>::epsilon());
}

template <class T>
void check_unary(const UnaryRow& row) {
    Random random(7);
    for (const Extents& size : sizes) {
        const auto x = random_array<T>(size, random, row.low, row.high);
        const auto expected = map<T>([&](T a) { return static_cast<T>(row.reference(static_cast<double>(a))); }, x);
        BOOST_TEST(same(run<T>(row.op, x), expected, tolerance<T>(row.ulps), tolerance<T>(row.ulps / 10)),
                   xg::Shape(size).str());
    }
}

void check_unary_row(const UnaryRow& row) {
    check_unary<float>(row);
    check_unary<double>(row);
    if (!row.integers) return;
    check_unary<std::int64_t>(row);
    const auto bytes = xt::xarray<std::uint8_t>{0, 1, 2, 7, 15, 16, 200, 255};
    const auto expected = map<std::uint8_t>([&](std::uint8_t a) { return static_cast<std::int64_t>(row.reference(a)); }, bytes);
    BOOST_TEST(same(run<std::uint8_t>(row.op, bytes), expected));
}

template <class T, class R, class F>
void check_binary(const BinaryRow& row, double low, double high, F reference) {
    Random random(9);
    for (const auto& [first, second] : pairs) {
        const auto a = random_array<T>(first, random, low, high), b = random_array<T>(second, random, low, high);
        const auto expected = map<R>(reference, a, b);
        const double rtol = std::is_floating_point_v<T> ? tolerance<T>(row.ulps) : 0;
        BOOST_TEST(same(run<R>(row.op, a, b), expected, rtol), fmt::format("{} and {}", xg::Shape(first).str(), xg::Shape(second).str()));
    }
}

void check_binary_row(const BinaryRow& row) {
    const auto real = [&](auto a, auto b) { return static_cast<decltype(a)>(row.reference(a, b)); };
    // Halves meet each other now and then, so that equality is seen, too.
    const auto check_real = [&](auto zero) {
        using T = decltype(zero);
        if (row.mask)
            check_binary<T, std::uint8_t>(row, row.low, row.high, real);
        else
            check_binary<T, T>(row, row.low, row.high, real);
    };
    check_real(float{});
    check_real(double{});
    if (!row.integers) return;
    const auto whole = [&](auto a, auto b) { return row.integers(a, b); };
    if (row.mask) {
        check_binary<std::int64_t, std::uint8_t>(row, -3, 3, whole);
        check_binary<std::uint8_t, std::uint8_t>(row, 0, 3, whole);
    } else {
        check_binary<std::int64_t, std::int64_t>(row, -5, 5, whole);
        check_binary<std::uint8_t, std::uint8_t>(row, 0, 255, whole);
    }
}

template <class T>
void check_where() {
    Random random(3);
    const std::vector<std::array<Extents, 3>> triples = {
        {{{}, {}, {}}}, {{{17}, {17}, {17}}}, {{{1000}, {1}, {1000}}}, {{{1000}, {1000}, {}}}, {{{33}, {}, {1}}}, {{{}, {3, 33}, {33}}},
        {{{3, 1}, {3, 33}, {33}}}, {{{33}, {3, 1}, {3, 33}}}, {{{3, 7}, {3, 1}, {7}}}, {{{2, 1, 5}, {3, 1}, {4, 1, 1, 1}}}, {{{0, 3}, {3}, {1}}}};
    for (const auto& [m, first, second] : triples) {
        const auto mask = random_array<std::uint8_t>(m, random, 0, 1);
        const auto a = random_array<T>(first, random, 0, 9), b = random_array<T>(second, random, 0, 9);
        BOOST_TEST(same(run<T>([](Var c, Var x, Var y) { return where(c, x, y); }, mask, a, b),
                        map<T>([](std::uint8_t c, T x, T y) { return c ? x : y; }, mask, a, b)), xg::Shape(m).str());
    }
}

template <class To, class From>
void check_cast(double low, double high) {
    Random random(5);
    for (const Extents& size : sizes) {
        const auto x = random_array<From>(size, random, low, high);
        BOOST_TEST(same(run<To>([](Var v) { return cast(v, xg::dtype_of<To>()); }, x), map<To>([](From a) { return static_cast<To>(a); }, x)),
                   fmt::format("{} to {}, {}", xg::name(xg::dtype_of<From>()), xg::name(xg::dtype_of<To>()), xg::Shape(size).str()));
    }
}

template <class From>
void check_casts() {
    check_cast<float, From>(0, 250);
    check_cast<double, From>(0, 250);
    check_cast<std::int64_t, From>(0, 250);
    check_cast<std::uint8_t, From>(0, 250);
    if constexpr (std::is_signed_v<From>) {
        check_cast<float, From>(-1e6, 1e6);
        check_cast<double, From>(-1e6, 1e6);
        check_cast<std::int64_t, From>(-1e6, 1e6);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(values)

const Cases unary_cases(unary, check_unary_row);
const Cases binary_cases(binary, check_binary_row);

BOOST_AUTO_TEST_CASE(where) {
    check_where<float>();
    check_where<double>();
    check_where<std::int64_t>();
    check_where<std::uint8_t>();
}

BOOST_AUTO_TEST_CASE(cast) {
    check_casts<float>();
    check_casts<double>();
    check_casts<std::int64_t>();
    check_casts<std::uint8_t>();
}

BOOST_AUTO_TEST_CASE(numbers_beside_arrays) {
    const xt::xarray<double> x = {-1.5, 0.5, 2};
    BOOST_TEST(same(run<double>([](Var v) { return 3 - v; }, x), xt::xarray<double>{4.5, 2.5, 1}));
    BOOST_TEST(same(run<double>([](Var v) { return 3 / v; }, x), xt::xarray<double>{-2, 6, 1.5}));
    BOOST_TEST(same(run<std::uint8_t>([](Var v) { return 0.5 < v; }, x), xt::xarray<std::uint8_t>{0, 0, 1}));
    BOOST_TEST(same(run<std::uint8_t>([](Var v) { return v >= 0.5; }, x), xt::xarray<std::uint8_t>{0, 1, 1}));
    BOOST_TEST(same(run<double>([](Var v) { return xg::where(v > 0, 1, v); }, x), xt::xarray<double>{-1.5, 1, 1}));
    BOOST_TEST(same(run<double>([](Var v) { return pow(2, v); }, xt::xarray<double>{-1, 0, 3}), xt::xarray<double>{0.5, 1, 8}, 1e-15));
    BOOST_TEST(same(run<double>([](Var v) { return pow(v, 5); }, xt::xarray<double>{-3, 7, 1000}), xt::xarray<double>{-243, 16807, 1e15}));
    const xt::xarray<std::int64_t> n = {-7, 0, 7};
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return pow(v, 3) + pow(v, 22); }, n), xt::xarray<std::int64_t>{3909821048582988049 - 343, 0, 3909821048582988049 + 343}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return pow(2, v); }, xt::xarray<std::int64_t>{0, 62, 63, 64, -1}),
                    xt::xarray<std::int64_t>{1, std::int64_t{1} << 62, std::numeric_limits<std::int64_t>::min(), 0, 0}));
    BOOST_TEST(same(run<std::uint8_t>([](Var v) { return pow(v, 2) + pow(v, 0); }, xt::xarray<std::uint8_t>{0, 3, 15, 17}), xt::xarray<std::uint8_t>{1, 10, 226, 34}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return v / 2 + 1; }, n), xt::xarray<std::int64_t>{-2, 1, 4}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return v / 0; }, n), xt::xarray<std::int64_t>{0, 0, 0}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return v * 4000000000; }, n), xt::xarray<std::int64_t>{-28000000000, 0, 28000000000}));
}

BOOST_AUTO_TEST_SUITE_END()
