#pragma once

#include <xgrad/core/simd_exp.hpp>

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

/// erfc(x) for doubles x >= 3/4, as e^(-x^2) times 1 / (x + 2) times a polynomial of (x - 2) / (x + 2)
template <class P>
XGRAD_INLINE P erfc_of_large(const P& x) {
    const P bounded = min(28, x), below = bounded + 2, below_low = bounded - (below - 2), w = 1 / below;
    const Sum<P> check = product_of(w, below);
    const P w_low = (((1 - check.high) - check.low) - w * below_low) * w;
    const P above = bounded - 2, q = above * w;
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
    const Sum<P> square = product_of(bounded, bounded);
    const auto split = split_exponent(-square.high);
    const P r = split.rest + (split.low - square.low), less_one = fma(r * r, exp_remainder(r), r), power = 1 + less_one;
    const P power_low = less_one - (power - 1);
    const Sum<P> product = product_of(power, factor.high);
    return scale(product.high + (product.low + fma(power, factor_low, power_low * factor.high)), split.n);
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

} // namespace xgrad::simd
