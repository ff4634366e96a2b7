#pragma once
// The gamma function's family, of one number at a time, in double.

#include <math.h> // lgamma_r is not in <cmath>

#include <xgrad/core/simd/math/parts.hpp>

namespace xgrad::simd {

/// Numbers x - round(x), and whether x is 0, -1, -2 ...
template <class I>
struct Pole {
    double distance;
    bool hit;
    explicit Pole(double x) : distance(x - __builtin_rint(x)), hit(x <= 0 && distance == 0) {}
};

/// log |Gamma(x)|, infinite at the poles
template <class I>
double lgamma_of(double x) {
    int sign; // unlike lgamma, it writes to nothing that threads share
    return ::lgamma_r(x, &sign);
}

/// log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2) for x >= 10
template <class I>
double stirling_correction(double x) {
    const double z = 1 / (x * x);
    return (1. / 12 +
            z * (-1. / 360 + z * (1. / 1260 + z * (-1. / 1680 + z * (1. / 1188 + z * (-691. / 360360 + z / 156)))))) /
           x;
}

/// log B(a, b), for positive arguments; infinite where one is 0, NaN where one is negative
template <class I>
double betaln_of(double a, double b) {
    if (a != a || b != b || a < 0 || b < 0) return __builtin_nan("");
    const double p = a < b ? a : b, q = a < b ? b : a;
    if (p == 0) return q == __builtin_inf() ? __builtin_nan("") : __builtin_inf();
    if (q == __builtin_inf()) return -q;
    if (q < 10) return lgamma_of<I>(p) + (lgamma_of<I>(q) - lgamma_of<I>(p + q));
    // The large parts of the logarithms cancel: they are left out.
    const double corrections = stirling_correction<I>(q) - stirling_correction<I>(p + q);
    const double ratio = __builtin_log1p(p / q);
    if (p < 10) return lgamma_of<I>(p) + (corrections + p - p * __builtin_log(p + q)) - (q - 0.5) * ratio;
    return (stirling_correction<I>(p) + corrections) + 0.9189385332046727 - 0.5 * __builtin_log(q) +
           (p - 0.5) * __builtin_log(p / (p + q)) - q * ratio;
}

/// The logarithmic derivative of Gamma: by psi(x) = psi(x + 1) - 1/x to x >= 10, and there its asymptotic series
template <class I>
double digamma_of(double x) {
    constexpr double pi = 0x1.921fb54442d18p+1;
    if (x == 0) return -__builtin_copysign(__builtin_inf(), x);
    if (x < 0) {
        const Pole<I> pole(x);
        if (pole.hit || x == -__builtin_inf()) return __builtin_nan("");
        return digamma_of<I>(1 - x) - pi / __builtin_tan(pi * pole.distance);
    }
    if (x == __builtin_inf()) return x;
    double sum = 0;
    for (; x < 10; x += 1)
        sum += 1 / x;
    const double z = 1 / (x * x);
    const double series = z * (1. / 12 +
                               z * (-1. / 120 +
                                    z * (1. / 252 + z * (-1. / 240 + z * (1. / 132 + z * (-691. / 32760 + z / 12))))));
    return __builtin_log(x) - 0.5 / x - series - sum;
}

/// sum_{k >= 0} (x + k)^-s for x > 0 and whole s > 1, by the formula of Euler and Maclaurin
template <class I>
double hurwitz_zeta(int s, double x) {
    // B_2j / (2j)!
    constexpr double terms[] = {1. / 12,           -1. / 720,
                                1. / 30240,        -1. / 1209600,
                                1. / 47900160,     -691. / 1307674368000.,
                                1. / 74724249600., -3617. / 10670622842880000.};
    double sum = 0;
    for (; x < 10 + s; x += 1)
        sum += __builtin_pow(x, -s);
    double power = __builtin_pow(x, -s), rising = s;
    sum += power * (x / (s - 1) + 0.5);
    for (int j = 0; j < 8; ++j) { // s (s + 1) ... (s + 2j) / x^(s + 2j + 1)
        power /= x;
        sum += terms[j] * rising * power;
        rising *= (s + 2 * j + 1.0) * (s + 2 * j + 2.0);
        power /= x;
    }
    return sum;
}

/// Of the derivatives of digamma, the last one that there is.
inline constexpr int most_derivatives = 100;

/// d^n/dx^n of pi cot(pi x), as a polynomial of the cotangent: each derivative of c is -pi (1 + c^2).
template <class I>
double derivative_of_cotangent(int n, double distance) {
    constexpr double pi = 0x1.921fb54442d18p+1;
    const double c = __builtin_cos(pi * distance) / __builtin_sin(pi * distance);
    double p[most_derivatives + 4] = {0, 1}; // all others 0
    for (int k = 0; k < n; ++k) {
        double next[most_derivatives + 4] = {};
        for (int i = 0; i <= k + 2; ++i)
            next[i] = -pi * ((i + 1) * p[i + 1] + (i == 0 ? 0 : (i - 1) * p[i - 1]));
        for (int i = 0; i <= k + 2; ++i)
            p[i] = next[i];
    }
    double sum = 0;
    for (int i = n + 1; i >= 0; --i)
        sum = sum * c + p[i];
    return pi * sum;
}

/// The n-th derivative of digamma, 0 <= n <= most_derivatives
template <class I>
double polygamma_of(int n, double x) {
    if (n == 0) return digamma_of<I>(x);
    if (x != x || x == -__builtin_inf()) return __builtin_nan("");
    if (x == __builtin_inf()) return 0;
    const bool odd = n % 2 != 0;
    const Pole<I> pole(x);
    if (pole.hit) return odd ? __builtin_inf() : x == 0 ? -__builtin_copysign(__builtin_inf(), x) : __builtin_nan("");
    if (x < 0) return (odd ? -1 : 1) * polygamma_of<I>(n, 1 - x) - derivative_of_cotangent<I>(n, pole.distance);
    double factorial = odd ? 1 : -1;
    for (int k = 2; k <= n; ++k)
        factorial *= k;
    return factorial * hurwitz_zeta<I>(n + 1, x);
}

#define XGRAD_OF_EACH(NAME, OF)                                                                                        \
    template <Scalar S, class I = Isa>                                                                                 \
    XGRAD_INLINE S NAME(S x) {                                                                                         \
        return S(OF<I>(x));                                                                                            \
    }                                                                                                                  \
    template <class T, class I, std::size_t N>                                                                         \
    XGRAD_INLINE Pack<T, I, N> NAME(const Pack<T, I, N>& x) {                                                          \
        return Pack<T, I, N>::lanewise([](T each) { return static_cast<T>(OF<I>(each)); }, x);                         \
    }
XGRAD_OF_EACH(lgamma, lgamma_of)
XGRAD_OF_EACH(digamma, digamma_of)
#undef XGRAD_OF_EACH

template <Scalar S, class I = Isa>
XGRAD_INLINE S betaln(S a, S b) {
    return S(betaln_of<I>(a, b));
}
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> betaln(const Pack<T, I, N>& a, const Pack<T, I, N>& b) {
    return Pack<T, I, N>::lanewise([](T x, T y) { return static_cast<T>(betaln_of<I>(x, y)); }, a, b);
}
template <Scalar S, class I = Isa>
XGRAD_INLINE S beta(S a, S b) {
    return S(__builtin_exp(betaln_of<I>(a, b)));
}
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> beta(const Pack<T, I, N>& a, const Pack<T, I, N>& b) {
    return Pack<T, I, N>::lanewise([](T x, T y) { return static_cast<T>(__builtin_exp(betaln_of<I>(x, y))); }, a, b);
}
template <Scalar S, class I = Isa>
XGRAD_INLINE S polygamma(int n, S x) {
    return S(polygamma_of<I>(n, x));
}
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> polygamma(int n, const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([n](T each) { return static_cast<T>(polygamma_of<I>(n, each)); }, x);
}

} // namespace xgrad::simd
