#pragma once

#include <xgrad/core/simd/math/erf.hpp>
#include <xgrad/core/simd/math/exp.hpp>
#include <xgrad/core/simd/math/log.hpp>
#include <xgrad/core/simd/math/pow.hpp>
#include <xgrad/core/simd/math/trig.hpp>

namespace xgrad::simd {

/// Remainder of x / y, with the sign of x
template <class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P fmod(const A& x, const B& y) {
    return P::lanewise([](auto a, auto b) { return __builtin_fmod(a, b); }, P(x), P(y));
}

/// 1 / sqrt(x)
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> rsqrt(const Pack<T, I, N>& x) {
    return 1 / sqrt(x);
}

/// log(1 + e^x)
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> softplus(const Pack<T, I, N>& x) {
    return max(Pack<T, I, N>(0), x) + log1p_of_fraction(exp_in_range(negative_size(x)));
}

/// Inverse hyperbolic sine
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> asinh(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(asinh(convert<double>(x)));
    else {
        const P size = abs(x), square = size * size;
        const auto large = size > 0x1p60; // log(2x)
        const P y = log1p(select(large, size, size + square / (1 + sqrt(1 + square))));
        return copysign(y + select(large, 0x1.62e42fefa39efp-1, 0), x);
    }
}

/// Inverse hyperbolic cosine
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> acosh(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(acosh(convert<double>(x)));
    else {
        const auto large = x > 0x1p60; // log(2x)
        const P t = x - 1, square = fma(t, t, t + t), root = sqrt(square), sum = root + t;
        // What the rounding of square, root and sum did, to first order.
        const P lost = (fma(t, t, (t + t) - square) + fma(-root, root, square)) / (2 * root) + (t - (sum - root));
        const P y = log1p(select(large, x, sum)) +
                    select(large, 0x1.62e42fefa39efp-1, select(x > 1, lost / (1 + sum), 0));
        return select(x < 1, __builtin_nan(""), y);
    }
}

/// Inverse hyperbolic tangent
template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> atanh(const Pack<T, I, N>& x) {
    using P = Pack<T, I, N>;
    if constexpr (is_float<P>)
        return convert<float>(atanh(convert<double>(x)));
    else {
        const P size = abs(x);
        return copysign(0.5 * log1p(2 * size / (1 - size)), x);
    }
}

/// The same functions of numbers, where std has none.
template <Scalar S, class I = Isa>
XGRAD_INLINE S rsqrt(S x) {
    return S(1 / __builtin_sqrt(x));
}
template <Scalar S, class I = Isa>
XGRAD_INLINE S sigmoid(S x) {
    const double e = __builtin_exp(-__builtin_fabs(x));
    return S((x < 0 ? e : 1) / (1 + e));
}
template <Scalar S, class I = Isa>
XGRAD_INLINE S softplus(S x) {
    return S((x <= 0 ? 0 : x) + __builtin_log1p(__builtin_exp(-__builtin_fabs(x))));
}

} // namespace xgrad::simd
