#pragma once
// Products of matrices so small that calling BLAS takes longer than the product: rows of the result in registers.

#include <array>
#include <cstddef>
#include <cstdint>

#include <xgrad/core/kernels/tables.hpp>
#include <xgrad/core/simd/simd.hpp>

namespace xgrad {

template <class I>
struct SmallProductFor {
    static SmallProductKernel make(bool single);
};

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)
namespace {

template <class T, class I>
void small_product_kernel(const SmallProduct& p) {
    using P = simd::Pack<T, I>;
    constexpr std::size_t most = SmallProduct::most, lanes = P::size;
    const T *a = static_cast<const T*>(p.a), *b = static_cast<const T*>(p.b);
    T* c = static_cast<T*>(p.c);
    const std::size_t row = p.transpose_a ? 1 : p.lda, column = p.transpose_a ? p.lda : 1;
    T turned[most * most];
    P rows[most];
    for (std::size_t i = 0; i < p.count; ++i, a += p.stride_a, b += p.stride_b, c += p.m * p.n) {
        for (std::size_t l = 0; l < p.k && p.transpose_b; ++l)
            for (std::size_t j = 0; j < p.n; ++j)
                turned[l * p.n + j] = b[j * p.ldb + l];
        const T* const right = p.transpose_b ? turned : b;
        const std::size_t ldb = p.transpose_b ? p.n : p.ldb;
        for (std::size_t j = 0; j < p.n; j += lanes) {
            const std::size_t width = p.n - j < lanes ? p.n - j : lanes;
            for (std::size_t l = 0; l < p.k; ++l)
                rows[l] = P::load_partial(right + l * ldb + j, width);
            for (std::size_t r = 0; r < p.m; ++r) {
                P sum = a[r * row] * rows[0];
                for (std::size_t l = 1; l < p.k; ++l)
                    sum = fma(P(a[r * row + l * column]), rows[l], sum);
                sum.store_partial(c + r * p.n + j, width);
            }
        }
    }
}

} // namespace

template <class I>
SmallProductKernel SmallProductFor<I>::make(bool single) {
    return single ? small_product_kernel<float, I> : small_product_kernel<double, I>;
}

#endif

} // namespace xgrad
