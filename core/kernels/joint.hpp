#pragma once
// Operations of arithmetic in one pass: what lies between is not written and read again.

#include <cmath>

#include <xgrad/core/kernels/elementwise.hpp>
#include <xgrad/core/kernels/tables.hpp>

namespace xgrad {

template <class I>
struct JointKernelsFor {
    static JointKernels make(bool single);
};

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)

template <char Op>
XGRAD_INLINE auto arithmetic(auto a, auto b) {
    if constexpr (Op == '+')
        return a + b;
    else if constexpr (Op == '-')
        return a - b;
    else if constexpr (Op == 'r')
        return b - a;
    else if constexpr (Op == '*')
        return a * b;
    else if constexpr (Op == '/')
        return a / b;
    else
        return b / a;
}

template <char F, char G>
struct Pair {
    static XGRAD_INLINE auto forward(auto a, auto b, auto c) { return arithmetic<G>(arithmetic<F>(a, b), c); }
};

template <char G>
struct SumOfProducts {
    static XGRAD_INLINE auto forward(auto a, auto b, auto c, auto d) { return arithmetic<G>(a * b, c * d); }
};

/// As in running averages of squares
struct SumWithSquare {
    static XGRAD_INLINE auto forward(auto a, auto b, auto c, auto d) { return a * b + c * (d * d); }
};

/// As in steps that are divided by such an average's root
struct QuotientWithRoot {
    static XGRAD_INLINE auto forward(auto a, auto b, auto c) {
        using std::sqrt;
        return c / (a + sqrt(b));
    }
};

namespace {

/// Of a sum or product, the first operand is the one that is spread.
constexpr bool commutes(char op) { return op == '+' || op == '*'; }

template <class T, class I, char F, char G>
void fill_pair(JointKernels& table) {
    using detail::elementwise_kernel;
    auto& kernels = table.pairs[JointKernels::index(F, "+-*/")][JointKernels::index(G, "+-*r/d")];
    kernels[0] = elementwise_kernel<Pair<F, G>, T, I, 0>;
    kernels[1] = elementwise_kernel<Pair<F, G>, T, I, 1>;
    kernels[4] = elementwise_kernel<Pair<F, G>, T, I, 4>;
    kernels[5] = elementwise_kernel<Pair<F, G>, T, I, 5>;
    if constexpr (!commutes(F)) {
        kernels[2] = elementwise_kernel<Pair<F, G>, T, I, 2>;
        kernels[6] = elementwise_kernel<Pair<F, G>, T, I, 6>;
    }
}

template <class T, class I, char F>
void fill_pairs(JointKernels& table) {
    fill_pair<T, I, F, '+'>(table);
    fill_pair<T, I, F, '-'>(table);
    fill_pair<T, I, F, 'r'>(table);
    fill_pair<T, I, F, '*'>(table);
    if constexpr (F != '/') { // two divisions gain nothing
        fill_pair<T, I, F, '/'>(table);
        fill_pair<T, I, F, 'd'>(table);
    }
}

/// Where the first and the third operand may be spread
template <class Op, class T, class I>
void fill_first_and_third(auto& kernels) {
    using detail::elementwise_kernel;
    kernels[0] = elementwise_kernel<Op, T, I, 0>;
    kernels[1] = elementwise_kernel<Op, T, I, 1>;
    kernels[4] = elementwise_kernel<Op, T, I, 4>;
    kernels[5] = elementwise_kernel<Op, T, I, 5>;
}

/// out = arithmetic<Op>(a, b), a of uint8; b may be one element for each row.
template <class T, class I, char Op, bool Spread>
void bytes_kernel(const Tile& t) {
    using P = simd::Pack<T, I>;
    using Bytes = simd::Pack<std::uint8_t, I, P::size>;
    for (std::size_t r = 0; r < t.rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        const auto* const a = static_cast<const std::uint8_t*>(t.in[0]) + row * t.in_stride[0];
        const T* const b = static_cast<const T*>(t.in[1]) + row * t.in_stride[1];
        T* const out = static_cast<T*>(t.out) + row * t.out_stride;
        const P same = Spread ? P(*b) : P(T(1));
        std::size_t c = 0;
        for (; c + P::size <= t.cols; c += P::size)
            arithmetic<Op>(simd::convert<T>(Bytes::load(a + c)), Spread ? same : P::load(b + c)).store(out + c);
        if (const std::size_t n = t.cols - c)
            arithmetic<Op>(simd::convert<T>(Bytes::load_partial(a + c, n)),
                           Spread ? same : P::load_partial(b + c, n, T(1)))
                .store_partial(out + c, n);
    }
}

/// out += s * (c / (a + sqrt(b)))
template <class T, class I>
void add_quotient_with_root(const Tile& t) {
    using P = simd::Pack<T, I>;
    for (std::size_t r = 0; r < t.rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        const auto in = [&](std::size_t k) { return static_cast<const T*>(t.in[k]) + row * t.in_stride[k]; };
        const P s(*in(0)), a(*in(1));
        const T *const b = in(2), *const c = in(3);
        T* const out = static_cast<T*>(t.out) + row * t.out_stride;
        std::size_t i = 0;
        for (; i + P::size <= t.cols; i += P::size)
            (s * QuotientWithRoot::forward(a, P::load(b + i), P::load(c + i)) + P::load(out + i)).store(out + i);
        if (const std::size_t n = t.cols - i)
            (s * QuotientWithRoot::forward(a, P::load_partial(b + i, n, T(1)), P::load_partial(c + i, n, T(1))) +
             P::load_partial(out + i, n, T(1)))
                .store_partial(out + i, n);
    }
}

template <class T, class I, char Op>
void fill_bytes(JointKernels& table) {
    table.on_bytes[JointKernels::index(Op, "+-*r/d")] = {bytes_kernel<T, I, Op, false>, nullptr,
                                                         bytes_kernel<T, I, Op, true>, nullptr};
}

template <class T, class I>
JointKernels all_joint() {
    JointKernels table;
    fill_pairs<T, I, '+'>(table);
    fill_pairs<T, I, '-'>(table);
    fill_pairs<T, I, '*'>(table);
    fill_pairs<T, I, '/'>(table);
    fill_first_and_third<SumOfProducts<'+'>, T, I>(table.sums_of_products[JointKernels::index('+', "+-")]);
    fill_first_and_third<SumOfProducts<'-'>, T, I>(table.sums_of_products[JointKernels::index('-', "+-")]);
    fill_first_and_third<SumWithSquare, T, I>(table.sums_with_squares);
    fill_first_and_third<QuotientWithRoot, T, I>(table.quotients_with_roots);
    table.add_quotient_with_root = add_quotient_with_root<T, I>;
    fill_bytes<T, I, '+'>(table);
    fill_bytes<T, I, '-'>(table);
    fill_bytes<T, I, '*'>(table);
    fill_bytes<T, I, 'r'>(table);
    fill_bytes<T, I, '/'>(table);
    fill_bytes<T, I, 'd'>(table);
    return table;
}

} // namespace

template <class I>
JointKernels JointKernelsFor<I>::make(bool single) {
    return single ? all_joint<float, I>() : all_joint<double, I>();
}

#endif

} // namespace xgrad
