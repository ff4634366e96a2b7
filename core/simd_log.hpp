#pragma once

#include <xgrad/core/simd_parts.hpp>

namespace xgrad::simd {

/// log(1 + x) - x for x in [-0.25, 0.5], and a term that is to be added to it, where it is small
template <class P>
XGRAD_INLINE P log1p_remainder(const P& x, const P& small = 0) {
    const P square = x * x;
    if constexpr (is_float<P>) {
        const P q = polynomial(x, 0x1.555554p-2, -0x1.000022p-2, 0x1.999bd4p-3, -0x1.553b0ap-3, 0x1.2408a6p-3,
                               -0x1.0239bcp-3, 0x1.e0d39ap-4, -0x1.947c6ap-4, 0x1.77baeap-5);
        return fma(square, fma(x, q, -0.5), small);
    } else { // log(1 + x) = 2 artanh(s), s = x / (2 + x)
        const P s = x / (2 + x), z = s * s, half_square = 0.5 * square;
        const P q = z * polynomial(z, 0x1.5555555555555p-1, 0x1.9999999999ff8p-2, 0x1.24924923ceefcp-2,
                                   0x1.c71c72ee3d6e5p-3, 0x1.745ca89d5c057p-3, 0x1.3b2a4a4c2f114p-3,
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
    if constexpr (XGRAD_SIMD_AVX512 && I::bytes == 64 && N * sizeof(T) >= 64)
        return y;
    else
        return log_or_special(x, y);
}

/// log((mantissa + lost) 2^exponent), the mantissa in [0.75, 1.5)
template <class P>
XGRAD_INLINE P log_of(const Parts<P>& x, const P& lost = 0) {
#if XGRAD_SIMD_AVX512
    if constexpr (!P::wide && P::Lane::template is<float, 64>) {
        // Each sixteenth of the mantissas is brought close to 1 by a factor, chosen so that a float has its logarithm
        // nearly exactly.
        const __m512 factors = _mm512_setr_ps(1, 0x1.d3cp-1f, 0x1.bb8p-1f, 0x1.a42p-1f, 0x1.8f6p-1f, 0x1.7c4p-1f,
                                              0x1.6cp-1f, 0x1.5cep-1f, 0x1.4e4p0f, 0x1.408p0f, 0x1.35bp0f, 0x1.2ap0f,
                                              0x1.202p0f, 0x1.163p0f, 0x1.0cbp0f, 1),
                     logs = _mm512_setr_ps(0, 0x1.723d7ap-4f, 0x1.2625d2p-3f, 0x1.9509aap-3f, 0x1.fcc59ep-3f,
                                           0x1.30a2b6p-2f, 0x1.5d5bdep-2f, 0x1.88d14ep-2f, -0x1.111ce4p-2f,
                                           -0x1.cc320cp-3f, -0x1.85e93ep-3f, -0x1.371fc2p-3f, -0x1.e4377ap-4f,
                                           -0x1.54737p-4f, -0x1.8c427ep-5f, 0);
        const __m512i sixteenth = _mm512_srli_epi32((__m512i)x.mantissa.v, 19);
        const P factor((typename P::Vector)_mm512_permutexvar_ps(sixteenth, factors)),
            log((typename P::Vector)_mm512_permutexvar_ps(sixteenth, logs));
        const P m = fma(lost, factor, fma(x.mantissa, factor, -1)); // from -0.032 to 0.0625
        const P q = polynomial(m, -0x1.fffffep-2, 0x1.55585ap-2, -0x1.0024b2p-2, 0x1.84131ep-3);
        return fma(x.exponent, 0x1.62e43p-1, log + fma(m * m, q, m));
    }
#endif
    const P m = lost + (x.mantissa - 1);
    return fma(x.exponent, log_of_2<P>.upper, m + log1p_remainder(m, x.exponent * log_of_2<P>.lower));
}

/// Natural logarithm
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log(const Pack<T, I, N>& x) {
    return log_of_parts(x, log_of(parts(x)));
}

/// m times a constant, plus another number, rounded about once
template <class P>
XGRAD_INLINE P multiply_add(const P& m, const Constant& c, const P& add) {
    const P upper = c.upper;
    if constexpr (P::fused)
        return fma(m, upper, fma(m, c.lower, add));
    else {
        const P m1 = upper_half(m), upper1 = upper_half(upper);
        return m1 * upper1 + (((m - m1) * upper1 + m * (upper - upper1)) + (m * c.lower + add));
    }
}

/// Logarithm to base 2
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log2(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const auto [mantissa, exponent] = parts(x);
    const P m = mantissa - 1, rest = log1p_remainder(m) * log2_of_e<P>.upper;
    return log_of_parts(x, exponent + multiply_add(m, log2_of_e<P>, rest));
}

/// Logarithm to base 10
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log10(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const auto [mantissa, exponent] = parts(x);
    const P m = mantissa - 1, rest = fma(exponent, log10_of_2<P>.lower, log1p_remainder(m) * log10_of_e<P>.upper);
    return log_of_parts(x, fma(exponent, log10_of_2<P>.upper, multiply_add(m, log10_of_e<P>, rest)));
}

/// log(1 + x)
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log1p(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    // What the sum lost by rounding; where that is wrong, y is so large that it does not matter.
    const P y = 1 + x, lost = x - (y - 1);
    const auto p = parts(y);
    const P scale = power_of_two(max(is_float<P> ? -100 : -1000, -p.exponent));
    const P result = log_of_parts(y, log_of(p, lost * scale));
    return copysign(select(x < __builtin_inf(), result, x), x);
}

/// log(1 + x) for x in [0, 1]
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log1p_of_fraction(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const auto halve = x >= 0.5; // 1 + x = 2 (1 + (x - 1) / 2)
    const P m = select(halve, 0.5 * x - 0.5, x);
    return (m + log1p_remainder(m, select(halve, log_of_2<P>.lower, 0))) + select(halve, log_of_2<P>.upper, 0);
}

} // namespace xgrad::simd
