#pragma once
// Two operations of arithmetic in one pass: (a f b) g c. What lies between is not written and read again.

#include <cstring>

#include <xgrad/core/elementwise.hpp>
#include <xgrad/core/machine.hpp>

namespace xgrad {

template <class I>
struct PairKernelsFor {
    static PairKernels make(bool single);
};

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)

/// `r` is a subtraction the other way round, c - (a f b).
template <char F, char G>
struct Pair {
    template <char Op>
    static XGRAD_INLINE auto apply(auto a, auto b) {
        if constexpr (Op == '+')
            return a + b;
        else if constexpr (Op == '-')
            return a - b;
        else if constexpr (Op == 'r')
            return b - a;
        else
            return a * b;
    }
    static XGRAD_INLINE auto forward(auto a, auto b, auto c) { return apply<G>(apply<F>(a, b), c); }
};

namespace {

template <class T, class I, char F, char G>
void fill_pair(PairKernels& table) {
    using detail::elementwise_kernel;
    auto& kernels = table.kernels[PairKernels::index(F)][PairKernels::index(G)];
    kernels[0] = elementwise_kernel<Pair<F, G>, T, I, 0>;
    kernels[1] = elementwise_kernel<Pair<F, G>, T, I, 1>;
    kernels[4] = elementwise_kernel<Pair<F, G>, T, I, 4>;
    kernels[5] = elementwise_kernel<Pair<F, G>, T, I, 5>;
    if constexpr (F == '-') { // of a sum or product, the first is the one that is spread
        kernels[2] = elementwise_kernel<Pair<F, G>, T, I, 2>;
        kernels[6] = elementwise_kernel<Pair<F, G>, T, I, 6>;
    }
}

template <class T, class I, char F>
void fill_pairs(PairKernels& table) {
    fill_pair<T, I, F, '+'>(table);
    fill_pair<T, I, F, '-'>(table);
    fill_pair<T, I, F, 'r'>(table);
    fill_pair<T, I, F, '*'>(table);
}

template <class T, class I>
PairKernels all_pairs() {
    PairKernels table;
    fill_pairs<T, I, '+'>(table);
    fill_pairs<T, I, '-'>(table);
    fill_pairs<T, I, '*'>(table);
    return table;
}

} // namespace

template <class I>
PairKernels PairKernelsFor<I>::make(bool single) {
    return single ? all_pairs<float, I>() : all_pairs<double, I>();
}

#endif

} // namespace xgrad
