#pragma once
// The kernel that an elementwise op gets from its struct. In a user's source it is instantiated where the op is
// recorded; those of the built-in ops are instantiated in kernels*.cpp once for each instruction set.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <xgrad/core/kernels/tile.hpp>
#include <xgrad/core/shape.hpp>
#include <xgrad/core/simd/math.hpp>
#include <xgrad/core/simd/simd.hpp>

namespace xgrad::detail {

template <class Op>
constexpr bool is_masked() {
    if constexpr (requires { Op::masked; })
        return Op::masked;
    else
        return false;
}

/// The number of arguments of a generic `forward`.
template <class Op>
constexpr int arity_of() {
    if constexpr (is_masked<Op>())
        return 3;
    else if constexpr (requires(const Op& op) { op.forward(1.0); })
        return 1;
    else if constexpr (requires(const Op& op) { op.forward(1.0, 1.0); })
        return 2;
    else if constexpr (requires(const Op& op) { op.forward(1.0, 1.0, 1.0, 1.0); })
        return 4; // of the library's own
    else
        return 3;
}

template <class Op, class T>
auto apply_scalar(const Op& op, const T* x) {
    if constexpr (is_masked<Op>())
        return op.forward(x[0] != T(0), x[1], x[2]);
    else if constexpr (arity_of<Op>() == 1)
        return op.forward(x[0]);
    else if constexpr (arity_of<Op>() == 2)
        return op.forward(x[0], x[1]);
    else
        return op.forward(x[0], x[1], x[2]);
}

template <class Op, class T>
using scalar_result_t = stored_t<decltype(apply_scalar(std::declval<const Op&>(), std::declval<const T*>()))>;

template <class R>
struct ResultOf {
    using type = typename R::value_type; // a Pack
};
template <class T, class I, std::size_t N>
struct ResultOf<simd::Mask<T, I, N>> {
    using type = std::uint8_t;
};

template <class T, class I, std::size_t N, class U>
XGRAD_INLINE void put(const simd::Pack<T, I, N>& value, U* out) {
    value.store(out);
}
template <class T, class I, std::size_t N, class U>
XGRAD_INLINE void put(const simd::Mask<T, I, N>& value, U* out) {
    to_uint8(value).store(out);
}
template <class T, class I, std::size_t N, class U>
XGRAD_INLINE void put_partial(const simd::Pack<T, I, N>& value, U* out, std::size_t n) {
    value.store_partial(out, n);
}
template <class T, class I, std::size_t N, class U>
XGRAD_INLINE void put_partial(const simd::Mask<T, I, N>& value, U* out, std::size_t n) {
    to_uint8(value).store_partial(out, n);
}

template <class T, class I, std::size_t N>
XGRAD_INLINE void put_first(const simd::Pack<T, I, N>& value, void* out) {
    *static_cast<T*>(out) = value[0];
}
template <class T, class I, std::size_t N>
XGRAD_INLINE void put_first(const simd::Mask<T, I, N>& value, void* out) {
    *static_cast<std::uint8_t*>(out) = to_uint8(value)[0];
}

/// Splat: bit k is set if input k holds one element for each row. (A mask never does.)
template <class Op, class T, class I, int Splat>
void elementwise_kernel(const Tile& t) {
    using P = simd::Pack<T, I>;
    using M = simd::Mask<T, I, P::size>;
    constexpr int arity = arity_of<Op>();
    const Op& op = *static_cast<const Op*>(t.op);

    auto apply = [&](const auto& first, const P& second, const P& third, const P& fourth) XGRAD_LAMBDA_INLINE {
        if constexpr (arity == 1)
            return op.forward(first);
        else if constexpr (arity == 2)
            return op.forward(first, second);
        else if constexpr (arity == 3)
            return op.forward(first, second, third);
        else
            return op.forward(first, second, third, fourth);
    };
    using Result = decltype(apply(std::declval<std::conditional_t<is_masked<Op>(), M, P>>(), P(), P(), P()));
    using Out = typename ResultOf<Result>::type;

    constexpr bool masked = is_masked<Op>();
    if (t.rows == 1 && t.cols == 1) { // numbers: no loop to set up, no lane to leave out
        auto number = [&](int k) XGRAD_LAMBDA_INLINE { return P(*static_cast<const T*>(t.in[k])); };
        const P second = arity > 1 ? number(1) : P(T(1)), third = arity > 2 ? number(2) : P(T(1)),
                fourth = arity > 3 ? number(3) : P(T(1));
        if constexpr (masked)
            put_first(apply(P(T(*static_cast<const std::uint8_t*>(t.in[0]) != 0)) != 0, second, third, fourth), t.out);
        else
            put_first(apply(number(0), second, third, fourth), t.out);
        return;
    }
    constexpr bool spread0 = Splat & 1, spread1 = arity < 2 || Splat & 2, spread2 = arity < 3 || Splat & 4,
                   spread3 = arity < 4 || Splat & 8;
    const std::size_t rows = t.rows, cols = t.cols; // copies: the compiler cannot know that no output overwrites t
    for (std::size_t r = 0; r < rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        auto source = [&](int k) XGRAD_LAMBDA_INLINE { return static_cast<const T*>(t.in[k]) + row * t.in_stride[k]; };
        Out* const out = static_cast<Out*>(t.out) + row * t.out_stride;
        const T* const x0 = masked ? nullptr : source(0);
        const T* const x1 = arity > 1 ? source(1) : nullptr;
        const T* const x2 = arity > 2 ? source(2) : nullptr;
        const T* const x3 = arity > 3 ? source(3) : nullptr;
        const std::uint8_t* const mask = masked ? static_cast<const std::uint8_t*>(t.in[0]) + row * t.in_stride[0]
                                                : nullptr;
        const P s0 = spread0 ? P(*x0) : P(T(1));
        const P s1 = arity > 1 && spread1 ? P(*x1) : P(T(1));
        const P s2 = arity > 2 && spread2 ? P(*x2) : P(T(1));
        const P s3 = arity > 3 && spread3 ? P(*x3) : P(T(1));

        auto whole = [&](std::size_t c) XGRAD_LAMBDA_INLINE {
            const P second = spread1 ? s1 : P::load(x1 + c), third = spread2 ? s2 : P::load(x2 + c),
                    fourth = spread3 ? s3 : P::load(x3 + c);
            if constexpr (masked)
                put(apply(M::from_uint8(mask + c), second, third, fourth), out + c);
            else
                put(apply(spread0 ? s0 : P::load(x0 + c), second, third, fourth), out + c);
        };
        std::size_t c = 0;
        for (; c + 4 * P::size <= cols; c += 4 * P::size)
            for (std::size_t i = 0; i < 4; ++i)
                whole(c + i * P::size); // unrolled where the op is short
        for (; c + P::size <= cols; c += P::size)
            whole(c);
        if (const std::size_t n = cols - c) {
            const P second = spread1 ? s1 : P::load_partial(x1 + c, n, T(1));
            const P third = spread2 ? s2 : P::load_partial(x2 + c, n, T(1));
            const P fourth = spread3 ? s3 : P::load_partial(x3 + c, n, T(1));
            if constexpr (masked)
                put_partial(apply(M::from_uint8_partial(mask + c, n), second, third, fourth), out + c, n);
            else
                put_partial(apply(spread0 ? s0 : P::load_partial(x0 + c, n, T(1)), second, third, fourth), out + c, n);
        }
    }
}

} // namespace xgrad::detail
