#pragma once

#include <xgrad/core/simd/math/exp.hpp>

namespace xgrad::simd {

/// erf(x) / x - 1 for z = x^2 <= 1
template <class P>
XGRAD_INLINE P erf_of_small(const P& z) {
    if constexpr (is_float<P>)
        return polynomial(z, 0x1.06eba8p-3, -0x1.81274p-2, 0x1.ce2d52p-4, -0x1.b7fec4p-6, 0x1.542fecp-8,
                          -0x1.a5197ap-11, 0x1.4c5cb4p-14);
    else
        return polynomial(z, 0x1.06eba8214db68p-3, -0x1.812746b0379b5p-2, 0x1.ce2f21a040b02p-4, -0x1.b82ce311f7069p-6,
                          0x1.565bccf908894p-8, -0x1.c02db03ff6859p-11, 0x1.f9a2bb4bba0e4p-14, -0x1.f4ca5bb2856d7p-17,
                          0x1.b9807f233887cp-20, -0x1.5c0bc3130e21dp-23, 0x1.d73d744d56748p-27, -0x1.ac1a4196e188cp-31);
}

/// erfc(x) for doubles from 3/4 to 28, their square given in two parts, as a number of about 1 and a power of two:
/// e^(-x^2) times 1 / (x + 2) times a polynomial of (x - 2) / (x + 2)
template <class P>
XGRAD_INLINE Parts<P> parts_of_erfc(const P& x, const Sum<P>& square) {
    const P below = x + 2, below_low = x - (below - 2), w = 1 / below;
    const Sum<P> check = product_of(w, below);
    const P w_low = (((1 - check.high) - check.low) - w * below_low) * w;
    const P above = x - 2, q = above * w;
    const Sum<P> check_q = product_of(q, below);
    const P q_low = (((above - check_q.high) - check_q.low) - q * below_low) * w;
    const P tail = polynomial(q, -0x1.5fd386754eff9p-1, 0x1.1e2deea6b1173p-2, -0x1.2a88e6107d43ap-5,
                              -0x1.606e41552992ep-6, 0x1.a89eaff83bc11p-8, 0x1.9517bb709781ep-9, -0x1.b6fbf962e065bp-11,
                              -0x1.5ba4387f09893p-11, 0x1.2053d0da94a9ap-15, 0x1.2efa40d22e9f6p-13,
                              0x1.1e7905199dc56p-15, -0x1.6c0bc7a11c427p-16, -0x1.0e962e8c133d0p-16,
                              -0x1.28ce0e2878751p-20, 0x1.eb6357a931e8fp-19, 0x1.01166c97e1661p-19,
                              0x1.9ff28ab172a6ap-26, -0x1.9db364948eb7fp-22, -0x1.1c6646eadd928p-21,
                              -0x1.9ccf29de2de39p-24, 0x1.c076a25ff2412p-22, -0x1.196a949ddb6ffp-23);
    const Sum<P> first = sum_of(P(0x1.058671b52c776p+0), q * tail);
    const Sum<P> factor = product_of(first.high, w);
    const P slope = fma(q, 0.5, -0.69); // of the polynomial, about
    const P factor_low = factor.low + fma(fma(q_low, slope, first.low), w, first.high * w_low);
    const auto split = split_exponent(-square.high);
    const P r = split.rest + (split.low - square.low), less_one = fma(r * r, exp_remainder(r), r), power = 1 + less_one;
    const P power_low = less_one - (power - 1);
    const Sum<P> product = product_of(power, factor.high);
    return {product.high + (product.low + fma(power, factor_low, power_low * factor.high)), split.n};
}

/// erfc(x) for doubles x >= 3/4
template <class P>
XGRAD_INLINE P erfc_of_large(const P& x) {
    const P bounded = min(28, x);
    const auto [mantissa, exponent] = parts_of_erfc(bounded, product_of(bounded, bounded));
    return scale(mantissa, exponent);
}

/// Error function
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> erf(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P size = abs(x), small = fma(size, erf_of_small(size * size), size);
    P large;
    if constexpr (is_float<P>) { // 1 - e^-polynomial
        const P bounded = min(4, size);
        const P y = polynomial(bounded, -0x1.326574p-12, 0x1.214fcep0, 0x1.43966ap-1, 0x1.c23672p-4, -0x1.af6556p-6,
                               0x1.35e43ep-8, -0x1.358674p-11, 0x1.7c23bcp-15, -0x1.adab5cp-20);
        large = 1 - exp_in_range(-y);
    } else
        large = 1 - erfc_of_large(size);
    return copysign(select(size < 1, small, large), x);
}

/// 1 - erf(x)
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> erfc(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(erfc(convert<double>(x)));
    else {
        const P size = abs(x), large = erfc_of_large(size);
        return select(size < 0.75, 1 - fma(x, erf_of_small(x * x), x), select(x < 0, 2 - large, large));
    }
}

/// What the distribution function of the normal distribution is made of, for doubles: near 0 it is 1/2 + rise, from |x|
/// = 1.0625 on its smaller side, at -|x|, is mantissa 2^exponent. The square in e^(-x^2 / 2) is that of x itself, not
/// of what is left of x / sqrt(2).
template <class P>
struct NormalParts {
    P size, rise; // size: |x|, at most 39.5, where the tail is zero
    Parts<P> tail;
};

template <class P>
XGRAD_INLINE NormalParts<P> normal_parts(const P& x) {
    constexpr double root_half = 0x1.6a09e667f3bcdp-1;
    const P size = min(39.5, abs(x)), z = size * root_half, signed_z = x * root_half;
    const Sum<P> square = product_of(size, size);
    const Parts<P> tail = parts_of_erfc(z, Sum<P>{0.5 * square.high, 0.5 * square.low});
    return {size, 0.5 * fma(signed_z, erf_of_small(z * z), signed_z), {0.5 * tail.mantissa, tail.exponent}};
}

/// The distribution function of the normal distribution
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> ndtr(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(ndtr(convert<double>(x)));
    else {
        const NormalParts<P> parts = normal_parts(x);
        const P tail = scale(parts.tail.mantissa, parts.tail.exponent);
        return select(parts.size < 1.0625, 0.5 + parts.rise, select(x < 0, tail, 1 - tail));
    }
}

/// x ndtr(x), rounded once where it is below the normal numbers
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> gelu(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(gelu(convert<double>(x)));
    else {
        const NormalParts<P> parts = normal_parts(x);
        const P tail = scale(parts.size * parts.tail.mantissa, parts.tail.exponent);
        return select(parts.size < 1.0625, x * (0.5 + parts.rise), select(x < 0, -tail, x - tail));
    }
}

/// The density of the normal distribution, e^(-x^2 / 2) / sqrt(2 pi)
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> normal_density(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P size = min(is_float<P> ? 15.0 : 39.5, abs(x));
    const Sum<P> square = product_of(size, size);
    const auto split = split_exponent(-0.5 * square.high);
    const P r = split.rest + (split.low - 0.5 * square.low);
    return scale(fma(0x1.9884533d43651p-2, fma(r * r, exp_remainder(r), r), 0x1.9884533d43651p-2), split.n);
}

/// The same functions of numbers
template <Scalar S, class I = Isa>
XGRAD_INLINE S ndtr(S x) {
    return S(0.5 * __builtin_erfc(-0.7071067811865476 * double(x)));
}
template <Scalar S, class I = Isa>
XGRAD_INLINE S gelu(S x) {
    return x * ndtr(x);
}
template <Scalar S, class I = Isa>
XGRAD_INLINE S normal_density(S x) {
    return S(0.3989422804014327 * __builtin_exp(-0.5 * double(x) * double(x)));
}

} // namespace xgrad::simd
