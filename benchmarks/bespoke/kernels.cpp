#include "kernels.hpp"

#include <immintrin.h>

namespace bench::bespoke::kernels {

namespace {

using Lane = __m512;
constexpr std::size_t classes = 10;

Lane all(float x) { return _mm512_set1_ps(x); }

template <std::size_t n>
Lane polynomial(const float (&terms)[n], Lane x) {
    Lane y = all(terms[0]);
#pragma GCC unroll 16
    for (std::size_t i = 1; i < n; ++i)
        y = _mm512_fmadd_ps(y, x, all(terms[i]));
    return y;
}

/// e^x, for x from -87 to 88; 2 ulp.
Lane exp(Lane x) {
    const Lane n = _mm512_roundscale_ps(_mm512_mul_ps(x, all(1.44269504f)), 0);
    const Lane r = _mm512_fnmadd_ps(n, all(-2.12194440e-4f), _mm512_fnmadd_ps(n, all(0.693359375f), x));
    constexpr float terms[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                               4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
    const Lane p = polynomial(terms, r);
    return _mm512_scalef_ps(_mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, all(1))), n);
}

/// ln x, for normal x > 0.
Lane log(Lane x) {
    const Lane m = _mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src);
    const Lane e = _mm512_getexp_ps(_mm512_mul_ps(x, all(4 / 3.0f))); // m < 0.75 belongs to the next exponent
    const Lane r = _mm512_sub_ps(m, all(1)), square = _mm512_mul_ps(r, r);
    constexpr float terms[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                               -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                               2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
    const Lane p = _mm512_fmadd_ps(_mm512_mul_ps(polynomial(terms, r), r), square,
                                   _mm512_fnmadd_ps(all(0.5f), square, r));
    return _mm512_fmadd_ps(e, all(0.693147181f), p);
}

float log(float x) { return _mm512_cvtss_f32(log(all(x))); }

void prefetch(const float* x) { _mm_prefetch(reinterpret_cast<const char*>(x), _MM_HINT_T1); }

/// The classes of one row.
constexpr __mmask16 present = (1u << classes) - 1;

} // namespace

void scores(const float* x, std::size_t rows, std::size_t inputs, const float* weights, const float* bias,
            const float* next, float* scores) {
    for (std::size_t i = 0; i < rows; i += 2) {
        const float *first = x + i * inputs, *second = first + inputs;
        Lane sums[2][classes];
        for (std::size_t c = 0; c < classes; ++c)
            sums[0][c] = sums[1][c] = all(0);
        for (std::size_t f = 0; f < inputs; f += lanes) {
            const Lane a = _mm512_loadu_ps(first + f), b = _mm512_loadu_ps(second + f);
            const float* w = weights + f * classes;
            prefetch(next + i / 2 * inputs + f);
#pragma GCC unroll 10
            for (std::size_t c = 0; c < classes; ++c) {
                const Lane column = _mm512_load_ps(w + c * lanes);
                sums[0][c] = _mm512_fmadd_ps(a, column, sums[0][c]);
                sums[1][c] = _mm512_fmadd_ps(b, column, sums[1][c]);
            }
        }
        for (std::size_t row = 0; row < 2; ++row)
#pragma GCC unroll 10
            for (std::size_t c = 0; c < classes; ++c)
                scores[(i + row) * lanes + c] = _mm512_reduce_add_ps(sums[row][c]) + bias[c];
    }
}

