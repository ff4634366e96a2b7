#pragma once
// Loops that several references share.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <cblas.h>

#include "../data.hpp"
#include "../team.hpp"

namespace bench::hand {

constexpr CBLAS_TRANSPOSE plain = CblasNoTrans, turned = CblasTrans;

/// A matrix whose rows lie `stride` apart.
struct Matrix {
    const float* data;
    std::size_t stride;
    CBLAS_TRANSPOSE form = plain;
};

/// c = a b + keep c, with a (m x k) and b (k x n) as they are after their turning.
inline void multiply(Matrix a, Matrix b, float* c, std::size_t c_stride, std::size_t m, std::size_t n, std::size_t k,
                     float keep = 0) {
    cblas_sgemm(CblasRowMajor, a.form, b.form, static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), 1, a.data,
                static_cast<int>(a.stride), b.data, static_cast<int>(b.stride), keep, c, static_cast<int>(c_stride));
}

/// Cross entropy of one row of scores; what is left in `gradient` is scale times the derivative.
inline float softmax_row(const float* scores, std::int64_t label, std::size_t classes, float scale, float* gradient) {
    float top = scores[0];
    for (std::size_t c = 1; c < classes; ++c)
        top = std::max(top, scores[c]);
    const float right = scores[label] - top;
    float total = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        gradient[c] = std::exp(scores[c] - top);
        total += gradient[c];
    }
    const float factor = scale / total;
    for (std::size_t c = 0; c < classes; ++c)
        gradient[c] *= factor;
    gradient[label] -= scale;
    return std::log(total) - right;
}

/// The hinge loss of Weston and Watkins with margin 1, as above.
inline float svm_row(const float* scores, std::int64_t label, std::size_t classes, float scale, float* gradient) {
    const float limit = scores[label] - 1;
    float loss = 0, count = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        const float margin = scores[c] - limit, over = margin > 0 ? 1.0f : 0.0f;
        loss += over * margin;
        count += over;
        gradient[c] = over * scale;
    }
    gradient[label] -= count * scale; // the label itself was counted, with margin 1
    return loss - 1;
}

/// One part of what Adam does to parameters, for step t.
struct AdamStep {
    float rate, beta1, beta2, epsilon, step, root;
    AdamStep(float rate, float beta1, float beta2, float epsilon, double t)
        : rate(rate), beta1(beta1), beta2(beta2), epsilon(epsilon),
          step(static_cast<float>(rate / (1 - std::pow(beta1, t)))),
          root(static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, t)))) {}

    void operator()(float* p, const float* g, float* m, float* v, std::size_t n) const {
        for (std::size_t i = 0; i < n; ++i) {
            m[i] = beta1 * m[i] + (1 - beta1) * g[i];
            v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
            p[i] -= step * m[i] / (root * std::sqrt(v[i]) + epsilon);
        }
    }
};

} // namespace bench::hand
