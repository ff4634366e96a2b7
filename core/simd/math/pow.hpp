#pragma once

#include <xgrad/core/simd/math/exp.hpp>
#include <xgrad/core/simd/math/log.hpp>

namespace xgrad::simd {

/// log(x) of doubles x >= 0 to about 65 bits
template <class P>
XGRAD_INLINE Sum<P> log_in_two_parts(const P& x) {
    const auto [mantissa, exponent] = parts(x);
    // log(m) = 2 artanh(s) = 2s + s z (2/3 + 2/5 z + ...), s = (m - 1) / (m + 1), z = s^2, the first terms in two parts
    const P m = mantissa - 1, below = mantissa + 1, below_low = mantissa - (below - 1), reciprocal = 1 / below;
    const P s = m * reciprocal;
    const Sum<P> check = product_of(s, below);
    const P s_low = (((m - check.high) - check.low) - s * below_low) * reciprocal;
    const Sum<P> square = product_of(s, s);
    const P z = square.high, z_low = fma(s + s, s_low, square.low);
    const P tail = polynomial(z, 0x1.999999999999ap-2, 0x1.24924924922a8p-2, 0x1.c71c71c772881p-3, 0x1.745d170f17ce6p-3,
                              0x1.3b13c3e5e8756p-3, 0x1.110d62a9c7227p-3, 0x1.e2bcd5307c81fp-4, 0x1.a0acc59c521f5p-4,
                              0x1.00ec2641d2a8dp-3);
    const Sum<P> product = product_of(z, tail), factor = sum_of_ordered(P(0x1.5555555555555p-1), product.high);
    const P factor_low = factor.low + (fma(z_low, tail, product.low) + 0x1.5555555555555p-55);
    const Sum<P> cube = product_of(s, z);
    const P cube_low = cube.low + fma(s, z_low, s_low * z);
    const Sum<P> rest = product_of(cube.high, factor.high);
    const P rest_low = rest.low + fma(cube.high, factor_low, cube_low * factor.high);
    const Sum<P> log_m = sum_of_ordered(s + s, rest.high);
    const P log_m_low = log_m.low + fma(2, s_low, rest_low);
    const Sum<P> sum = sum_of_ordered(exponent * log_of_2<P>.upper, log_m.high);
    return sum_of_ordered(sum.high, sum.low + fma(exponent, log_of_2<P>.lower, log_m_low));
}

/// x^y for doubles x >= 0
template <class P>
XGRAD_INLINE P power_of_positive(const P& x, const P& y) {
    const P infinity = __builtin_inf();
    const Sum<P> log_x = log_in_two_parts(x);
    const Sum<P> product = product_of(y, select(x > 0 && x < infinity, log_x.high, select(x == 0, -infinity, x)));
    const auto split = split_exponent(max(-746, min(710, product.high)));
    const P r = split.rest + (split.low + select(abs(product.high) < 1e6, fma(y, log_x.low, product.low), 0));
    return scale(fma(fma(exp_remainder(r), r, 1), r, 1), split.n);
}

/// The same with an error of about 2^-29, enough for floats
template <class P>
XGRAD_INLINE P rough_power_of_positive(const P& x, const P& y) {
    const P infinity = __builtin_inf();
    const auto [mantissa, exponent] = parts(x);
    const P s = (mantissa - 1) / (mantissa + 1), z = s * s;
    const P log_m = s * polynomial(z, 2.0, 0x1.5555555554ab2p-1, 0x1.999999a2e4c97p-2, 0x1.24923e9f65755p-2,
                                   0x1.c72523bb1cc6dp-3, 0x1.72bf025f22797p-3, 0x1.5e314043f3e6ap-3);
    const P log_x = select(x > 0 && x < infinity, fma(exponent, 0x1.62e42fefa39efp-1, log_m),
                           select(x == 0, -infinity, x));
    const auto [n, r, low] = split_exponent(max(-746, min(710, y * log_x)));
    return scale(polynomial(r, 1.0, 1.0, 0x1.fffffap-2, 0x1.555492p-3, 0x1.555a26p-5, 0x1.123984p-7, 0x1.694cb8p-10),
                 n);
}

template <class P>
XGRAD_INLINE P with_special_powers(const P& x, const P& y, const P& power_of_size) {
    const P magnitude = select(abs(x) == 1 || y == 0, 1, power_of_size);
    const auto whole = trunc(y) == y, odd = whole && trunc(0.5 * y) != 0.5 * y;
    const P result = select(signbit(x) && odd, -magnitude, magnitude);
    const auto invalid = (x < 0 && x > -__builtin_inf() && !whole) || isnan(x) || isnan(y);
    return select(invalid && x != 1 && y != 0, __builtin_nan(""), result);
}

/// x^y, with the special cases of C
template <class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P pow(const A& x, const B& y) {
    const P a = x, b = y;
    if constexpr (is_float<P>)
        return with_special_powers(
            a, b, convert<float>(rough_power_of_positive(convert<double>(abs(a)), convert<double>(b))));
    else
        return with_special_powers(a, b, power_of_positive(abs(a), b));
}

/// Cube root
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> cbrt(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    const auto [mantissa, exponent] = parts(abs(x));
    const P third = round(exponent * (1 / 3.0)), m = mantissa * power_of_two(exponent - 3 * third); // 0.375 to 3
    // 1 / root: first to 8 bits, each step then has three times as many.
    P r = polynomial(m, 0x1.f9cfcep0, -0x1.1a3736p1, 0x1.00bb78p1, -0x1.02e3e8p0, 0x1.07c09cp-2, -0x1.a7642ep-6);
    for (int i = 0; i < (is_float<P> ? 1 : 2); ++i) {
        const P wrong = fma(-m * r, r * r, 1);
        r = fma(r * wrong, fma(wrong, 2 / 9.0, 1 / 3.0), r);
    }
    const P root = m * (r * r), error = fma(-root * root, root, m);
    const P y = fma(error * (1 / 3.0), r * r, root) * power_of_two(third);
    return copysign(select(abs(x) > 0 && abs(x) < __builtin_inf(), y, abs(x)), x);
}

/// sqrt(x^2 + y^2), infinite if one of them is
template <class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P hypot(const A& first, const B& second) {
    const P x = abs(P(first)), y = abs(P(second)), larger = max(x, y), infinity = __builtin_inf();
    const P up = is_float<P> ? 0x1p80 : 0x1p600, down = is_float<P> ? 0x1p-80 : 0x1p-600;
    const auto large = larger > (is_float<P> ? 0x1p50 : 0x1p500), small = larger < (is_float<P> ? 0x1p-50 : 0x1p-450);
    const P before = select(large, down, select(small, up, 1)), after = select(large, up, select(small, down, 1));
    const P a = x * before, b = y * before;
    return select(x == infinity || y == infinity, infinity, sqrt(fma(a, a, b * b)) * after);
}

} // namespace xgrad::simd
