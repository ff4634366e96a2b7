// Elementary functions of packs against those of <cmath> in the next wider type.

#include "simd_tests.hpp"

#include <xgrad/core/simd/math.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace {

using namespace xgrad::simd;

std::mt19937_64 generator(1);

template <class T>
using Limits = std::numeric_limits<T>;
template <class T>
using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <class T>
std::vector<T> special_values() {
    const T least = Limits<T>::denorm_min(), normal = Limits<T>::min(), epsilon = Limits<T>::epsilon();
    std::vector<T> values{0, least, 3 * least, normal / 2, normal, T(1e-20), T(0.5), 1 - epsilon / 2, 1, 1 + epsilon};
    values.insert(values.end(), {T(1.5), 2, 3, T(1e15), T(0x1p53), Limits<T>::max()});
    values.insert(values.end(), {Limits<T>::infinity(), Limits<T>::quiet_NaN()});
    for (std::size_t i = values.size(); i-- > 0;)
        values.push_back(-values[i]);
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

/// Error in units of the last place of the exact result. Infinity counts as the next number after the largest, and a
/// wrong sign of zero as infinitely far off.
template <class T>
double error_in_ulps(T result, Wider<T> exact) {
    using W = Wider<T>;
    if (std::isnan(exact) && std::isnan(result)) return 0;
    if (result == 0 && T(exact) == 0 && std::signbit(result) != std::signbit(exact)) return Limits<double>::infinity();
    const W infinity = std::ldexp(W(1), Limits<T>::max_exponent);
    const W a = std::clamp(W(result), -infinity, infinity), b = std::clamp(exact, -infinity, infinity);
    const int exponent = b == 0 ? Limits<T>::min_exponent
                                : std::clamp(std::ilogb(b), Limits<T>::min_exponent - 1, Limits<T>::max_exponent - 1);
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
    void report(double bound) const {
        BOOST_TEST(error <= bound, error << " ulp at " << x << ", " << y << ", where it gives " << result);
    }
};

template <class T, class Function, class Exact>
void check_unary(const std::vector<T>& arguments, Function function, Exact exact, double bound) {
    using P = Pack<T>;
    Worst<T> worst;
    T results[P::size];
    for (std::size_t i = 0; i + P::size <= arguments.size(); i += P::size) {
        function(P::load(&arguments[i])).store(results);
        for (std::size_t k = 0; k < P::size; ++k)
            worst.compare(results[k], exact(Wider<T>(arguments[i + k])), arguments[i + k]);
    }
    worst.report(bound);
}

template <class T, class Function, class Exact>
void check_binary(Function function, Exact exact, double bound) {
    using P = Pack<T>;
    Worst<T> worst;
    auto compare = [&](T x, T y) { worst.compare(function(P(x), P(y))[0], exact(Wider<T>(x), Wider<T>(y)), x, y); };
    for (const T x : special_values<T>())
        for (const T y : special_values<T>())
            compare(x, y);
    for (int k = 0; k < 100'000; ++k)
        compare(any_number<T>(), any_number<T>());
    for (int k = 0; k < 100'000; ++k) { // powers that are neither zero nor infinite
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
    for (int k = 0; k < 100'000; ++k)
        result.push_back(any_number<double>());
    return result;
}

template <class Function, class Exact>
void add_unary(simd_tests::Suite& suite, const std::string& name, Function function, Exact exact, double bound = 2) {
    suite.add(name, [=] {
        static const std::vector<float> arguments = floats();
        check_unary(arguments, function, exact, bound);
    });
    suite.add(name + "_double", [=] {
        static const std::vector<double> arguments = doubles();
        check_unary(arguments, function, exact, bound);
    });
}

template <class Function, class Exact>
void add_binary(simd_tests::Suite& suite, const std::string& name, Function function, Exact exact, double bound = 2) {
    suite.add(name, [=] { check_binary<float>(function, exact, bound); });
    suite.add(name + "_double", [=] { check_binary<double>(function, exact, bound); });
}

#define UNARY(name, ...)                                                                                               \
    add_unary(                                                                                                         \
        functions, #name, [](auto x) { return name(x); }, [](auto x) { return decltype(x)(__VA_ARGS__); })
#define BINARY(name)                                                                                                   \
    add_binary(                                                                                                        \
        functions, #name, [](auto x, auto y) { return name(x, y); }, [](auto x, auto y) { return std::name(x, y); })

simd_tests::Suite suite = [] {
    simd_tests::Suite functions("simd_math");
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
    functions.add("tanh_becomes_one", [] {
        for (const float x : {9.1f, 9.3f, 9.4f, 20.0f, Limits<float>::max(), Limits<float>::infinity()}) {
            BOOST_TEST(tanh(Pack<float>(x))[0] == 1);
            BOOST_TEST(tanh(Pack<float>(-x))[0] == -1);
        }
    });
    return functions;
}();

} // namespace
