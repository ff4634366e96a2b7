#pragma once

#include <xgrad/core/simd/math/parts.hpp>

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
#if XGRAD_SIMD_AVX512
    if constexpr (has_tables<P>) {
        // What it is for each kind of x, from the last digit: a NaN, a signaling NaN, zero, one, -inf, inf, below zero,
        // above zero. 0 is y, 2 x as a quiet NaN, 3 a NaN, 4 -inf, 5 inf.
        if constexpr (P::wide)
            return P(log_or_special(x.v.low, y.v.low), log_or_special(x.v.high, y.v.high));
        else
            return P((typename P::Vector)_mm512_maskz_fixupimm_ps(0xffff, y.v, x.v, _mm512_set1_epi32(0x03530422), 0));
    }
#endif
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
    const P m = lost + (x.mantissa - 1);
    return fma(x.exponent, log_of_2<P>.upper, m + log1p_remainder(m, x.exponent * log_of_2<P>.lower));
}

/// Logarithms of registers of sixteen floats, of y = m 2^e as e ln 2 - log(factor) + log(m factor), with a factor for
/// each sixteenth of the mantissas in [1, 2) that brings them close to 1.
template <class I, std::size_t N>
struct LogByTable {
    using P = Pack<float, I, N>;

    // Four times the factors, as a quarter of 1 / y can be below the normal numbers. Those next to y = 1 change
    // nothing. Of the others a float has the logarithm nearly exactly; of the last eight, its sum with ln 2, which
    // counts where y < 1.
    static constexpr float factors[16] = {0x1p2f,     0x1.d3cp1f, 0x1.b8fp1f, 0x1.a42p1f, 0x1.8f6p1f, 0x1.7ebp1f,
                                          0x1.68ep1f, 0x1.5a6p1f, 0x1.4d6p1f, 0x1.408p1f, 0x1.387p1f, 0x1.27cp1f,
                                          0x1.218p1f, 0x1.137p1f, 0x1.0fbp1f, 0x1p1f};
    static constexpr float logs[16] = {0x0p0f,          -0x1.723d7ap-4f, -0x1.3203e4p-3f, -0x1.9509aap-3f,
                                       -0x1.fcc59ep-3f, -0x1.2a17aap-2f, -0x1.663022p-2f, -0x1.902e9p-2f,
                                       -0x1.b75aap-2f,  -0x1.dfaf5ap-2f, -0x1.f9c636p-2f, -0x1.18fda4p-1f,
                                       -0x1.23ed3cp-1f, -0x1.3d6be8p-1f, -0x1.4470acp-1f, -0x1.62e43p-1f};

    /// e ln 2 - log(factor) + log(1 + r / 4), which has the sign of r where it is zero. The polynomial is log(1 + r /
    /// 4) / r from -0.126 to 0.25 by Sollya's fpminimax, with a relative error of 2^-28.
    static XGRAD_INLINE P sum(const P& r, const P& e, const P& log_of_factor) {
        const P slope = polynomial(r, 0.25, -0x1p-5, 0x1.555844p-8, -0x1.001502p-10, 0x1.827b86p-13);
        return fma(r, slope, -fma(e, -0x1.62e43p-1, log_of_factor));
    }

    static XGRAD_INLINE P log(const P& x) {
        const P m = mantissa_of(x);
        const auto sixteenth = bit_cast<std::uint32_t>(m) >> 19;
        const P r = fma(m, lookup(factors, sixteenth), -4);
        return log_or_special(x, sum(r, exponent_of(x), lookup(logs, sixteenth)));
    }

    static XGRAD_INLINE P log1p(const P& x) {
        const P y = 1 + x;
        const auto bits = bit_cast<std::uint32_t>(y), sixteenth = bits >> 19;
        const auto one = bit_cast<std::uint32_t>(Pack<float, I, 16>(1)),
                   biased = bit_cast<std::uint32_t>(Pack<float, I, 16>::load(factors)) + one; // not in the loop
        const P factor = bit_cast<float>(lookup(biased, sixteenth) - (bits & 0x7f800000u));   // over 2^e
        const P r = fma(x, factor, -(4 - factor)); // of x, as y is rounded; in this order -0 stays
        return log_or_special(y, sum(r, exponent_of(y), lookup(logs, sixteenth)));
    }
};

/// Natural logarithm
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> log(const Pack<T, I, N>& x) {
    if constexpr (has_tables<Pack<T, I, N>>)
        return LogByTable<I, N>::log(x);
    else
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
    if constexpr (has_tables<P>) return LogByTable<I, N>::log1p(x);
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
