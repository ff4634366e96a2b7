// Packs and masks against plain numbers.

#include "simd_tests.hpp"

#include <xgrad/core/simd/math.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace {

using namespace xgrad::simd;

std::mt19937_64 generator(1);

template <class T>
T small_number() {
    const int x = static_cast<int>(generator() % 41) - 20;
    return std::is_floating_point_v<T> ? static_cast<T>(x / 4.0) : static_cast<T>(std::is_signed_v<T> ? x : x + 20);
}

/// Whether lane i of the pack is f(i)
template <class T, class I, std::size_t N, class F>
bool is(const Pack<T, I, N>& pack, F f) {
    bool same = true;
    for (std::size_t i = 0; i < N; ++i)
        same &= pack[i] == static_cast<T>(f(i)) || (pack[i] != pack[i] && f(i) != f(i));
    return same;
}
template <class T, class I, std::size_t N, class F>
bool is(const Mask<T, I, N>& mask, F f) {
    bool same = true;
    for (std::size_t i = 0; i < N; ++i)
        same &= mask[i] == f(i);
    return same;
}

template <class T, std::size_t N>
struct Numbers {
    T values[N];
    Numbers() {
        for (T& x : values)
            x = small_number<T>();
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
    if constexpr (std::is_integral_v<T>)
        BOOST_TEST(is(x / y, [&](auto i) { return b[i] == 0 ? T(0) : T(a[i] / b[i]); }));
    else
        BOOST_TEST(is(x / (y + 0.125), [&](auto i) { return a[i] / (b[i] + T(0.125)); }));
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
    for (std::size_t i = 0; i < N; ++i)
        BOOST_TEST(bytes[i] == (a[i] < b[i] ? 1 : 0));
    for (std::uint8_t& byte : bytes)
        byte = byte != 0 ? 255 : 0;
    BOOST_TEST(is(M::from_uint8(bytes), [&](auto i) { return a[i] < b[i]; }));
    BOOST_TEST(is(M::from_uint8_partial(bytes, N - 1), [&](auto i) { return i < N - 1 && a[i] < b[i]; }));
}

template <class T, std::size_t N>
void conversions() {
    const Numbers<T, N> a;
    auto to = [&]<class U>(U) {
        // In two steps, because a negative float has no uint8.
        if constexpr (sizeof(U) == 1)
            return is(convert<U>(a.pack()), [&](auto i) { return static_cast<U>(static_cast<std::int64_t>(a[i])); });
        else
            return is(convert<U>(a.pack()), [&](auto i) { return static_cast<U>(a[i]); });
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
    char* const memory = static_cast<char*>(
        mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
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
        for (std::size_t i = 0; i < n / 2; ++i)
            sums[i] = static_cast<T>(sums[i] + sums[i + n / 2]);
    BOOST_TEST(reduce_add(a.pack()) == sums[0]);
    BOOST_TEST(reduce_max(a.pack()) == *std::max_element(a.values, a.values + N));
    BOOST_TEST(reduce_min(a.pack()) == *std::min_element(a.values, a.values + N));
    BOOST_TEST(reduce(a.pack(), [](const auto& x, const auto& y) { return maximum(x, y); }) == reduce_max(a.pack()));
    if constexpr (std::is_floating_point_v<T>) {
        Numbers<T, N> with_nan;
        with_nan.values[generator() % N] = std::numeric_limits<T>::quiet_NaN();
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
    return y + tanh(x) + exp(-abs(x)) + log1p(x * x) + erf(x) + pow(max(x, X(1)), X(1.5)) + min(x, X(0)) +
           fma(x, y, X(1));
}

void generic_code() {
    for (const float x : {-3.0f, -0.5f, 0.0f, 0.75f, 20.0f}) {
        const float number = generic(x);
        BOOST_TEST(generic(Pack<float>(x))[0] == number, boost::test_tools::tolerance(1e-6f));
    }
    const float nan = std::numeric_limits<float>::quiet_NaN();
    BOOST_TEST((std::isnan(minimum(nan, 1.0f)) && std::isnan(minimum(1.0f, nan)) && minimum(1.0f, 2.0f) == 1));
    BOOST_TEST((std::isnan(minimum(Pack<float>(nan), 1)[0]) && std::isnan(maximum(Pack<float>(1), nan)[0])));
    BOOST_TEST((min(Pack<float>(nan), 1)[0] == 1 && std::isnan(min(Pack<float>(1), nan)[0])));
}

simd_tests::Suite suite = [] {
    simd_tests::Suite packs("simd");
    packs.add("float", check_packs<float>);
    packs.add("double", check_packs<double>);
    packs.add("int64", check_packs<std::int64_t>);
    packs.add("int32", check_packs<std::int32_t>);
    packs.add("uint32", check_packs<std::uint32_t>);
    packs.add("uint64", check_packs<std::uint64_t>);
    packs.add("uint8", check_packs<std::uint8_t>);
    packs.add("generic_code", generic_code);
    return packs;
}();

} // namespace
