#pragma once

#include <xgrad/core/simd/mask.hpp>

namespace xgrad::simd {

/// From one register of numbers to another with as many lanes. Listed is where compilers miss the instruction.
template <class U, class T, class I, std::size_t N>
struct Conversion {
    using From = Register<T, I, N>;
    using To = Register<U, I, N>;
    typedef typename To::Vector Result;

    static constexpr std::size_t larger = From::bytes > To::bytes ? From::bytes : To::bytes;

    template <class A, class B>
    static constexpr bool is = (std::is_same_v<T, A> && std::is_same_v<U, B>);
    using f32 = float;
    using f64 = double;
    using i32 = std::int32_t;
    using i64 = std::int64_t;
    using u8 = std::uint8_t;

    static XGRAD_INLINE Result run(const typename From::Vector& x) {
#if XGRAD_SIMD_AVX512
        if constexpr (larger == 64) {
            if constexpr (is<f32, f64>) return (Result)_mm512_maskz_cvtps_pd(0xff, (__m256)x);
            if constexpr (is<f32, i64>) return (Result)_mm512_maskz_cvttps_epi64(0xff, (__m256)x);
            if constexpr (is<i32, f64>) return (Result)_mm512_maskz_cvtepi32_pd(0xff, (__m256i)x);
            if constexpr (is<i32, i64>) return (Result)_mm512_maskz_cvtepi32_epi64(0xff, (__m256i)x);
            if constexpr (is<i64, i32>) return (Result)_mm512_maskz_cvtepi64_epi32(0xff, (__m512i)x);
            if constexpr (is<u8, i32>) return (Result)_mm512_maskz_cvtepu8_epi32(0xffff, (__m128i)x);
            if constexpr (is<i32, u8>) return (Result)_mm512_maskz_cvtepi32_epi8(0xffff, (__m512i)x);
        }
#endif
#if defined(__AVX2__)
        if constexpr (larger == 32) {
            if constexpr (is<f32, f64>) return (Result)_mm256_cvtps_pd((__m128)x);
            if constexpr (is<i32, f64>) return (Result)_mm256_cvtepi32_pd((__m128i)x);
            if constexpr (is<i32, i64>) return (Result)_mm256_cvtepi32_epi64((__m128i)x);
            if constexpr (is<i64, i32>) return (Result)_mm_shuffle_ps((__m128)half<0>(x), (__m128)half<1>(x), 0x88);
            if constexpr (is<u8, i32>) return (Result)_mm256_cvtepu8_epi32(From::to128(x));
            if constexpr (is<i32, u8>) return low_bytes(half<0>(x), half<1>(x));
        }
#endif
#if defined(__SSE2__)
        if constexpr (larger <= 16) {
            const __m128i in = From::to128(x), zero = _mm_setzero_si128();
            if constexpr (is<f32, f64>) return To::from128((__m128i)_mm_cvtps_pd((__m128)in));
            if constexpr (is<f64, f32>) return To::from128((__m128i)_mm_cvtpd_ps((__m128d)in));
            if constexpr (is<f64, i32>) return To::from128(_mm_cvttpd_epi32((__m128d)in));
            if constexpr (is<i32, f64>) return To::from128((__m128i)_mm_cvtepi32_pd(in));
            if constexpr (is<i32, i64>) return To::from128(_mm_unpacklo_epi32(in, _mm_cmpgt_epi32(zero, in)));
            if constexpr (is<i64, i32>) return To::from128(_mm_shuffle_epi32(in, 0x08));
            if constexpr (is<u8, i32>) return To::from128(_mm_unpacklo_epi16(_mm_unpacklo_epi8(in, zero), zero));
            if constexpr (is<i32, u8>) return low_bytes(in, zero);
        }
#endif
        return __builtin_convertvector(x, Result);
    }

#if defined(__AVX2__)
    template <int which>
    static XGRAD_INLINE __m128i half(const typename From::Vector& x) {
        return _mm256_extracti128_si256((__m256i)x, which);
    }
#endif
#if defined(__SSE2__)
    static XGRAD_INLINE Result low_bytes(const __m128i& a, const __m128i& b) {
        const __m128i byte = _mm_set1_epi32(255),
                      words = _mm_packs_epi32(_mm_and_si128(a, byte), _mm_and_si128(b, byte));
        return To::from128(_mm_packus_epi16(words, words));
    }
#endif
};

/// Each number as a U. Fractions are cut off, and integers that are too large lose their upper bits.
template <class U, class T, class I, std::size_t N>
XGRAD_INLINE Pack<U, I, N> convert(const Pack<T, I, N>& x) {
    using To = Pack<U, I, N>;
    constexpr bool byte_with_other_than_int32 = (sizeof(T) == 1 && !std::is_same_v<U, std::int32_t>) ||
                                                (sizeof(U) == 1 && !std::is_same_v<T, std::int32_t>);
    if constexpr (std::is_same_v<U, T>)
        return x;
    else if constexpr (sizeof(T) == sizeof(U) && !Pack<T, I, N>::floating && !To::floating)
        return bit_cast<U>(x);
    else if constexpr (To::wide || Pack<T, I, N>::wide)
        return To(convert<U>(x.low()), convert<U>(x.high()));
    else if constexpr (byte_with_other_than_int32)
        return convert<U>(convert<std::int32_t>(x));
    else if constexpr (std::is_same_v<T, std::int8_t>)
        return convert<U>(bit_cast<std::uint8_t>(x)) << 24 >> 24;
    else if constexpr (std::is_same_v<U, std::int8_t>)
        return bit_cast<U>(convert<std::uint8_t>(x));
    else
        return To(Conversion<U, T, I, N>::run(x.v));
}

/// The same bits as numbers of another type of the same size
template <class U, class T, class I, std::size_t N>
XGRAD_INLINE Pack<U, I, N> bit_cast(const Pack<T, I, N>& x) {
    static_assert(sizeof(U) == sizeof(T));
    if constexpr (std::is_same_v<U, T>)
        return x;
    else if constexpr (Pack<T, I, N>::wide)
        return Pack<U, I, N>(bit_cast<U>(x.v.low), bit_cast<U>(x.v.high));
    else
        return Pack<U, I, N>((typename Pack<U, I, N>::Vector)x.v);
}

} // namespace xgrad::simd
