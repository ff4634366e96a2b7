#pragma once

#include <xgrad/core/simd/math/parts.hpp>

namespace xgrad::simd {

/// x - k pi/2 for doubles |x| < 2^25, with a small relative error even for the closest x to a multiple of pi/2
template <class P>
XGRAD_INLINE Sum<P> subtract_right_angles(const P& x, const P& k) {
    // pi/2 in four parts, of which three are so short that their products with k are exact.
    const P part1 = 0x1.921fb54p+0, part2 = 0x1.10b4612p-30, part3 = -0x1.676733ap-60, part4 = -0x1.d1fc8f8cbb5bfp-89;
    const Sum<P> b = sum_of(fma(k, -part1, x), k * -part2), c = sum_of(b.high, k * -part3);
    return sum_of_ordered(c.high, fma(k, -part4, b.low + c.low));
}

/// f for the lanes that are set, y elsewhere
template <class F, class T, class I, std::size_t N>
__attribute__((noinline, cold)) Pack<T, I, N> by_lanes_where(F f, const Mask<T, I, N>& mask, const Pack<T, I, N>& x,
                                                             const Pack<T, I, N>& y) {
    return select(mask, Pack<T, I, N>::lanewise(f, x), y);
}

/// sin(x + quarters pi/2)
template <int quarters, class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> sin_after(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    using Bits = std::make_unsigned_t<Integer<T>>;
    // |x| = k pi/2 + r with |r| <= pi/4
    const P size = abs(x), counted = fma(size, 0x1.45f306dc9c883p-1, rounder<P>), k = counted - rounder<P>;
    const auto quadrant = bit_cast<Bits>(counted) + Bits(quarters);
    P sine, cosine;
    if constexpr (is_float<P>) { // the difference in double precision, the series in single
        const auto turns = convert<double>(k);
        const auto rest = fma(turns, -0x1.10b4611a62633p-30, fma(turns, -0x1.921fb54p+0, convert<double>(size)));
        const P r = convert<float>(rest), z = r * r;
        sine = fma(r * z, polynomial(z, -0x1.555556p-3, 0x1.111194p-7, -0x1.a07c46p-13, 0x1.850f12p-19), r);
        cosine = polynomial(z, 1, -0.5, 0x1.555554p-5, -0x1.6c126cp-10, 0x1.9ba7bap-16);
    } else {
        const auto [r, low] = subtract_right_angles(size, k);
        const P z = r * r, half = 0.5 * z, one_less = 1 - half;
        const P s = polynomial(z, -0x1.5555555555555p-3, 0x1.1111111110c7bp-7, -0x1.a01a019e9ef09p-13,
                               0x1.71de37aeaddf9p-19, -0x1.ae601da8d060ep-26, 0x1.5e1053896751bp-33);
        const P c = polynomial(z, 0x1.5555555555555p-5, -0x1.6c16c16c168c8p-10, 0x1.a01a019f37984p-16,
                               -0x1.27e4fa01f1c44p-22, 0x1.1eeb56bcac547p-29, -0x1.9072add628b23p-37);
        sine = r + fma(r * z, s, low);
        cosine = one_less + (((1 - one_less) - half) + fma(z * z, c, -r * low));
    }
    const auto sign = (quadrant & 2) << (8 * sizeof(T) - 2);
    const P y = bit_cast<T>(bit_cast<Bits>(select((quadrant & 1) == 0, sine, cosine)) ^ sign);
    const P result = quarters == 0 ? bit_cast<T>(bit_cast<Bits>(y) ^ bit_cast<Bits>(copysign(P(0), x))) : y;
    const auto huge = !(size < (is_float<P> ? 0x1p16 : 0x1p25));
    if (any(huge)) [[unlikely]]
        return by_lanes_where([](T a) { return quarters == 0 ? __builtin_sin(a) : __builtin_cos(a); }, huge, x, result);
    return result;
}

/// Sine
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> sin(const Pack<T, I, N>& x) {
    return sin_after<0>(x);
}

/// Cosine
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> cos(const Pack<T, I, N>& x) {
    return sin_after<1>(x);
}

/// Tangent
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> tan(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(tan(convert<double>(x)));
    else {
        const auto huge = !(abs(x) < 0x1p25);
        const P counted = fma(x, 0x1.45f306dc9c883p-1, rounder<P>), k = counted - rounder<P>;
        const auto odd = ((bit_cast<std::uint64_t>(counted) & 1) == 1).template as<double>();
        const Sum<P> r = subtract_right_angles(x, k);
        const P z = r.high * r.high;
        const P series = polynomial(z, 0x1.5555555555555p-2, 0x1.111111111114bp-3, 0x1.ba1ba1ba1eb21p-5,
                                    0x1.664f488016aa2p-6, 0x1.226e360b61e72p-7, 0x1.d6d3a2d5ef737p-9,
                                    0x1.7da72a901324fp-10, 0x1.35238fbcb9974p-11, 0x1.f971f8ac18d2cp-13,
                                    0x1.7ba68762a93fdp-14, 0x1.ca61872f98ebap-15, -0x1.4a7864a008d61p-17,
                                    0x1.2a624965de8a2p-15, -0x1.2ba4ed9f1ee39p-16, 0x1.195b52286f83bp-17);
        const P t = r.high + fma(r.high * z, series, fma(r.low, z, r.low));
        const P y = select(abs(x) < 0x1p-27, x, select(odd, -1 / t, t));
        if (any(huge)) [[unlikely]]
            return by_lanes_where([](T a) { return __builtin_tan(a); }, huge, x, y);
        return y;
    }
}

/// (asin(x) - x) / x^3 for x in [0, 0.5], z = x^2
template <class P>
XGRAD_INLINE P asin_remainder(const P& z) {
    if constexpr (is_float<P>)
        return polynomial(z, 0x1.555554p-3, 0x1.3334cep-4, 0x1.6d3e74p-5, 0x1.ffbd92p-6, 0x1.0fec3ap-6, 0x1.1ac0e4p-5);
    else
        return polynomial(z, 0x1.5555555555556p-3, 0x1.3333333332da2p-4, 0x1.6db6db6e48603p-5, 0x1.f1c71c11deeap-6,
                          0x1.6e8bb37521acap-6, 0x1.1c4d112ced71bp-6, 0x1.c9d30ac3ce817p-7, 0x1.78010220106f1p-7,
                          0x1.532a91490f896p-7, 0x1.5e2915df0d825p-8, 0x1.220541f4ab154p-6, -0x1.f58c57c57245p-7,
                          0x1.dc181d65cafaap-6);
}

/// Arc sine: for |x| > 1/2, asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2))
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> asin(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P size = abs(x), half = 0.5 - 0.5 * size;
    const auto is_large = size > 0.5;
    const P s = select(is_large, sqrt(half), size), z = select(is_large, half, x * x), more = s * z * asin_remainder(z);
    const P first = right_angle<P>.upper - 2 * s, lost = (right_angle<P>.upper - first) - 2 * s;
    return copysign(select(is_large, first - (2 * more - (right_angle<P>.lower + lost)), s + more), x);
}

/// Arc cosine
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> acos(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const P size = abs(x), half = 0.5 - 0.5 * size;
    const auto is_large = size > 0.5;
    const P s = select(is_large, sqrt(half), size), z = select(is_large, half, x * x),
            y = fma(s * z, asin_remainder(z), s);
    const P complement = right_angle<P>.upper - (select(is_large, y, copysign(y, x)) - right_angle<P>.lower);
    return select(is_large, 2 * select(x < 0, complement, y), complement);
}

/// The angle of (1, ratio), ratio = numerator / denominator >= 0
template <class P>
XGRAD_INLINE P angle_of(const P& numerator, const P& denominator) {
    // atan(q) = pi/4 + atan((q - 1) / (q + 1)) = pi/2 - atan(1 / q)
    const auto steep = numerator > 2 * denominator, diagonal = numerator > 0.5 * denominator;
    const P q = select(steep, -denominator, select(diagonal, numerator - denominator, numerator)) /
                select(steep, numerator, select(diagonal, numerator + denominator, denominator));
    const P z = q * q;
    P series;
    if constexpr (is_float<P>)
        series = polynomial(z, -0x1.555556p-2, 0x1.999992p-3, -0x1.2481acp-3, 0x1.c3e3ecp-4, -0x1.559526p-4,
                            0x1.66b0b4p-5);
    else
        series = polynomial(z, -0x1.5555555555555p-2, 0x1.999999999980ep-3, -0x1.24924924820bfp-3, 0x1.c71c71bd76fa7p-4,
                            -0x1.745d15b0584b3p-4, 0x1.3b1388354384dp-4, -0x1.110e56fa0e8ep-4, 0x1.e1a282df278abp-5,
                            -0x1.ad26eb6a9d374p-5, 0x1.7aad149b05b7ep-5, -0x1.36b90b01cb5d6p-5, 0x1.967fbd9de4b1ep-6,
                            -0x1.29ee0358b7c4ep-7);
    const P part = select(steep, P(1), select(diagonal, P(0.5), P(0)));
    return fma(part, right_angle<P>.upper, q + fma(q * z, series, part * right_angle<P>.lower));
}

/// Arc tangent
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> atan(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    return copysign(angle_of(abs(x), P(1)), x);
}

/// The angle of the point (x, y), in (-pi, pi]
template <class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P atan2(const A& ordinate, const B& abscissa) {
    const P y = ordinate, x = abscissa;
    const auto infinite = isinf(x) && isinf(y), zero = x == 0 && y == 0;
    const P shrink = select(max(abs(x), abs(y)) > (is_float<P> ? 0x1p125 : 0x1p1021), 0.25, 1); // for finite sums
    const P size_x = select(infinite || zero, 1, abs(x) * shrink), size_y = select(infinite, 1, abs(y) * shrink);
    const P angle = angle_of(size_y, size_x);
    const P supplement = 2 * right_angle<P>.upper - (angle - 2 * right_angle<P>.lower);
    const P result = copysign(select(signbit(x), supplement, angle), y);
    return select(isnan(x) || isnan(y), x + y, result);
}

} // namespace xgrad::simd
