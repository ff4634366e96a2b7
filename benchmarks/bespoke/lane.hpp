#pragma once
// Sixteen numbers at a time, and functions of them. For the files that are compiled for AVX-512, each of which has its
// own copy.

#include <cstddef>

#include <immintrin.h>

namespace bench::bespoke::kernels {

namespace {

using Lane = __m512;

inline Lane all(float x) { return _mm512_set1_ps(x); }

template <std::size_t n>
inline Lane polynomial(const float (&terms)[n], Lane x) {
    Lane y = all(terms[0]);
#pragma GCC unroll 16
    for (std::size_t i = 1; i < n; ++i)
        y = _mm512_fmadd_ps(y, x, all(terms[i]));
    return y;
}

/// e^x, for x from -87 to 88; 2 ulp.
inline Lane exp(Lane x) {
    const Lane n = _mm512_roundscale_ps(_mm512_mul_ps(x, all(1.44269504f)), 0);
    const Lane r = _mm512_fnmadd_ps(n, all(-2.12194440e-4f), _mm512_fnmadd_ps(n, all(0.693359375f), x));
    constexpr float terms[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                               4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
    const Lane p = polynomial(terms, r);
    return _mm512_scalef_ps(_mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, all(1))), n);
}

/// ln x, for normal x > 0.
inline Lane log(Lane x) {
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

inline float log(float x) { return _mm512_cvtss_f32(log(all(x))); }

} // namespace

} // namespace bench::bespoke::kernels
