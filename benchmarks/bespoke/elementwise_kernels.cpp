// E, F, I: work without products.

#include "kernels.hpp"
#include "lane.hpp"

namespace bench::bespoke::kernels {

namespace {

/// The first of the lanes, so many as there are numbers left.
__mmask16 first(std::size_t left) {
    return left >= lanes ? __mmask16(0xffff) : static_cast<__mmask16>((1u << left) - 1);
}

float softmax_row(const float* scores, std::int64_t label, std::size_t classes, float scale, float* gradient,
                  float* scratch) {
    const std::size_t pairs = classes / (2 * lanes) * (2 * lanes);
    Lane tops[2] = {all(-3e38f), all(-3e38f)}, sums[2] = {all(0), all(0)};

    for (std::size_t i = 0; i < pairs; i += 2 * lanes)
        for (std::size_t j = 0; j < 2; ++j)
            tops[j] = _mm512_max_ps(tops[j], _mm512_loadu_ps(scores + i + j * lanes));
    for (std::size_t i = pairs; i < classes; i += lanes) {
        const __mmask16 here = first(classes - i);
        tops[0] = _mm512_mask_max_ps(tops[0], here, tops[0], _mm512_maskz_loadu_ps(here, scores + i));
    }
    const float highest = _mm512_reduce_max_ps(_mm512_max_ps(tops[0], tops[1]));

    const auto raise = [highest](Lane x) { return exp(_mm512_max_ps(_mm512_sub_ps(x, all(highest)), all(-87))); };
    for (std::size_t i = 0; i < pairs; i += 2 * lanes)
        for (std::size_t j = 0; j < 2; ++j) {
            const float* score = scores + i + j * lanes;
            _mm_prefetch(reinterpret_cast<const char*>(score + classes), _MM_HINT_T0); // of the next row
            const Lane e = raise(_mm512_loadu_ps(score));
            _mm512_store_ps(scratch + i + j * lanes, e);
            sums[j] = _mm512_add_ps(sums[j], e);
        }
    for (std::size_t i = pairs; i < classes; i += lanes) {
        const __mmask16 here = first(classes - i);
        const Lane e = raise(_mm512_maskz_loadu_ps(here, scores + i));
        _mm512_store_ps(scratch + i, e);
        sums[0] = _mm512_mask_add_ps(sums[0], here, sums[0], e);
    }
    const float total = _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));

    // Past the caches, but for what does not fill a line of its own.
    const Lane factor = all(scale / total);
    const auto put = [&](std::size_t i, __mmask16 here) {
        _mm512_mask_storeu_ps(gradient + i, here, _mm512_mul_ps(_mm512_maskz_loadu_ps(here, scratch + i), factor));
    };
    scratch[label] -= total;
    std::size_t i = -(reinterpret_cast<std::uintptr_t>(gradient) / sizeof(float)) % lanes;
    if (i > 0) put(0, first(i));
    for (; i + lanes <= classes; i += lanes)
        _mm512_stream_ps(gradient + i, _mm512_mul_ps(_mm512_loadu_ps(scratch + i), factor));
    if (i < classes) put(i, first(classes - i));
    return log(total) - (scores[label] - highest);
}

} // namespace

double softmax_loss(const float* scores, const std::int64_t* labels, std::size_t rows, std::size_t classes, float scale,
                    float* gradient, float* scratch) {
    double loss = 0;
    for (std::size_t i = 0; i < rows; ++i)
        loss += softmax_row(scores + i * classes, labels[i], classes, scale, gradient + i * classes, scratch);
    _mm_sfence(); // orders what was written past the caches
    return loss;
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

void adam(float* p, const float* g, float* m, float* v, std::size_t n, const AdamNumbers& numbers) {
    const Lane beta1 = all(numbers.beta1), beta2 = all(numbers.beta2), rest1 = all(1 - numbers.beta1),
               rest2 = all(1 - numbers.beta2), step = all(numbers.step), root = all(numbers.root),
               epsilon = all(numbers.epsilon);
    for (std::size_t i = 0; i < n; i += lanes) {
        const Lane slope = _mm512_load_ps(g + i), before = _mm512_load_ps(p + i);
        const Lane mean = _mm512_fmadd_ps(beta1, _mm512_load_ps(m + i), _mm512_mul_ps(rest1, slope));
        const Lane square = _mm512_fmadd_ps(beta2, _mm512_load_ps(v + i),
                                            _mm512_mul_ps(rest2, _mm512_mul_ps(slope, slope)));
        const Lane below = _mm512_fmadd_ps(root, _mm512_sqrt_ps(square), epsilon);
        _mm512_store_ps(m + i, mean);
        _mm512_store_ps(v + i, square);
        _mm512_store_ps(p + i, _mm512_fnmadd_ps(step, _mm512_div_ps(mean, below), before));
    }
}

} // namespace bench::bespoke::kernels
