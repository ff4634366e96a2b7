#pragma once

#include <xgrad/core/simd/convert.hpp>

namespace xgrad::simd {

namespace detail {

template <class T>
inline constexpr bool is_pack = false;
template <class T, class I, std::size_t N>
inline constexpr bool is_pack<Pack<T, I, N>> = true;

template <class A, class B>
struct CommonPack {};
template <class A, class B>
    requires(is_pack<A> && (Scalar<B> || std::is_same_v<A, B>))
struct CommonPack<A, B> {
    using type = A;
};
template <class A, class B>
    requires(Scalar<A>&& is_pack<B>)
struct CommonPack<A, B> {
    using type = B;
};

struct Greater {
    template <class X>
    XGRAD_INLINE X operator()(const X& a, const X& b) const {
        if constexpr (Scalar<X>)
            return a > b ? a : b;
        else
            return max(a, b);
    }
};
struct Less {
    template <class X>
    XGRAD_INLINE X operator()(const X& a, const X& b) const {
        if constexpr (Scalar<X>)
            return a < b ? a : b;
        else
            return min(a, b);
    }
};

} // namespace detail

/// The pack among two arguments, of which one may be a number
template <class A, class B>
using CommonPack = typename detail::CommonPack<A, B>::type;

/// a where the mask is set, b elsewhere. The mask may be of lanes of another type.
template <class T, class I, std::size_t N, class A, class B, class P = CommonPack<A, B>>
XGRAD_INLINE P select(const Mask<T, I, N>& mask, const A& a, const B& b) {
    return P::blend(mask.template as<typename P::value_type>(), a, b);
}
template <class T, class I, std::size_t N, Scalar A, Scalar B>
XGRAD_INLINE Pack<T, I, N> select(const Mask<T, I, N>& mask, A a, B b) {
    return Pack<T, I, N>::blend(mask, a, b);
}

/// f of all numbers, always in the same order: halves with halves, down to f(f(x0, x2), f(x1, x3)).
/// f is given packs, or numbers.
template <class T, class I, std::size_t N, class F>
XGRAD_INLINE T reduce(const Pack<T, I, N>& x, F f) {
    using P = Pack<T, I, N>;
    if constexpr (N == 1)
        return x[0];
    else if constexpr (N * sizeof(T) > 16)
        return reduce(f(x.low(), x.high()), f);
    else if constexpr (N == 2 && N * sizeof(T) == 16)
        return f(x, P(P::Lane::template swap<1>(x.v)))[0];
    else if constexpr (N == 4 && N * sizeof(T) == 16) {
        const P pairs = f(x, P(P::Lane::template swap<2>(x.v)));
        return f(pairs, P(P::Lane::template swap<1>(pairs.v)))[0];
    } else if constexpr (N == 2)
        return f(x.low(), x.high())[0];
    else if constexpr (N == 4)
        return f(f(x[0], x[2]), f(x[1], x[3]));
    else
        return reduce(f(x.low(), x.high()), f);
}

/// The same functions of numbers, where std has none.
template <Scalar A, Scalar B, class I = Isa>
XGRAD_INLINE std::common_type_t<A, B> select(bool condition, A a, B b) {
    return condition ? a : b;
}
template <Scalar A, Scalar B, class I = Isa>
XGRAD_INLINE std::common_type_t<A, B> minimum(A a, B b) {
    using T = std::common_type_t<A, B>;
    const T x = a, y = b;
    return x != x || x < y ? x : y;
}
template <Scalar A, Scalar B, class I = Isa>
XGRAD_INLINE std::common_type_t<A, B> maximum(A a, B b) {
    using T = std::common_type_t<A, B>;
    const T x = a, y = b;
    return x != x || x > y ? x : y;
}

template <class T, class I, std::size_t N>
XGRAD_INLINE T reduce_add(const Pack<T, I, N>& x) {
    return reduce(x, [](const auto& a, const auto& b) { return a + b; });
}
/// NaN if there is one
template <class T, class I, std::size_t N>
XGRAD_INLINE T reduce_max(const Pack<T, I, N>& x) {
    const T greatest = reduce(x, detail::Greater{});
    if constexpr (std::is_floating_point_v<T>)
        return any(isnan(x)) ? T(__builtin_nan("")) : greatest;
    else
        return greatest;
}
/// NaN if there is one
template <class T, class I, std::size_t N>
XGRAD_INLINE T reduce_min(const Pack<T, I, N>& x) {
    const T least = reduce(x, detail::Less{});
    if constexpr (std::is_floating_point_v<T>)
        return any(isnan(x)) ? T(__builtin_nan("")) : least;
    else
        return least;
}

} // namespace xgrad::simd
