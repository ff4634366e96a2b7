#pragma once

#include <xgrad/core/simd_parts.hpp>

namespace xgrad::simd {

/// x = n ln 2 + rest + low, with n whole, |rest| <= ln(2) / 2, and low what got lost of the rest by rounding
template <class P>
struct Exponent {
    P n, rest, low;
};

template <class P>
XGRAD_INLINE Exponent<P> split_exponent(const P& x) {
    const P n = fma(x, log2_of_e<P>.upper, rounder<P>) - rounder<P>;
    const P nearly = fma(n, -log_of_2<P>.upper, x), rest = fma(n, -log_of_2<P>.lower, nearly);
    return {n, rest, fma(n, -log_of_2<P>.lower, nearly - rest)};
}

/// (e^x - 1 - x) / x^2 for |x| <= ln(2) / 2
template <class P>
XGRAD_INLINE P exp_remainder(const P& x) {
    if constexpr (is_float<P>)
        return polynomial(x, 0x1.fffffap-2, 0x1.555492p-3, 0x1.555a26p-5, 0x1.123984p-7, 0x1.694cb8p-10);
    else
        return polynomial(x, 0x1.000000000000ap-1, 0x1.55555555554fep-3, 0x1.55555555506b2p-5, 0x1.1111111126b2ep-7,
                          0x1.6c16c1847a79ap-10, 0x1.a01a012ff75e8p-13, 0x1.a01999534ea1dp-16, 0x1.71df18c9f419fp-19,
                          0x1.28ae093746f16p-22, 0x1.ad9344b1f7d68p-26);
}

/// e^rest - 1
template <class P>
XGRAD_INLINE P expm1_of_rest(const Exponent<P>& x) {
    return x.rest + fma(x.rest * x.rest, exp_remainder(x.rest), x.low);
}

/// e^x for x that is not much too large or too small
template <class P>
XGRAD_INLINE P exp_in_range(const P& x) {
    const auto [n, r, low] = split_exponent(x);
    return scale(fma(fma(exp_remainder(r), r, 1), r, 1), n);
}

/// e^x
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> exp(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P least = is_float<P> ? -104.0 : -746.0, most = is_float<P> ? 89.0 : 710.0;
    return exp_in_range(max(least, min(most, x))); // in this order NaN stays
}

/// -|x|, from where e^x begins to be zero
template <class P>
XGRAD_INLINE P negative_size(const P& x) {
    return max(is_float<P> ? -104.0 : -746.0, copysign(x, -1));
}

/// 2^x
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> exp2(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P least = is_float<P> ? -151.0 : -1076.0, most = is_float<P> ? 128.0 : 1024.0;
    const P bounded = max(least, min(most, x)), n = bounded + rounder<P> - rounder<P>, r = bounded - n;
    if constexpr (is_float<P>)
        return scale(polynomial(r, 1.0, 0x1.62e43p-1, 0x1.ebfbd8p-3, 0x1.c6af74p-5, 0x1.3b3094p-7, 0x1.5f0cap-10,
                                0x1.3faf58p-13),
                     n);
    else
        return scale(polynomial(r, 1.0, 0x1.62e42fefa39efp-1, 0x1.ebfbdff82c5a6p-3, 0x1.c6b08d704a12cp-5,
                                0x1.3b2ab6fb9fda5p-7, 0x1.5d87fe789e971p-10, 0x1.4309130f6d122p-13,
                                0x1.ffcbfc66852d4p-17, 0x1.62bfc658596eep-20, 0x1.b52522bd4739dp-24,
                                0x1.e61d45626749cp-28, 0x1.e97317216bebcp-32),
                     n);
}

/// e^x - 1
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> expm1(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P least = -80.0, most = is_float<P> ? 89.0 : 710.0, tiny = is_float<P> ? 0x1p-26 : 0x1p-55;
    const auto split = split_exponent(max(least, min(most, x)));
    const P half = power_of_two(split.n - 1); // half, as 2^n can be infinite
    const P y = fma(half, expm1_of_rest(split), half - 0.5);
    return select(abs(x) < tiny, x, y + y);
}

/// 1 / (1 + e^-x)
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> sigmoid(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const auto [n, r, low] = split_exponent(negative_size(x));
    const P less_one = fma(r * r, exp_remainder(r), r), power = 1 + less_one, e = scale(power, n), sum = 1 + e;
    const P lost = (less_one - (power - 1)) - (e - (sum - 1)); // by e / (1 + e) in rounding both, to first order
    return select(x < 0, fma(e, lost, e), 1) / sum;
}

/// Hyperbolic tangent
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> tanh(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P positive = abs(x), z = x * x;
    const auto [n, r, low] = split_exponent(min(40, 2 * positive));
    const P power = power_of_two(n), y = fma(power, fma(r * r, exp_remainder(r), r), power - 1); // e^2|x| - 1
    P series;
    if constexpr (is_float<P>)
        series = polynomial(z, -0x1.555554p-2, 0x1.110eep-3, -0x1.b8c7b8p-5, 0x1.441ff4p-6);
    else
        series = polynomial(z, -0x1.5555555555555p-2, 0x1.1111111110f83p-3, -0x1.ba1ba1b9dbe44p-5, 0x1.664f485f04fc9p-6,
                            -0x1.226e2ac48a6b6p-7, 0x1.d6d02ca53c6cp-9, -0x1.7d435d130f8d6p-10, 0x1.2f7741776c5f9p-11,
                            -0x1.8f2504fe1591dp-13);
    return copysign(select(z < 0.125, fma(positive * z, series, positive), y / (y + 2)), x);
}

/// e^x / 4 for x >= 0, infinite only where the hyperbolic functions are
template <class P>
XGRAD_INLINE P exp_quarter(const P& x) {
    const auto [n, r, low] = split_exponent(min(is_float<P> ? 89.5 : 710.6, x));
    return power_of_two(n - 2) * fma(fma(exp_remainder(r), r, 1), r, 1);
}

/// Hyperbolic sine
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> sinh(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P quarter = exp_quarter(abs(x)), half = quarter - 0.0625 / quarter, z = x * x;
    P series;
    if constexpr (is_float<P>)
        series = polynomial(z, 0x1.555556p-3, 0x1.1110c6p-7, 0x1.a03554p-13, 0x1.725236p-19);
    else
        series = polynomial(z, 0x1.5555555555555p-3, 0x1.1111111111198p-7, 0x1.a01a01a00b9c2p-13, 0x1.71de3a5e9b752p-19,
                            0x1.ae645336ffbc5p-26, 0x1.612234504ed57p-33, 0x1.b260b8b04cbf5p-41);
    return select(abs(x) < 1, fma(x * z, series, x), copysign(half + half, x));
}

/// Hyperbolic cosine
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> cosh(const Pack<T, I, N>& x) {
    const Pack<T, I, N> quarter = exp_quarter(abs(x)), half = quarter + 0.0625 / quarter;
    return half + half;
}

} // namespace xgrad::simd
