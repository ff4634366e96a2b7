#pragma once

#include <xgrad/core/simd_exp.hpp>
#include <xgrad/core/simd_log.hpp>

namespace xgrad::simd {

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> sin(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_sin(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> cos(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_cos(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> tan(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_tan(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> asin(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_asin(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> acos(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_acos(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> atan(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_atan(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> erf(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_erf(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> erfc(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_erfc(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> cbrt(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_cbrt(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> asinh(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_asinh(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> acosh(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_acosh(a); }, x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> atanh(const Pack<T, I, N>& x) {
    return Pack<T, I, N>::lanewise([](T a) { return __builtin_atanh(a); }, x);
}

template <class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P pow(const A& x, const B& y) {
    return P::lanewise([](auto a, auto b) { return __builtin_pow(a, b); }, P(x), P(y));
}

template <class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P atan2(const A& x, const B& y) {
    return P::lanewise([](auto a, auto b) { return __builtin_atan2(a, b); }, P(x), P(y));
}

template <class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P hypot(const A& x, const B& y) {
    return P::lanewise([](auto a, auto b) { return __builtin_hypot(a, b); }, P(x), P(y));
}

template <class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P fmod(const A& x, const B& y) {
    return P::lanewise([](auto a, auto b) { return __builtin_fmod(a, b); }, P(x), P(y));
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> rsqrt(const Pack<T, I, N>& x) {
    return 1 / sqrt(x);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE Pack<T, I, N> softplus(const Pack<T, I, N>& x) {
    return max(Pack<T, I, N>(0), x) + log1p_of_fraction(exp(-abs(x)));
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

}
