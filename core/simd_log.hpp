#pragma once

#include <xgrad/core/simd_parts.hpp>

namespace xgrad::simd {

/// log(1 + x) - x for x in [-0.25, 0.5], and a term that is to be added to it, where it is small
template <class P>
XGRAD_INLINE P log1p_remainder(const P& x, const P& small = 0) {
    const P half_square = 0.5 * x * x;
    if constexpr (is_float<P>) {
        const P q = polynomial(x, 0x1.555554p-2, -0x1.000022p-2, 0x1.999bd4p-3, -0x1.553b0ap-3, 0x1.2408a6p-3, -0x1.0239bcp-3, 0x1.e0d39ap-4, -0x1.947c6ap-4, 0x1.77baeap-5);
        return fma(x * x * x, q, small) - half_square;
    }
    else {  // log(1 + x) = 2 artanh(s), s = x / (2 + x)
        const P s = x / (2 + x), z = s * s;
        const P q = z * polynomial(z, 0x1.5555555555555p-1, 0x1.9999999999ff8p-2, 0x1.24924923ceefcp-2, 0x1.c71c72ee3d6e5p-3, 0x1.745ca89d5c057p-3, 0x1.3b2a4a4c2f114p-3,
                                   0x1.0e843fb6e6e6p-3, 0x1.16d2ef8a76894p-3);
        return fma(s, half_square + q, small) - half_square;
    }
}

/// What a logarithm of x is where that is not a positive finite number; elsewhere y.
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log_or_special(const Pack<T, I, N>& x, const Pack<T, I, N>& y) {
    using P = Pack<T, I, N>;
    const P special = select(x == 0, -__builtin_inf(), select(x < 0, __builtin_nan(""), x));
    return select(x > 0 && x < __builtin_inf(), y, special);
}
/// The same, where `parts` did it
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log_of_parts(const Pack<T, I, N>& x, const Pack<T, I, N>& y) {
    if constexpr (XGRAD_SIMD_AVX512 && I::bytes == 64 && N * sizeof(T) >= 64) return y;
    else return log_or_special(x, y);
}

/// Natural logarithm
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P upper = is_float<P> ? 0x1.62e4p-1 : 0x1.62e42fefa38p-1, lower = is_float<P> ? 0x1.7f7d1cp-20 : 0x1.ef35793c7673p-45;
    const auto [mantissa, exponent] = parts(x);
    const P m = mantissa - 1;
    return log_of_parts(x, fma(exponent, upper, m + log1p_remainder(m, exponent * lower)));
}

/// m (upper + lower) + add, rounded about once
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> multiply_add(const Pack<T, I, N>& m, double upper, double lower, const Pack<T, I, N>& add) {
    using P = Pack<T, I, N>;
    if constexpr (I::fma) return fma(m, P(upper), fma(m, P(lower), add));
    else {  // the product of the heads is exact
        const Integer<T> head = Integer<T>(sizeof(T) == 4 ? ~0xfffll : ~0x7ffffffll);
        const P m1 = bit_cast<T>(bit_cast<Integer<T>>(m) & head), u1 = bit_cast<T>(bit_cast<Integer<T>>(P(upper)) & head);
        return m1 * u1 + (((m - m1) * u1 + m * (upper - u1)) + (m * lower + add));
    }
}

/// Logarithm to base 2
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log2(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const double upper = is_float<P> ? 0x1.715476p+0 : 0x1.71547652b82fep+0, lower = is_float<P> ? 0x1.4ae0cp-26 : 0x1.777d0ffda0d24p-56;
    const auto [mantissa, exponent] = parts(x);
    const P m = mantissa - 1;
    return log_of_parts(x, exponent + multiply_add(m, upper, lower, log1p_remainder(m) * upper));
}

/// Logarithm to base 10
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log10(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const double upper = is_float<P> ? 0x1.bcb7b2p-2 : 0x1.bcb7b1526e50ep-2, lower = is_float<P> ? -0x1.5b235ep-27 : 0x1.95355baaafad3p-57;
    const P upper2 = is_float<P> ? 0x1.344p-2 : 0x1.34413509f78p-2, lower2 = is_float<P> ? 0x1.3509f8p-18 : 0x1.fef311f12b358p-46;
    const auto [mantissa, exponent] = parts(x);
    const P m = mantissa - 1;
    return log_of_parts(x, fma(exponent, upper2, multiply_add(m, upper, lower, fma(exponent, lower2, log1p_remainder(m) * upper))));
}

/// log(1 + x)
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log1p(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P upper = is_float<P> ? 0x1.62e4p-1 : 0x1.62e42fefa38p-1, lower = is_float<P> ? 0x1.7f7d1cp-20 : 0x1.ef35793c7673p-45;
    const P y = 1 + x, lost = x - (y - 1);  // lost by rounding, and where that is wrong y is so large that it does not matter
    const auto [mantissa, exponent] = parts(y);
    const P m = fma(lost, power_of_two(max(P(is_float<P> ? -100 : -1000), -exponent)), mantissa - 1);
    const P result = log_of_parts(y, fma(exponent, upper, m + log1p_remainder(m, exponent * lower)));
    return copysign(select(x < __builtin_inf(), result, x), x);
}

/// log(1 + x) for x in [0, 1]
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log1p_of_fraction(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P upper = is_float<P> ? 0x1.62e4p-1 : 0x1.62e42fefa38p-1, lower = is_float<P> ? 0x1.7f7d1cp-20 : 0x1.ef35793c7673p-45;
    const auto halve = x >= 0.5;  // 1 + x = 2 (1 + (x - 1) / 2)
    const P m = select(halve, 0.5 * x - 0.5, x);
    return (m + log1p_remainder(m, select(halve, lower, 0))) + select(halve, upper, 0);
}

}
