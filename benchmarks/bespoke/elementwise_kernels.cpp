// E, F, I: work without products.

#include "kernels.hpp"
#include "lane.hpp"

namespace bench::bespoke::kernels {

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
