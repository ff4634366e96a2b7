#pragma once
// Sixteen numbers at a time, and functions of them. For the files that are compiled for AVX-512, each of which has its
// own copy.

#include <immintrin.h>

#include "kernels.hpp"

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

/// 2^(j/16).
alignas(64) constexpr float powers[lanes] = {
    1,           1.04427373f, 1.09050775f, 1.13878858f, 1.18920708f, 1.24185777f, 1.29683959f, 1.35425556f,
    1.41421354f, 1.47682619f, 1.54221082f, 1.61049032f, 1.68179286f, 1.75625217f, 1.8340081f,  1.91520655f};

/// e^x, for x from -87 to 88; 2 ulp. x is n ln 2 + r, where n is a multiple of 1/16: its part below one chooses from
/// the table, and r is so small that four terms suffice.
inline Lane exp(Lane x) {
    const Lane unit = all(0x1.8p19f); // the last bit of what is added to it is worth 1/16
    const Lane moved = _mm512_fmadd_ps(x, all(1.44269504f), unit), n = _mm512_sub_ps(moved, unit);
    const Lane r = _mm512_fnmadd_ps(n, all(-2.12194440e-4f), _mm512_fnmadd_ps(n, all(.693359375f), x));
    const Lane power = _mm512_permutexvar_ps(_mm512_castps_si512(moved), _mm512_load_ps(powers));
    constexpr float terms[] = {1 / 6.0f, 1 / 2.0f, 1};
    return _mm512_scalef_ps(_mm512_fmadd_ps(_mm512_mul_ps(power, r), polynomial(terms, r), power), n);
}

/// About 1 / m for m in the middle of each sixteenth from 1 to 2, but exact at 1, and the logarithms of what they
/// invert.
alignas(64) constexpr float inverses[lanes] = {1,       0.9143f, 0.8649f, 0.8205f, 0.7805f, 0.7442f, 0.7111f, 0.6809f,
                                               0.6531f, 0.6275f, 0.6038f, 0.5818f, 0.5614f, 0.5424f, 0.5246f, 0.5079f};
alignas(64) constexpr float logs[lanes] = {0,           .089596510f, .145141393f, .197841346f, .247820541f, .295445472f,
                                           .340942234f, .384339869f, .426025003f, .466011614f, .504512250f, .541628540f,
                                           .577321649f, .611751556f, .645119131f, .677470684f};

/// ln x, for normal x >= 1; 3 ulp. The first bits of the mantissa m choose an inverse from the table, and m times that
/// is 1 + r.
inline Lane log(Lane x) {
    const Lane m = _mm512_getmant_ps(x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src), e = _mm512_getexp_ps(x);
    const __m512i j = _mm512_srli_epi32(_mm512_castps_si512(x), 19);
    const Lane r = _mm512_fmsub_ps(m, _mm512_permutexvar_ps(j, _mm512_load_ps(inverses)), all(1));
    const Lane above = _mm512_fmadd_ps(e, all(0.693147181f), _mm512_permutexvar_ps(j, _mm512_load_ps(logs)));
    constexpr float terms[] = {-1 / 6.0f, 1 / 5.0f, -1 / 4.0f, 1 / 3.0f, -1 / 2.0f};
    return _mm512_add_ps(above, _mm512_fmadd_ps(_mm512_mul_ps(r, r), polynomial(terms, r), r));
}

inline float log(float x) { return _mm512_cvtss_f32(log(all(x))); }

} // namespace

} // namespace bench::bespoke::kernels
