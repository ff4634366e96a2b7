#pragma once
// The kernels that a reduction gets from its struct; where they are instantiated see elementwise.hpp.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <xgrad/core/kernels/tile.hpp>
#include <xgrad/core/simd/simd.hpp>

namespace xgrad::detail {

/// The identity as an element; an infinity becomes the extreme integer.
template <class Op, class T>
constexpr T identity_of() {
    constexpr auto value = Op::identity;
    if constexpr (std::is_integral_v<T>) {
        if (static_cast<double>(value) >= static_cast<double>(std::numeric_limits<T>::max()))
            return std::numeric_limits<T>::max();
        if (static_cast<double>(value) <= static_cast<double>(std::numeric_limits<T>::min()))
            return std::numeric_limits<T>::min();
    }
    return static_cast<T>(value);
}

template <class Op>
constexpr bool is_wide() {
    if constexpr (requires { Op::wide; })
        return Op::wide;
    else
        return false;
}

/// What carries partial results from tile to tile.
template <class Op, class T>
using accumulator_t = std::conditional_t<is_wide<Op>() && std::is_same_v<T, float>, double, T>;

/// Two partial results in one; integers wrap around, as in packs.
template <class Op, class I, class A>
XGRAD_INLINE A combine_two(A a, A b) {
    if constexpr (std::is_integral_v<A>) {
        using P = simd::Pack<A, I, 1>;
        return Op::combine(P(a), P(b))[0];
    } else
        return Op::combine(a, b);
}

/// The combination of up to `segment` contiguous elements: four vectors side by side, then their lanes in halves.
template <class Op, class T, class I>
T reduce_segment(const T* x, std::size_t n) {
    using P = simd::Pack<T, I>;
    const P identity(identity_of<Op, T>());
    P a = identity, b = identity, c = identity, d = identity;
    std::size_t i = 0;
    for (; i + 4 * P::size <= n; i += 4 * P::size) {
        a = Op::combine(a, P::load(x + i));
        b = Op::combine(b, P::load(x + i + P::size));
        c = Op::combine(c, P::load(x + i + 2 * P::size));
        d = Op::combine(d, P::load(x + i + 3 * P::size));
    }
    for (; i + P::size <= n; i += P::size)
        a = Op::combine(a, P::load(x + i));
    if (i < n) b = Op::combine(b, P::load_partial(x + i, n - i, identity_of<Op, T>()));
    const P all = Op::combine(Op::combine(a, b), Op::combine(c, d));
    return simd::reduce(all, [](const auto& u, const auto& v) XGRAD_LAMBDA_INLINE { return Op::combine(u, v); });
}

template <class Op, class T, class I>
accumulator_t<Op, T> reduce_run(const T* x, std::size_t n) {
    constexpr std::size_t segment = 64 * simd::Pack<T, I>::size; // each lane adds up sixteen elements
    if (n <= segment) return static_cast<accumulator_t<Op, T>>(reduce_segment<Op, T, I>(x, n));
    auto total = static_cast<accumulator_t<Op, T>>(identity_of<Op, T>());
    for (std::size_t i = 0; i < n; i += segment) {
        const std::size_t length = n - i < segment ? n - i : segment;
        total = combine_two<Op, I>(total, static_cast<accumulator_t<Op, T>>(reduce_segment<Op, T, I>(x + i, length)));
    }
    return total;
}

/// Rows that fill no vector: their elements one after the other, four rows side by side.
template <class Op, class T, class I>
void reduce_narrow_rows(const Tile& t) {
    constexpr T identity = identity_of<Op, T>();
    const T* x = static_cast<const T*>(t.in[0]);
    T* out = static_cast<T*>(t.out);
    const std::int64_t stride = t.in_stride[0];
    std::size_t r = 0;
    for (; r + 4 <= t.rows; r += 4, x += 4 * stride, out += 4 * t.out_stride) {
        T a = identity, b = identity, c = identity, d = identity;
        const T *xa = x, *xb = xa + stride, *xc = xb + stride, *xd = xc + stride;
        for (std::size_t i = 0; i < t.cols; ++i) {
            a = combine_two<Op, I>(a, xa[i]);
            b = combine_two<Op, I>(b, xb[i]);
            c = combine_two<Op, I>(c, xc[i]);
            d = combine_two<Op, I>(d, xd[i]);
        }
        out[0] = a;
        out[t.out_stride] = b;
        out[2 * t.out_stride] = c;
        out[3 * t.out_stride] = d;
    }
    for (; r < t.rows; ++r, x += stride, out += t.out_stride) {
        T a = identity;
        for (std::size_t i = 0; i < t.cols; ++i)
            a = combine_two<Op, I>(a, x[i]);
        *out = a;
    }
}

template <class Op, class T, class I>
void reduce_rows_kernel(const Tile& t) {
    constexpr std::size_t narrow_row = 16;
    if (t.cols <= narrow_row) return reduce_narrow_rows<Op, T, I>(t);
    for (std::size_t r = 0; r < t.rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        const T* x = static_cast<const T*>(t.in[0]) + row * t.in_stride[0];
        static_cast<T*>(t.out)[row * t.out_stride] = static_cast<T>(reduce_run<Op, T, I>(x, t.cols));
    }
}

template <class Op, class T, class I>
void reduce_columns_kernel(const Tile& t) {
    using P = simd::Pack<T, I>;
    using A = accumulator_t<Op, T>;
    A* const total = static_cast<A*>(t.out);
    const T* const x = static_cast<const T*>(t.in[0]);
    auto merge = [&](std::size_t c, const P& partial, std::size_t n) XGRAD_LAMBDA_INLINE {
        T lanes[P::size];
        partial.store(lanes);
        for (std::size_t i = 0; i < n; ++i)
            total[c + i] = combine_two<Op, I>(total[c + i], static_cast<A>(lanes[i]));
    };
    std::size_t c = 0;
    for (; c + 4 * P::size <= t.cols; c += 4 * P::size) {
        const P identity(identity_of<Op, T>());
        P p0 = identity, p1 = identity, p2 = identity, p3 = identity;
        const T* at = x + c;
        for (std::size_t r = 0; r < t.rows; ++r, at += t.in_stride[0]) {
            p0 = Op::combine(p0, P::load(at));
            p1 = Op::combine(p1, P::load(at + P::size));
            p2 = Op::combine(p2, P::load(at + 2 * P::size));
            p3 = Op::combine(p3, P::load(at + 3 * P::size));
        }
        merge(c, p0, P::size);
        merge(c + P::size, p1, P::size);
        merge(c + 2 * P::size, p2, P::size);
        merge(c + 3 * P::size, p3, P::size);
    }
    for (; c < t.cols; c += P::size) {
        const std::size_t n = t.cols - c < P::size ? t.cols - c : P::size;
        P partial(identity_of<Op, T>());
        const T* at = x + c;
        for (std::size_t r = 0; r < t.rows; ++r, at += t.in_stride[0])
            partial = Op::combine(partial, n == P::size ? P::load(at) : P::load_partial(at, n, identity_of<Op, T>()));
        merge(c, partial, n);
    }
}

template <class Op, class T, class I>
void reduce_all_kernel(const Tile& t) {
    using A = accumulator_t<Op, T>;
    A& total = *static_cast<A*>(t.out);
    for (std::size_t r = 0; r < t.rows; ++r) {
        const T* x = static_cast<const T*>(t.in[0]) + static_cast<std::int64_t>(r) * t.in_stride[0];
        total = combine_two<Op, I>(total, reduce_run<Op, T, I>(x, t.cols));
    }
}

template <class Op, class T, class I>
void start_kernel(const Tile& t) {
    using A = accumulator_t<Op, T>;
    for (std::size_t c = 0; c < t.cols; ++c)
        static_cast<A*>(t.out)[c] = static_cast<A>(identity_of<Op, T>());
}

template <class Op, class T, class I>
void merge_kernel(const Tile& t) {
    using A = accumulator_t<Op, T>;
    A* out = static_cast<A*>(t.out);
    for (std::size_t c = 0; c < t.cols; ++c)
        out[c] = combine_two<Op, I>(out[c], static_cast<const A*>(t.in[0])[c]);
}

template <class Op, class T, class I>
void finish_kernel(const Tile& t) {
    using A = accumulator_t<Op, T>;
    for (std::size_t c = 0; c < t.cols; ++c)
        static_cast<T*>(t.out)[c] = static_cast<T>(static_cast<const A*>(t.in[0])[c]);
}

} // namespace xgrad::detail
