#pragma once
// Inverses of the error function and of the normal distribution function: a guess, and steps of third order.

#include <xgrad/core/simd/math/erf.hpp>
#include <xgrad/core/simd/math/log.hpp>

namespace xgrad::simd {

/// The y >= 0 with erf(y)^2 = 1 - e^log, to 0.2 % (Winitzki, A handy approximation for the error function and its
/// inverse, 2008)
template <class P>
XGRAD_INLINE P guess_of_erfinv(const P& log) {
    constexpr double a = 0.147, two_over_pi_a = 0.6366197723675814 / a;
    const P c = two_over_pi_a + 0.5 * log;
    return sqrt(max(0, sqrt(fma(c, c, -log / a)) - c));
}

/// Inverse error function
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> erfinv(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(erfinv(convert<double>(x)));
    else {
        const P size = abs(x), rest = 1 - size;
        const auto near = size < 0.5;
        P y = select(size < 0.1, 0.8862269254527580 * size, guess_of_erfinv(P(log(rest * (1 + size)))));
        for (int step = 0; step < 3; ++step) {
            const P difference = select(near, erf(y) - size, rest - erfc(y)); // one of them without cancellation
            const P u = 0.8862269254527580 * difference * exp(y * y);
            y -= u / fma(y, u, P(1));
        }
        y = select(size < 1, y, select(size == 1, __builtin_inf(), __builtin_nan("")));
        return select(size < 0x1p-500, 0.8862269254527580 * x, copysign(y, x)); // whose square vanishes
    }
}

/// The x at which the distribution function of the normal distribution is p
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> ndtri(const Pack<T, I, N>& p) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(ndtri(convert<double>(p)));
    else {
        constexpr double root_of_2 = 0x1.6a09e667f3bcdp+0;
        const P rest = 1 - p, q = min(p, rest), centered = 2 * p - 1, log_q = log(q);
        P tail = -root_of_2 * guess_of_erfinv(P(log(4 * q * (1 - q))));
        for (int step = 0; step < 3; ++step) { // log ndtr is almost a parabola there
            const P value = ndtr(tail);
            tail -= (log(value) - log_q) * value / normal_density(tail);
        }
        const P x = select(abs(centered) < 0.6, root_of_2 * erfinv(centered), copysign(tail, centered));
        return select(p > 0 && p < 1, x,
                      select(p == 0, -__builtin_inf(), select(p == 1, __builtin_inf(), __builtin_nan(""))));
    }
}

template <Scalar S, class I = Isa>
XGRAD_INLINE S erfinv(S x) {
    return S(erfinv(Pack<double, I>(x))[0]);
}
template <Scalar S, class I = Isa>
XGRAD_INLINE S ndtri(S p) {
    return S(ndtri(Pack<double, I>(p))[0]);
}

} // namespace xgrad::simd
