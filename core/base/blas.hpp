#pragma once

#include <cstddef>

#include <xgrad/core/shape.hpp>

namespace xgrad {

/// C = op(A) op(B), row-major, on the calling thread: C is m x n, the contracted extent is k, lda, ldb and ldc are the
/// distances of rows as stored. Any dtype; BLAS for the floating ones, or oneDNN where it was found and is faster.
struct Gemm {
    DType dtype;
    std::size_t m, n, k;
    bool transpose_a, transpose_b;
    const void* a;
    std::size_t lda;
    const void* b;
    std::size_t ldb;
    void* c;
    std::size_t ldc;
    bool accumulate = false; // C += instead
};
void gemm(const Gemm& g);

/// The library that makes a product of these extents, for people.
const char* gemm_library(DType dtype, std::size_t m, std::size_t n, std::size_t k);

/// Turns BLAS's own threads off: they would spin against ours on the same cores.
void take_over_blas_threads();

} // namespace xgrad
