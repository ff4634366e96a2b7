// Packs against plain numbers, elementary functions against those of <cmath> in the next wider type.
// Compiled with XGRAD_ISA_AVX2 or XGRAD_ISA_AVX512, and the flags of that set, it tests those packs.

#define BOOST_TEST_DYN_LINK
#include <boost/test/unit_test.hpp>

#include <xgrad/core/simd_math.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace xgrad::simd;

#if defined(XGRAD_ISA_AVX512)
const char* const suite_name = "simd_avx512";
bool can_run() { return __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"); }
#elif defined(XGRAD_ISA_AVX2)
const char* const suite_name = "simd_avx2";
bool can_run() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
const char* const suite_name = "simd";
bool can_run() { return true; }
#endif

std::mt19937_64 generator(1);

template <class T>
using Limits = std::numeric_limits<T>;
template <class T>
using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

// ---- Packs ----

template <class T>
T small_number() {
    const int x = static_cast<int>(generator() % 41) - 20;
    return std::is_floating_point_v<T> ? static_cast<T>(x / 4.0) : static_cast<T>(std::is_signed_v<T> ? x : x + 20);
}

/// Whether lane i of the pack is f(i)
template <class T, class I, std::size_t N, class F>
bool is(const Pack<T, I, N>& pack, F f) {
    bool same = true;
    for (std::size_t i = 0; i < N; ++i) same &= pack[i] == static_cast<T>(f(i)) || (pack[i] != pack[i] && f(i) != f(i));
    return same;
}
template <class T, class I, std::size_t N, class F>
bool is(const Mask<T, I, N>& mask, F f) {
    bool same = true;
    for (std::size_t i = 0; i < N; ++i) same &= mask[i] == f(i);
    return same;
}

template <class T, std::size_t N>
struct Numbers {
    T values[N];
    Numbers() {
        for (T& x : values) x = small_number<T>();
    }
    T operator[](std::size_t i) const { return values[i]; }
    Pack<T, Isa, N> pack() const { return Pack<T, Isa, N>::load(values); }
};

template <class T, std::size_t N>
void arithmetic() {
    const Numbers<T, N> a, b;
    const auto x = a.pack(), y = b.pack();
    BOOST_TEST(is(x, [&](auto i) { return a[i]; }));
    BOOST_TEST(is(x + y, [&](auto i) { return T(a[i] + b[i]); }));
    BOOST_TEST(is(x - y, [&](auto i) { return T(a[i] - b[i]); }));
    BOOST_TEST(is(x * y, [&](auto i) { return T(a[i] * b[i]); }));
    BOOST_TEST(is(2 * x - 1, [&](auto i) { return T(2 * a[i] - 1); }));
    BOOST_TEST(is(-x, [&](auto i) { return T(-a[i]); }));
    BOOST_TEST(is(min(x, y), [&](auto i) { return std::min(a[i], b[i]); }));
    BOOST_TEST(is(maximum(x, 3), [&](auto i) { return std::max(a[i], T(3)); }));
    BOOST_TEST(is(abs(x), [&](auto i) { return a[i] < 0 ? T(-a[i]) : a[i]; }));
    if constexpr (std::is_integral_v<T>) BOOST_TEST(is(x / y, [&](auto i) { return b[i] == 0 ? T(0) : T(a[i] / b[i]); }));
    else BOOST_TEST(is(x / (y + 0.125), [&](auto i) { return a[i] / (b[i] + T(0.125)); }));
}

template <class T, std::size_t N>
void comparisons() {
    const Numbers<T, N> a, b;
    const auto x = a.pack(), y = b.pack();
    BOOST_TEST(is(x < y, [&](auto i) { return a[i] < b[i]; }));
    BOOST_TEST(is(x <= 2, [&](auto i) { return a[i] <= 2; }));
    BOOST_TEST(is(x > y, [&](auto i) { return a[i] > b[i]; }));
    BOOST_TEST(is(x >= y, [&](auto i) { return a[i] >= b[i]; }));
    BOOST_TEST(is(x == y, [&](auto i) { return a[i] == b[i]; }));
    BOOST_TEST(is(x != y, [&](auto i) { return a[i] != b[i]; }));
    BOOST_TEST(is((x < y && x > 1) || !(x != 2), [&](auto i) { return (a[i] < b[i] && a[i] > 1) || a[i] == 2; }));
    BOOST_TEST(is(select(x < y, x, 7), [&](auto i) { return a[i] < b[i] ? a[i] : T(7); }));
    BOOST_TEST(is(select(x < y, 1, 0), [&](auto i) { return a[i] < b[i] ? T(1) : T(0); }));
    const Numbers<double, N> c;
    const Numbers<std::uint8_t, N> d;
    BOOST_TEST(is(select(x < y, c.pack(), -1), [&](auto i) { return a[i] < b[i] ? c[i] : -1.0; }));
    BOOST_TEST(is(select(c.pack() < 0, x, y), [&](auto i) { return c[i] < 0 ? a[i] : b[i]; }));
    BOOST_TEST(is(select(d.pack() < 9, x, y), [&](auto i) { return d[i] < 9 ? a[i] : b[i]; }));
    BOOST_TEST(any(x < y) == std::any_of(a.values, a.values + N, [&](const T& z) { return z < b[&z - a.values]; }));
    BOOST_TEST(all(x == x));
    BOOST_TEST(!any(x != x));

    using M = Mask<T, Isa, N>;
    std::uint8_t bytes[N];
    to_uint8(x < y).store(bytes);
    for (std::size_t i = 0; i < N; ++i) BOOST_TEST(bytes[i] == (a[i] < b[i] ? 1 : 0));
    for (std::uint8_t& byte : bytes) byte = byte != 0 ? 255 : 0;
    BOOST_TEST(is(M::from_uint8(bytes), [&](auto i) { return a[i] < b[i]; }));
    BOOST_TEST(is(M::from_uint8_partial(bytes, N - 1), [&](auto i) { return i < N - 1 && a[i] < b[i]; }));
}

template <class T, std::size_t N>
void conversions() {
    const Numbers<T, N> a;
    auto to = [&]<class U>(U) {
        // In two steps, because a negative float has no uint8.
        if constexpr (sizeof(U) == 1) return is(convert<U>(a.pack()), [&](auto i) { return static_cast<U>(static_cast<std::int64_t>(a[i])); });
        else return is(convert<U>(a.pack()), [&](auto i) { return static_cast<U>(a[i]); });
    };
    BOOST_TEST(to(float()));
    BOOST_TEST(to(double()));
    BOOST_TEST(to(std::int64_t()));
    BOOST_TEST(to(std::int32_t()));
    BOOST_TEST(to(std::uint8_t()));
}

/// Partial loads and stores of arrays that end where memory ends
template <class T, std::size_t N>
void partial() {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    char* const memory = static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    BOOST_REQUIRE(mprotect(memory + page, page, PROT_NONE) == 0);
    const Numbers<T, N> a;
    for (std::size_t n = 0; n <= N; ++n) {
        T* const p = reinterpret_cast<T*>(memory + page) - n;
        *(p - 1) = T(99);
        a.pack().store_partial(p, n);
        BOOST_TEST(std::equal(p, p + n, a.values));
        BOOST_TEST(*(p - 1) == T(99));
        BOOST_TEST(is(Pack<T, Isa, N>::load_partial(p, n, 5), [&](auto i) { return i < n ? a[i] : T(5); }));
    }
    munmap(memory, 2 * page);
}

template <class T, std::size_t N>
void reductions() {
    const Numbers<T, N> a;
    std::vector<T> sums(a.values, a.values + N), greatest = sums;
    for (std::size_t n = N; n > 1; n /= 2)
        for (std::size_t i = 0; i < n / 2; ++i) sums[i] = static_cast<T>(sums[i] + sums[i + n / 2]);
    BOOST_TEST(reduce_add(a.pack()) == sums[0]);
    BOOST_TEST(reduce_max(a.pack()) == *std::max_element(a.values, a.values + N));
    BOOST_TEST(reduce_min(a.pack()) == *std::min_element(a.values, a.values + N));
    BOOST_TEST(reduce(a.pack(), [](const auto& x, const auto& y) { return maximum(x, y); }) == reduce_max(a.pack()));
    if constexpr (std::is_floating_point_v<T>) {
        Numbers<T, N> with_nan;
        with_nan.values[generator() % N] = Limits<T>::quiet_NaN();
        BOOST_TEST(std::isnan(reduce_max(with_nan.pack())));
        BOOST_TEST(std::isnan(reduce_min(with_nan.pack())));
    }
}

template <class T, std::size_t N>
void check_pack() {
    for (int k = 0; k < 50; ++k) {
        arithmetic<T, N>();
        comparisons<T, N>();
        conversions<T, N>();
        reductions<T, N>();
    }
    partial<T, N>();
}

template <class T>
void check_packs() {
    constexpr std::size_t floats = Pack<float>::size, own = Pack<T>::size;
    check_pack<T, own>();
    if constexpr (own != floats) check_pack<T, floats>();
    if constexpr (own != floats / 2) check_pack<T, floats / 2>();
    if constexpr (own <= floats) check_pack<T, 2 * floats>();
}

/// As a user's own op is written
template <class X>
auto generic(X x) {
    using std::abs, std::erf, std::exp, std::fma, std::log1p, std::max, std::min, std::pow, std::tanh;
    using xgrad::simd::maximum, xgrad::simd::rsqrt, xgrad::simd::select, xgrad::simd::sigmoid, xgrad::simd::softplus;
    const X y = select(x > 0, x, 0.0) + maximum(x, 1.0f) + sigmoid(x) * softplus(-x) + rsqrt(1 + x * x);
    return y + tanh(x) + exp(-abs(x)) + log1p(x * x) + erf(x) + pow(max(x, X(1)), X(1.5)) + min(x, X(0)) + fma(x, y, X(1));
}

void generic_code() {
    for (const float x : {-3.0f, -0.5f, 0.0f, 0.75f, 20.0f}) {
        const float number = generic(x);
        BOOST_TEST(generic(Pack<float>(x))[0] == number, boost::test_tools::tolerance(1e-6f));
    }
    const float nan = Limits<float>::quiet_NaN();
    BOOST_TEST((std::isnan(minimum(nan, 1.0f)) && std::isnan(minimum(1.0f, nan)) && minimum(1.0f, 2.0f) == 1));
    BOOST_TEST((std::isnan(minimum(Pack<float>(nan), 1)[0]) && std::isnan(maximum(Pack<float>(1), nan)[0])));
    BOOST_TEST((min(Pack<float>(nan), 1)[0] == 1 && std::isnan(min(Pack<float>(1), nan)[0])));
}

// ---- Functions ----

template <class T>
std::vector<T> special_values() {
    const T least = Limits<T>::denorm_min(), normal = Limits<T>::min(), epsilon = Limits<T>::epsilon();
    std::vector<T> values{0, least, 3 * least, normal / 2, normal, T(1e-20), T(0.5), 1 - epsilon / 2, 1, 1 + epsilon, T(1.5), 2, 3, T(1e15), T(0x1p53), Limits<T>::max(),
                          Limits<T>::infinity(), Limits<T>::quiet_NaN()};
    for (std::size_t i = values.size(); i-- > 0;) values.push_back(-values[i]);
    return values;
}

/// Of any size, but mostly about 1
template <class T>
T any_number() {
    const double u = std::uniform_real_distribution(-1.0, 1.0)(generator);
    switch (generator() % 8) {
    case 0: {
        const std::uint64_t bits = generator();
        T x;
        std::memcpy(&x, &bits, sizeof x);
        return x;
    }
    case 1: return T(u);
    case 2: return T(10 * u);
    case 3: return T(750 * u);
    case 4: return T(std::copysign(std::exp(40 * std::abs(u)) - 1, u));
    case 5: return T(1 + u * std::exp2(-static_cast<double>(generator() % 40)));
    case 6: return T(std::round(20 * u));
    default: return T(1e5 * u);
    }
}

/// Error in units of the last place of the exact result. Infinity counts as the next number after the largest; NaN and a wrong sign of zero are far off.
template <class T>
double error_in_ulps(T result, Wider<T> exact) {
    using W = Wider<T>;
    if (std::isnan(exact) && std::isnan(result)) return 0;
    if (result == 0 && T(exact) == 0 && std::signbit(result) != std::signbit(exact)) return Limits<double>::infinity();
    const W infinity = std::ldexp(W(1), Limits<T>::max_exponent);
    const W a = std::clamp(W(result), -infinity, infinity), b = std::clamp(exact, -infinity, infinity);
    const int exponent = b == 0 ? Limits<T>::min_exponent : std::clamp(std::ilogb(b), Limits<T>::min_exponent - 1, Limits<T>::max_exponent - 1);
    const double error = static_cast<double>(std::abs(a - b) / std::ldexp(W(1), exponent - Limits<T>::digits + 1));
    return std::isnan(error) ? Limits<double>::infinity() : error;
}

template <class T>
struct Worst {
    double error = 0;
    T x = 0, y = 0, result = 0;

    void compare(T got, Wider<T> exact, T at_x, T at_y = 0) {
        const double e = error_in_ulps(got, exact);
        if (e > error) *this = {e, at_x, at_y, got};
    }
    void report(double bound) const { BOOST_TEST(error <= bound, error << " ulp at " << x << ", " << y << ", where it gives " << result); }
};

template <class T, class Function, class Exact>
void check_unary(const std::vector<T>& arguments, Function function, Exact exact, double bound) {
    using P = Pack<T>;
    Worst<T> worst;
    T results[P::size];
    for (std::size_t i = 0; i + P::size <= arguments.size(); i += P::size) {
        function(P::load(&arguments[i])).store(results);
        for (std::size_t k = 0; k < P::size; ++k) worst.compare(results[k], exact(Wider<T>(arguments[i + k])), arguments[i + k]);
    }
    worst.report(bound);
}

template <class T, class Function, class Exact>
void check_binary(Function function, Exact exact, double bound) {
    using P = Pack<T>;
    Worst<T> worst;
    auto compare = [&](T x, T y) { worst.compare(function(P(x), P(y))[0], exact(Wider<T>(x), Wider<T>(y)), x, y); };
    for (const T x : special_values<T>())
        for (const T y : special_values<T>()) compare(x, y);
    for (int k = 0; k < 100'000; ++k) compare(any_number<T>(), any_number<T>());
    for (int k = 0; k < 100'000; ++k) {  // powers that are neither zero nor infinite
        const T x = T(std::exp2(std::uniform_real_distribution(-20.0, 20.0)(generator)));
        compare(x, T(std::uniform_real_distribution(-700.0, 700.0)(generator) / std::log(x)));
    }
    worst.report(bound);
}

/// Every 1009th float
std::vector<float> floats() {
    std::vector<float> result = special_values<float>();
    for (std::uint64_t bits = 0; bits < 1ull << 32; bits += 1009) {
        const auto word = static_cast<std::uint32_t>(bits);
        float x;
        std::memcpy(&x, &word, sizeof x);
        result.push_back(x);
    }
    return result;
}

std::vector<double> doubles() {
    std::vector<double> result = special_values<double>();
    for (int k = 0; k < 100'000; ++k) result.push_back(any_number<double>());
    return result;
}

// ---- The tables ----

void add(boost::unit_test::test_suite* suite, const std::string& name, std::function<void()> test) {
    suite->add(boost::unit_test::make_test_case([test] { if (can_run()) test(); }, name, __FILE__, __LINE__));
}

template <class Function, class Exact>
void add_unary(boost::unit_test::test_suite* suite, const std::string& name, Function function, Exact exact, double bound = 2) {
    add(suite, name, [=] {
        static const std::vector<float> arguments = floats();
        check_unary(arguments, function, exact, bound);
    });
    add(suite, name + "_double", [=] {
        static const std::vector<double> arguments = doubles();
        check_unary(arguments, function, exact, bound);
    });
}

template <class Function, class Exact>
void add_binary(boost::unit_test::test_suite* suite, const std::string& name, Function function, Exact exact, double bound = 2) {
    add(suite, name, [=] { check_binary<float>(function, exact, bound); });
    add(suite, name + "_double", [=] { check_binary<double>(function, exact, bound); });
}

#define UNARY(name, ...) add_unary(functions, #name, [](auto x) { return name(x); }, [](auto x) { return decltype(x)(__VA_ARGS__); })
#define BINARY(name) add_binary(functions, #name, [](auto x, auto y) { return name(x, y); }, [](auto x, auto y) { return std::name(x, y); })

const bool registered = [] {
    auto* const suite = BOOST_TEST_SUITE(suite_name);
    auto* const packs = BOOST_TEST_SUITE("packs");
    add(packs, "float", check_packs<float>);
    add(packs, "double", check_packs<double>);
    add(packs, "int64", check_packs<std::int64_t>);
    add(packs, "int32", check_packs<std::int32_t>);
    add(packs, "uint32", check_packs<std::uint32_t>);
    add(packs, "uint64", check_packs<std::uint64_t>);
    add(packs, "uint8", check_packs<std::uint8_t>);
    add(packs, "generic_code", generic_code);

    auto* const functions = BOOST_TEST_SUITE("functions");
    UNARY(exp, std::exp(x));
    UNARY(exp2, std::exp2(x));
    UNARY(expm1, std::expm1(x));
    UNARY(sigmoid, x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)));
    UNARY(softplus, (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))));
    UNARY(tanh, std::tanh(x));
    UNARY(sinh, std::sinh(x));
    UNARY(cosh, std::cosh(x));
    UNARY(log, std::log(x));
    UNARY(log2, std::log2(x));
    UNARY(log10, std::log10(x));
    UNARY(log1p, std::log1p(x));
    UNARY(asinh, std::asinh(x));
    UNARY(acosh, std::acosh(x));
    UNARY(atanh, std::atanh(x));
    UNARY(sin, std::sin(x));
    UNARY(cos, std::cos(x));
    UNARY(tan, std::tan(x));
    UNARY(asin, std::asin(x));
    UNARY(acos, std::acos(x));
    UNARY(atan, std::atan(x));
    UNARY(erf, std::erf(x));
    UNARY(erfc, std::erfc(x));
    UNARY(cbrt, std::cbrt(x));
    UNARY(rsqrt, 1 / std::sqrt(x));
    UNARY(sqrt, std::sqrt(x));
    UNARY(floor, std::floor(x));
    UNARY(ceil, std::ceil(x));
    UNARY(trunc, std::trunc(x));
    UNARY(round, std::rint(x));
    BINARY(pow);
    BINARY(atan2);
    BINARY(hypot);
    BINARY(fmod);
    BINARY(copysign);

    suite->add(packs);
    suite->add(functions);
    boost::unit_test::framework::current_auto_test_suite().add(suite);
    return true;
}();

}
