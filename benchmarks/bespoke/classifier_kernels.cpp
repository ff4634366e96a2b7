// A, B, C: a few rows of images at a time.

#include "kernels.hpp"
#include "lane.hpp"

namespace bench::bespoke::kernels {

namespace {

constexpr std::size_t classes = 10;
/// The classes of one row.
constexpr __mmask16 present = (1u << classes) - 1;

/// To the second cache.
void prefetch(const float* x) { _mm_prefetch(reinterpret_cast<const char*>(x), _MM_HINT_T1); }

// Twenty sums stay in registers while the features go by. A tile of four rows and five classes reads nine times for
// twenty multiplications, where two rows and all ten classes would read twelve times, and asks the second cache for
// half as many weights.
constexpr std::size_t tall = 4, wide = classes / 2;

void score_tile(const float* x, std::size_t inputs, const float* weights, const float* bias, const float* next,
                float* scores) {
    Lane sums[tall][wide];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < tall; ++i)
#pragma GCC unroll 5
        for (std::size_t c = 0; c < wide; ++c)
            sums[i][c] = all(0);
    for (std::size_t f = 0; f < inputs; f += lanes, weights += lanes * classes) {
        prefetch(next + f);
        Lane features[tall];
#pragma GCC unroll 4
        for (std::size_t i = 0; i < tall; ++i)
            features[i] = _mm512_loadu_ps(x + i * inputs + f);
#pragma GCC unroll 5
        for (std::size_t c = 0; c < wide; ++c) {
            const Lane w = _mm512_load_ps(weights + c * lanes);
#pragma GCC unroll 4
            for (std::size_t i = 0; i < tall; ++i)
                sums[i][c] = _mm512_fmadd_ps(features[i], w, sums[i][c]);
        }
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < tall; ++i)
#pragma GCC unroll 5
        for (std::size_t c = 0; c < wide; ++c)
            scores[i * lanes + c] = _mm512_reduce_add_ps(sums[i][c]) + bias[c];
}

} // namespace

void scores(const float* x, std::size_t rows, std::size_t inputs, const float* weights, const float* bias,
            const float* next, float* scores) {
    for (std::size_t i = 0; i < rows; i += tall)
        for (std::size_t half = 0; half < 2; ++half) {
            const std::size_t c = half * wide;
            score_tile(x + i * inputs, inputs, weights + c * lanes, bias + c, next + (i / 2 + half) * inputs,
                       scores + i * lanes + c);
        }
}

void accumulate(const float* x, std::size_t rows, std::size_t inputs, const float* adjoint, const float* next,
                bool anew, float* gradient) {
    for (std::size_t f = 0; f < inputs; f += 2 * lanes) {
        float* g = gradient + f * classes;
        Lane sums[2][classes];
#pragma GCC unroll 10
        for (std::size_t c = 0; c < classes; ++c) {
            sums[0][c] = anew ? all(0) : _mm512_load_ps(g + c * lanes);
            sums[1][c] = anew ? all(0) : _mm512_load_ps(g + (classes + c) * lanes);
        }
        for (std::size_t i = 0; i < rows; ++i) {
            const Lane a = _mm512_loadu_ps(x + i * inputs + f), b = _mm512_loadu_ps(x + i * inputs + f + lanes);
            prefetch(next + (rows + i) / 2 * inputs + f + i % 2 * lanes);
#pragma GCC unroll 10
            for (std::size_t c = 0; c < classes; ++c) {
                const Lane s = all(adjoint[i * lanes + c]);
                sums[0][c] = _mm512_fmadd_ps(a, s, sums[0][c]);
                sums[1][c] = _mm512_fmadd_ps(b, s, sums[1][c]);
            }
        }
#pragma GCC unroll 10
        for (std::size_t c = 0; c < classes; ++c) {
            _mm512_store_ps(g + c * lanes, sums[0][c]);
            _mm512_store_ps(g + (classes + c) * lanes, sums[1][c]);
        }
    }
}

float softmax_rows(float* scores, const std::int64_t* labels, std::size_t rows, float scale) {
    float loss = 0;
    for (std::size_t i = 0; i < rows; ++i, scores += lanes) {
        const Lane s = _mm512_load_ps(scores);
        const float top = _mm512_mask_reduce_max_ps(present, s), right = scores[labels[i]] - top;
        const Lane e = _mm512_maskz_mov_ps(present, exp(_mm512_sub_ps(s, all(top))));
        const float total = _mm512_reduce_add_ps(e);
        _mm512_store_ps(scores, _mm512_mul_ps(e, all(scale / total)));
        scores[labels[i]] -= scale;
        loss += log(total) - right;
    }
    return loss;
}

float svm_rows(float* scores, const std::int64_t* labels, std::size_t rows, float scale) {
    float loss = 0;
    for (std::size_t i = 0; i < rows; ++i, scores += lanes) {
        const Lane margin = _mm512_sub_ps(_mm512_load_ps(scores), all(scores[labels[i]] - 1));
        const auto others = static_cast<__mmask16>(present & ~(1u << labels[i]));
        const __mmask16 over = _mm512_mask_cmp_ps_mask(others, margin, all(0), _CMP_GT_OQ);
        loss += _mm512_mask_reduce_add_ps(over, margin);
        _mm512_store_ps(scores, _mm512_maskz_mov_ps(over, all(scale)));
        scores[labels[i]] = -scale * static_cast<float>(__builtin_popcount(over));
    }
    return loss;
}

float descend(float* weights, const float* gradient, std::size_t n, float rate, float l2) {
    Lane squares = all(0);
    for (std::size_t i = 0; i < n; i += lanes) {
        const Lane w = _mm512_load_ps(weights + i);
        squares = _mm512_fmadd_ps(w, w, squares);
        const Lane g = _mm512_fmadd_ps(all(2 * l2), w, _mm512_load_ps(gradient + i));
        _mm512_store_ps(weights + i, _mm512_fnmadd_ps(all(rate), g, w));
    }
    return _mm512_reduce_add_ps(squares);
}

} // namespace bench::bespoke::kernels
