#pragma once

#include <xgrad/core/simd/math/parts.hpp>

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

/// The same of registers of sixteen floats: x = n ln 2 + r, with n in sixteenths and |r| <= ln(2) / 32
template <class P>
XGRAD_INLINE P exp_by_table(const P& x) {
    static constexpr float roots[16] = {0x1p0f,        0x1.0b5586p0f, 0x1.172b84p0f, 0x1.2387a6p0f,
                                        0x1.306fep0f,  0x1.3dea64p0f, 0x1.4bfdaep0f, 0x1.5ab07ep0f,
                                        0x1.6a09e6p0f, 0x1.7a1148p0f, 0x1.8ace54p0f, 0x1.9c4918p0f,
                                        0x1.ae89fap0f, 0x1.c199bep0f, 0x1.d5818ep0f, 0x1.ea4afap0f}; // 2^(k / 16)
    constexpr double sixteenths = rounder<P> / 16;
    const P shifted = fma(x, log2_of_e<P>.upper, sixteenths), n = shifted - sixteenths;
    const P r = fma(n, -log_of_2<P>.lower, fma(n, -log_of_2<P>.upper, x));
    const P root = lookup(roots, bit_cast<std::uint32_t>(shifted));
    return scale(fma(root, r * polynomial(r, 1, 0x1.000222p-1, 0x1.555764p-3), root), n); // which rounds n down
}

/// e^x
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> exp(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P least = is_float<P> ? -104.0 : -746.0, most = is_float<P> ? 89.0 : 710.0;
    const P bounded = max(least, min(most, x)); // in this order NaN stays
    if constexpr (has_tables<P>)
        return exp_by_table(bounded);
    else
        return exp_in_range(bounded);
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

/// tanh x of registers of sixteen floats, by a polynomial in each of sixteen intervals of |x|. The number of the
/// interval is bits 21 to 24 of the float |x| + 0.625, two of its exponent and two of its mantissa, so that one shift
/// finds it. They begin at 0, 0.125, 0.25, 0.375, 0.625, 0.875, 1.125, 1.375, 1.875, 2.375, 2.875, 3.375, 4.375, 5.375,
/// 6.375 and 7.375; the first is entry 9.
template <class P>
XGRAD_INLINE P tanh_by_table(const P& x) {
    // A point near the middle where tanh is nearly a float, that float, and the coefficients of a polynomial in the
    // distance, by Sollya's fpminimax. The relative error is at most 2^-24.4.
    static constexpr float table[7][16] = {
        {0x1.9dep0f, 0x1.0f1ep1f, 0x1.5288p1f, 0x1.8e74p1f, 0x1.ece4p1f, 0x1.36fcp2f, 0x1.756ap2f, 0x1.b6f8p2f,
         0x1.0a2b1ap3f, 0, 0x1.7fe8p-3f, 0x1.435p-2f, 0x1.0084p-1f, 0x1.7e54p-1f, 0x1.011p0f, 0x1.3f6ap0f},
        {0x1.d92964p-1f, 0x1.f166d4p-1f, 0x1.fadc6p-1f, 0x1.fdfa96p-1f, 0x1.ff8984p-1f, 0x1.fff03ap-1f, 0x1.fffdc2p-1f,
         0x1.ffffb6p-1f, 0x1.fffffcp-1f, 0, 0x1.7b78ccp-3f, 0x1.38fb14p-2f, 0x1.da04c4p-2f, 0x1.44326p-1f,
         0x1.86d36ap-1f, 0x1.b1fdf2p-1f},
        {0x1.2aec0cp-3f, 0x1.cc7c9p-5f, 0x1.47419ep-6f, 0x1.023232p-7f, 0x1.d9b59ap-10f, 0x1.f8b6f8p-13f,
         0x1.1efa7ep-15f, 0x1.27fe16p-18f, 0x1.0038c6p-22f, 0x1p0f, 0x1.ee6c08p-1f, 0x1.d02b62p-1f, 0x1.92494cp-1f,
         0x1.32b83ap-1f, 0x1.ab572ap-2f, 0x1.2042f8p-2f},
        {-0x1.1442fep-3f, -0x1.bf599ap-5f, -0x1.43f48cp-6f, -0x1.012924p-7f, -0x1.d8c104p-10f, -0x1.f80d92p-13f,
         -0x1.1eacc6p-15f, -0x1.279adep-18f, -0x1.f6d518p-23f, 0x1.74269p-21f, -0x1.6e716ap-3f, -0x1.1bbdfcp-2f,
         -0x1.747038p-2f, -0x1.846d7ap-2f, -0x1.46345ep-2f, -0x1.e8b012p-3f},
        {0x1.374e2ap-4f, 0x1.1920b2p-5f, 0x1.a71cb6p-7f, 0x1.5441b8p-8f, 0x1.3b4544p-10f, 0x1.506d9cp-13f,
         0x1.7f8e9ap-16f, 0x1.8abedp-19f, 0x1.5171acp-23f, -0x1.555f14p-2f, -0x1.27a4e6p-2f, -0x1.bd7feep-3f,
         -0x1.7f2da4p-4f, 0x1.4bb962p-5f, 0x1.aa3bccp-4f, 0x1.bc1944p-4f},
        {-0x1.97fffcp-6f, -0x1.f16696p-7f, -0x1.996904p-8f, -0x1.523d54p-9f, -0x1.47f53cp-11f, -0x1.5fe144p-14f,
         -0x1.8f8ddcp-17f, -0x1.9d9132p-20f, -0x1.9426ccp-24f, 0x1.5571eep-11f, 0x1.ce1aacp-4f, 0x1.44a762p-3f,
         0x1.4ebe5ep-3f, 0x1.9cba94p-4f, 0x1.bd0c8ep-6f, -0x1.8a5998p-7f},
        {0x1.247c9ap-10f, 0x1.23be64p-8f, 0x1.354e8cp-9f, 0x1.ff9a0cp-11f, 0x1.f06a3ep-13f, 0x1.106f94p-15f,
         0x1.278972p-18f, 0x1.40303p-21f, 0x1.36869cp-25f, 0x1.08d4acp-3f, 0x1.7bdcep-4f, 0x1.9ac7fcp-5f,
         -0x1.b0aeb8p-6f, -0x1.0381aep-4f, -0x1.7a115p-5f, -0x1.3c4cdap-6f}};
    const P size = min(9.3, abs(x)); // where tanh is rounded to 1; in this order NaN stays
    const auto interval = bit_cast<std::uint32_t>(size + 0.625) >> 21;
    auto entry = [&](int k) { return lookup(table[k], interval); };
    const P d = size - entry(0);
    const P slope = fma(fma(fma(fma(entry(6), d, entry(5)), d, entry(4)), d, entry(3)), d, entry(2));
    const auto sign = bit_cast<std::uint32_t>(x) & 0x80000000u;
    return bit_cast<float>(bit_cast<std::uint32_t>(fma(slope, d, entry(1))) | sign);
}

/// Hyperbolic tangent
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> tanh(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (has_tables<P>) return tanh_by_table(x);
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
