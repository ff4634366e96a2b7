#pragma once
// What the kernels of classifier_kernels.cpp and elementwise_kernels.cpp are called. No type of the standard library
// goes in or out: nothing of it may be compiled for AVX-512 and then be taken by the linker for everybody.

#include <cstddef>
#include <cstdint>

namespace bench::bespoke {

/// Matrices of features x classes lie in tiles of 16 features x 10 classes, scores in rows of 16.
constexpr std::size_t lanes = 16;

namespace kernels {

/// scores = x W + bias, for a number of rows that four divides. The first half of as many rows at `next` is brought to
/// the second cache.
void scores(const float* x, std::size_t rows, std::size_t inputs, const float* weights, const float* bias,
            const float* next, float* scores);
/// gradient += x^T adjoint; gradient = x^T adjoint, if `anew`. Brings the second half.
void accumulate(const float* x, std::size_t rows, std::size_t inputs, const float* adjoint, const float* next,
                bool anew, float* gradient);

/// The loss of rows of scores; in their place is left scale times its derivative.
float softmax_rows(float* scores, const std::int64_t* labels, std::size_t rows, float scale);
float svm_rows(float* scores, const std::int64_t* labels, std::size_t rows, float scale);

/// weights -= rate (gradient + 2 l2 weights). Returns the sum of squares of the weights as they were.
float descend(float* weights, const float* gradient, std::size_t n, float rate, float l2);

/// E: long rows, with room for whole lanes of one in `scratch`. The gradient is written past the caches.
double softmax_loss(const float* scores, const std::int64_t* labels, std::size_t rows, std::size_t classes, float scale,
                    float* gradient, float* scratch);

/// F. `n` is a multiple of 16; if `stream`, the gradient is written past the caches.
float chain(const float* x, std::size_t n, float a, float b, float* gradient, bool stream);

/// p -= step m / (root sqrt(v) + epsilon).
struct AdamNumbers {
    float beta1, beta2, epsilon, step, root;
};
/// I. `n` is a multiple of 16.
void adam(float* p, const float* g, float* m, float* v, std::size_t n, const AdamNumbers& numbers);

} // namespace kernels
} // namespace bench::bespoke