void accumulate(const float* x, std::size_t rows, std::size_t inputs, const float* adjoint, const float* next,
                float* gradient) {
    for (std::size_t f = 0; f < inputs; f += 2 * lanes) {
        float* g = gradient + f * classes;
        Lane sums[2][classes];
#pragma GCC unroll 10
        for (std::size_t c = 0; c < classes; ++c) {
            sums[0][c] = _mm512_load_ps(g + c * lanes);
            sums[1][c] = _mm512_load_ps(g + (classes + c) * lanes);
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

float descend(float* weights, float* gradient, std::size_t n, float rate, float l2) {
    Lane squares = all(0);
    for (std::size_t i = 0; i < n; i += lanes) {
        const Lane w = _mm512_load_ps(weights + i);
        squares = _mm512_fmadd_ps(w, w, squares);
        const Lane g = _mm512_fmadd_ps(all(2 * l2), w, _mm512_load_ps(gradient + i));
        _mm512_store_ps(weights + i, _mm512_fnmadd_ps(all(rate), g, w));
        _mm512_store_ps(gradient + i, all(0));
    }
    return _mm512_reduce_add_ps(squares);
}

float softmax_row(const float* scores, std::int64_t label, std::size_t classes, float scale, float* gradient,
                  float* scratch) {
    const auto rest = [&](std::size_t i) {
        return classes - i >= lanes ? __mmask16(0xffff) : static_cast<__mmask16>((1u << (classes - i)) - 1);
    };
    const Lane least = all(-3e38f);
    Lane top = least;
    for (std::size_t i = 0; i < classes; i += lanes)
        top = _mm512_max_ps(top, _mm512_mask_loadu_ps(least, rest(i), scores + i));
    const float highest = _mm512_reduce_max_ps(top);
    Lane sum = all(0);
    for (std::size_t i = 0; i < classes; i += lanes) {
        const Lane shifted = _mm512_sub_ps(_mm512_maskz_loadu_ps(rest(i), scores + i), all(highest));
        const Lane e = exp(_mm512_max_ps(shifted, all(-87)));
        _mm512_store_ps(scratch + i, e);
        sum = _mm512_mask_add_ps(sum, rest(i), sum, e);
    }
    const float total = _mm512_reduce_add_ps(sum);
    const Lane factor = all(scale / total);
    scratch[label] -= total;
    for (std::size_t i = 0; i < classes; i += lanes)
        _mm512_mask_storeu_ps(gradient + i, rest(i), _mm512_mul_ps(_mm512_load_ps(scratch + i), factor));
    return log(total) - (scores[label] - highest);
}

float chain(const float* x, std::size_t n, float a, float b, float* gradient, bool stream) {
    constexpr std::size_t ahead = 512;
    const Lane one = all(1), two = all(2);
    Lane sum = all(0);
    for (std::size_t i = 0; i < n; i += lanes) {
        _mm_prefetch(reinterpret_cast<const char*>(x + i + ahead), _MM_HINT_T0);
        const Lane v = _mm512_load_ps(x + i), square = _mm512_mul_ps(v, v), u = _mm512_fmadd_ps(v, v, one);
        const Lane z = _mm512_fmadd_ps(all(2 * a), v, all(2 * b)); // tanh(z/2) = 1 - 2 / (e^z + 1)
        const Lane d = _mm512_add_ps(exp(_mm512_max_ps(_mm512_min_ps(z, all(40)), all(-40))), one);
        const Lane e = exp(_mm512_max_ps(_mm512_sub_ps(all(0), square), all(-87)));
        const Lane inverse = _mm512_div_ps(one, _mm512_mul_ps(d, u)); // one division for both
        const Lane t = _mm512_fnmadd_ps(two, _mm512_mul_ps(inverse, u), one);
        sum = _mm512_add_ps(sum, _mm512_fmadd_ps(t, e, log(u)));
        const Lane slope = _mm512_fnmadd_ps(_mm512_mul_ps(two, v), t,
                                            _mm512_mul_ps(all(a), _mm512_fnmadd_ps(t, t, one)));
        const Lane g = _mm512_fmadd_ps(e, slope, _mm512_mul_ps(_mm512_mul_ps(two, v), _mm512_mul_ps(inverse, d)));
        if (stream)
            _mm512_stream_ps(gradient + i, g);
        else
            _mm512_store_ps(gradient + i, g);
    }
    if (stream) _mm_sfence(); // orders what was written past the caches
    return _mm512_reduce_add_ps(sum);
}

} // namespace bench::bespoke::kernels
