#pragma once

#include <xgrad/core/simd/simd.hpp>

/// What elementary functions are made of: polynomials, powers of two, sums and products in twice the precision.
namespace xgrad::simd {

template <class P>
    requires(P::floating)
inline constexpr bool is_float = std::is_same_v<typename P::value_type, float>;

template <class P>
inline constexpr int mantissa_bits = is_float<P> ? 23 : 52;
template <class P>
inline constexpr int exponent_bias = is_float<P> ? 127 : 1023;

/// A number added to this one is rounded to a whole one, found in the last bits of the sum.
template <class P>
inline constexpr double rounder = is_float<P> ? 0x1.8p23 : 0x1.8p52;

/// A constant in two parts
struct Constant {
    double upper, lower;
};
template <class P>
inline constexpr Constant right_angle = is_float<P> ? Constant{0x1.921fb6p+0, -0x1.777a5cp-25}
                                                    : Constant{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};
template <class P>
inline constexpr Constant log2_of_e = is_float<P> ? Constant{0x1.715476p+0, 0x1.4ae0cp-26}
                                                  : Constant{0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
template <class P>
inline constexpr Constant log10_of_e = is_float<P> ? Constant{0x1.bcb7b2p-2, -0x1.5b235ep-27}
                                                   : Constant{0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};

// The upper parts of these are so short that their products with any exponent are exact.
template <class P>
inline constexpr Constant log_of_2 = is_float<P> ? Constant{0x1.62e4p-1, 0x1.7f7d1cp-20}
                                                 : Constant{0x1.62e42fefa38p-1, 0x1.ef35793c7673p-45};
template <class P>
inline constexpr Constant log10_of_2 = is_float<P> ? Constant{0x1.344p-2, 0x1.3509f8p-18}
                                                   : Constant{0x1.34413509f78p-2, 0x1.fef311f12b358p-46};

/// c0 + c1 x + c2 x^2 + ...
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> polynomial(const Pack<T, I, N>&, double c0) {
    return c0;
}
template <class T, class I, std::size_t N, class... More>
XGRAD_INLINE Pack<T, I, N> polynomial(const Pack<T, I, N>& x, double c0, More... more) {
    return fma(polynomial(x, more...), x, Pack<T, I, N>(c0));
}

/// Whether P consists of registers of sixteen floats: AVX-512 finds each in a table of sixteen by one cheap
/// instruction.
template <class P>
inline constexpr bool has_tables = false;
#if XGRAD_SIMD_AVX512
template <class I, std::size_t N>
    requires(I::bytes == 64 && N % 16 == 0)
inline constexpr bool has_tables<Pack<float, I, N>> = true;

/// table[index % 16]
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> lookup(const Pack<T, I, 16>& table, const Pack<std::uint32_t, I, N>& index) {
    using P = Pack<T, I, N>;
    if constexpr (P::wide)
        return P(lookup(table, index.v.low), lookup(table, index.v.high));
    else
        return P((typename P::Vector)_mm512_maskz_permutexvar_epi32(0xffff, (__m512i)index.v, (__m512i)table.v));
}
template <class I, std::size_t N>
XGRAD_INLINE Pack<float, I, N> lookup(const float (&table)[16], const Pack<std::uint32_t, I, N>& index) {
    return lookup(Pack<float, I, 16>::load(table), index);
}

/// |x| = mantissa 2^exponent with the mantissa in [1, 2)
template <class I, std::size_t N>
XGRAD_INLINE Pack<float, I, N> mantissa_of(const Pack<float, I, N>& x) {
    using P = Pack<float, I, N>;
    if constexpr (P::wide)
        return P(mantissa_of(x.v.low), mantissa_of(x.v.high));
    else
        return P((typename P::Vector)_mm512_maskz_getmant_ps(0xffff, x.v, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero));
}
template <class I, std::size_t N>
XGRAD_INLINE Pack<float, I, N> exponent_of(const Pack<float, I, N>& x) {
    using P = Pack<float, I, N>;
    if constexpr (P::wide)
        return P(exponent_of(x.v.low), exponent_of(x.v.high));
    else
        return P((typename P::Vector)_mm512_maskz_getexp_ps(0xffff, x.v));
}
#endif

/// 2^n, for whole n of normal results
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> power_of_two(const Pack<T, I, N>& n) {
    using P = Pack<T, I, N>;
    using U = std::make_unsigned_t<Integer<T>>;
    return bit_cast<T>(bit_cast<U>(n + (rounder<P> + exponent_bias<P>)) << mantissa_bits<P>);
}

/// x 2^n for x of about 1 and whole n, rounded once. The result may be infinite, below the normal numbers, or zero.
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> scale(const Pack<T, I, N>& x, const Pack<T, I, N>& n) {
    using P = Pack<T, I, N>;
    if constexpr (P::wide) return P(scale(x.v.low, n.v.low), scale(x.v.high, n.v.high));
#if XGRAD_SIMD_AVX512
    else if constexpr (P::Lane::template is<float, 64>)
        return P((typename P::Vector)_mm512_maskz_scalef_ps(0xffff, x.v, n.v));
    else if constexpr (P::Lane::template is<double, 64>)
        return P((typename P::Vector)_mm512_maskz_scalef_pd(0xff, x.v, n.v));
#endif
    else { // two steps, of which only the second leaves the normal numbers
        using U = std::make_unsigned_t<Integer<T>>;
        const auto biased = bit_cast<U>(n + (rounder<P> + 2 * exponent_bias<P>)), half = biased >> 1;
        return x * bit_cast<T>(half << mantissa_bits<P>) * bit_cast<T>((biased - half) << mantissa_bits<P>);
    }
}

template <class P>
struct Parts {
    P mantissa, exponent;
};

/// x = mantissa 2^exponent with the mantissa in [0.75, 1.5), for finite x > 0.
/// With AVX-512, zero has the exponent -inf and the mantissa 1, infinity has inf and 1, numbers below zero have NaN.
template <class T, class I, std::size_t N>
XGRAD_INLINE Parts<Pack<T, I, N>> parts(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (P::wide) {
        const auto low = parts(x.v.low), high = parts(x.v.high);
        return {P(low.mantissa, high.mantissa), P(low.exponent, high.exponent)};
    }
#if XGRAD_SIMD_AVX512
    else if constexpr (P::Lane::template is<float, 64>) {
        const __m512 m = _mm512_maskz_getmant_ps(0xffff, x.v, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
        return {P((typename P::Vector)m),
                P((typename P::Vector)(_mm512_maskz_getexp_ps(0xffff, x.v) - _mm512_maskz_getexp_ps(0xffff, m)))};
    } else if constexpr (P::Lane::template is<double, 64>) {
        const __m512d m = _mm512_maskz_getmant_pd(0xff, x.v, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
        return {P((typename P::Vector)m),
                P((typename P::Vector)(_mm512_maskz_getexp_pd(0xff, x.v) - _mm512_maskz_getexp_pd(0xff, m)))};
    }
#endif
    else {
        using U = std::make_unsigned_t<Integer<T>>;
        constexpr int bits = mantissa_bits<P>, bias = exponent_bias<P>;
        constexpr U three_quarters = (U(bias - 1) << bits) + (U(1) << (bits - 1)), one = U(bias) << bits;
        const auto below_normal = x < (is_float<P> ? 0x1p-126 : 0x1p-1022);
        const P normal = select(below_normal, x * double(2ll << bits), x);
        const auto shifted = bit_cast<U>(normal) + (one - three_quarters);
        // The exponent, still biased, becomes a floating-point number as the last bits of a large one.
        const P large = double(1ll << bits), biased = bit_cast<T>((shifted >> bits) | bit_cast<U>(large));
        return {bit_cast<T>((shifted & ((U(1) << bits) - 1)) + three_quarters),
                (biased - (large + bias)) - select(below_normal, bits + 1, 0)};
    }
}

/// The unevaluated sum of two numbers
template <class P>
struct Sum {
    P high, low;
};

/// a + b exactly, if |a| >= |b| or a = 0
template <class P>
XGRAD_INLINE Sum<P> sum_of_ordered(const P& a, const P& b) {
    const P high = a + b;
    return {high, b - (high - a)};
}

/// a + b exactly
template <class P>
XGRAD_INLINE Sum<P> sum_of(const P& a, const P& b) {
    const P high = a + b, from_b = high - a;
    return {high, (a - (high - from_b)) + (b - from_b)};
}

/// x without the lower half of its digits. Products of such halves are exact, also where a compiler contracts them with
/// sums.
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> upper_half(const Pack<T, I, N>& x) {
    return bit_cast<T>(bit_cast<Integer<T>>(x) & Integer<T>(sizeof(T) == 4 ? ~0xfffll : ~0x7ffffffll));
}

/// a * b exactly, short of overflow and underflow
template <class T, class I, std::size_t N>
XGRAD_INLINE Sum<Pack<T, I, N>> product_of(const Pack<T, I, N>& a, const Pack<T, I, N>& b) {
    const Pack<T, I, N> high = a * b;
    if constexpr (I::fma)
        return {high, fma(a, b, -high)};
    else {
        const auto a1 = upper_half(a), b1 = upper_half(b), a2 = a - a1, b2 = b - b1;
        return {high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2};
    }
}

} // namespace xgrad::simd
