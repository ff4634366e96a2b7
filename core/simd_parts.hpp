#pragma once

#include <xgrad/core/simd.hpp>

/// What elementary functions are made of: polynomials, powers of two, sums and products in twice the precision.
namespace xgrad::simd {

template <class P>
    requires(P::floating)
inline constexpr bool is_float = std::is_same_v<typename P::value_type, float>;

/// c0 + c1 x + c2 x^2 + ...
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> polynomial(const Pack<T, I, N>&, double c0) {
    return c0;
}
template <class T, class I, std::size_t N, class... More>
XGRAD_INLINE Pack<T, I, N> polynomial(const Pack<T, I, N>& x, double c0, More... more) {
    return fma(polynomial(x, more...), x, Pack<T, I, N>(c0));
}

/// 2^n, for whole n of normal results
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> power_of_two(const Pack<T, I, N>& n) {
    // The sum's last bits are n, plus the exponent's bias.
    if constexpr (sizeof(T) == 4) return bit_cast<T>(bit_cast<std::int32_t>(n + (0x1.8p23f + 127)) << 23);
    else return bit_cast<T>(bit_cast<std::int64_t>(n + (0x1.8p52 + 1023)) << 52);
}

/// x 2^n for whole n, rounded once: for x of about 1, all n that do not make the result more than a little too large or small.
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> scale(const Pack<T, I, N>& x, const Pack<T, I, N>& n) {
    using P = Pack<T, I, N>;
    if constexpr (P::wide) return P(scale(x.v.low, n.v.low), scale(x.v.high, n.v.high));
#if XGRAD_SIMD_AVX512
    else if constexpr (P::Lane::template is<float, 64>) return P((typename P::Vector)_mm512_maskz_scalef_ps(0xffff, x.v, n.v));
    else if constexpr (P::Lane::template is<double, 64>) return P((typename P::Vector)_mm512_maskz_scalef_pd(0xff, x.v, n.v));
#endif
    else {  // two steps, of which only the second leaves the normal numbers
        using U = std::make_unsigned_t<Integer<T>>;
        constexpr int mantissa = sizeof(T) == 4 ? 23 : 52;
        const auto biased = bit_cast<U>(n + (sizeof(T) == 4 ? 0x1.8p23 + 2 * 127 : 0x1.8p52 + 2 * 1023)), half = biased >> 1;
        return x * bit_cast<T>(half << mantissa) * bit_cast<T>((biased - half) << mantissa);
    }
}

template <class P>
struct Parts {
    P mantissa, exponent;
};

/// x = mantissa 2^exponent with the mantissa in [0.75, 1.5), for finite x > 0.
/// With AVX-512, zero has the exponent -inf and mantissa 1, infinity inf and 1, and numbers below zero have the mantissa NaN.
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
        return {P((typename P::Vector)m), P((typename P::Vector)(_mm512_maskz_getexp_ps(0xffff, x.v) - _mm512_maskz_getexp_ps(0xffff, m)))};
    }
    else if constexpr (P::Lane::template is<double, 64>) {
        const __m512d m = _mm512_maskz_getmant_pd(0xff, x.v, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
        return {P((typename P::Vector)m), P((typename P::Vector)(_mm512_maskz_getexp_pd(0xff, x.v) - _mm512_maskz_getexp_pd(0xff, m)))};
    }
#endif
    else {
        using U = std::make_unsigned_t<Integer<T>>;
        constexpr int mantissa = sizeof(T) == 4 ? 23 : 52;
        const auto below_normal = x < (sizeof(T) == 4 ? 0x1p-126 : 0x1p-1022);
        const auto bits = bit_cast<U>(select(below_normal, x * (sizeof(T) == 4 ? 0x1p24 : 0x1p54), x));
        const U three_quarters = sizeof(T) == 4 ? U(0x3f400000) : U(0x3fe8000000000000), one = sizeof(T) == 4 ? U(0x3f800000) : U(0x3ff0000000000000);
        const auto shifted = bits + (one - three_quarters);
        // The exponent, still biased, becomes a float as the last bits of a large one.
        const P large = sizeof(T) == 4 ? 0x1p23 : 0x1p52;
        const P biased = bit_cast<T>((shifted >> mantissa) | bit_cast<U>(large));
        const P bias = select(below_normal, sizeof(T) == 4 ? 0x1p23 + 127 + 24 : 0x1p52 + 1023 + 54, sizeof(T) == 4 ? 0x1p23 + 127 : 0x1p52 + 1023);
        return {bit_cast<T>((shifted & ((U(1) << mantissa) - 1)) + three_quarters), biased - bias};
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

/// a * b exactly, short of overflow and underflow
template <class T, class I, std::size_t N>
XGRAD_INLINE Sum<Pack<T, I, N>> product_of(const Pack<T, I, N>& a, const Pack<T, I, N>& b) {
    using P = Pack<T, I, N>;
    const P high = a * b;
    if constexpr (I::fma) return {high, fma(a, b, -high)};
    else {
        // Cut into halves of which all products are exact. (That also holds if the compiler contracts them with the sums.)
        const Integer<T> upper = Integer<T>(sizeof(T) == 4 ? ~0xfffll : ~0x7ffffffll);
        const P a1 = bit_cast<T>(bit_cast<Integer<T>>(a) & upper), b1 = bit_cast<T>(bit_cast<Integer<T>>(b) & upper);
        const P a2 = a - a1, b2 = b - b1;
        return {high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2};
    }
}

}
