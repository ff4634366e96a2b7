#pragma once

#include <xgrad/core/simd/lanes.hpp>

namespace xgrad::simd {

/// The signed integer as wide as T
template <class T>
using Integer = std::conditional_t<sizeof(T) == 1, std::int8_t,
                                   std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>>;

/// T, but the unsigned integer in place of a signed one
template <class T>
struct UnsignedOf : std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>> {};

/// N lanes of T in one register: the operations that vector extensions lack, or that compilers make badly from them.
/// Each picks its intrinsic by the width; the loop over the lanes at the end serves odd widths and other processors.
template <class T, class I, std::size_t N>
struct Register : Lanes<T, I, N> {
    using typename Lanes<T, I, N>::Vector;
    using Lanes<T, I, N>::bytes;

    /// The same lanes, to compute with: integers wrap around, which signed ones may not.
    typedef typename UnsignedOf<T>::type Wrapping __attribute__((vector_size(bytes)));
    static XGRAD_INLINE Wrapping wrapping(const Vector& x) { return (Wrapping)x; }

    template <class U, std::size_t width>
    static constexpr bool is = (std::is_same_v<T, U> && bytes == width);

    template <class F, class... V>
    static XGRAD_INLINE Vector lanewise(F f, const V&... x) {
        Vector result;
        for (std::size_t i = 0; i < N; ++i)
            result[i] = static_cast<T>(f(x[i]...));
        return result;
    }

    static XGRAD_INLINE Vector load(const T* p) {
        Vector result;
        __builtin_memcpy(&result, p, bytes);
        return result;
    }
    static XGRAD_INLINE void store(T* p, const Vector& x) { __builtin_memcpy(p, &x, bytes); }

#if defined(__SSE2__)
    using Lanes<T, I, N>::to128, Lanes<T, I, N>::from128;
#endif

#if XGRAD_SIMD_AVX512
    using typename Lanes<T, I, N>::Bits;
    using Lanes<T, I, N>::first, Lanes<T, I, N>::widen, Lanes<T, I, N>::low_half;

    static constexpr int equal = 0, less = 1, less_equal = 2, not_equal = 4; // _CMP_* and _MM_CMPINT_* agree on these

    template <int relation>
    static XGRAD_INLINE Bits compare(const Vector& x, const Vector& y) {
        const Bits lanes = static_cast<Bits>(N == 64 ? ~0ull : (1ull << N % 64) - 1);
        const __m512i a = widen(x), b = widen(y);
        if constexpr (is<float, 64>)
            return _mm512_cmp_ps_mask((__m512)a, (__m512)b, relation);
        else if constexpr (is<double, 64>)
            return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, relation);
        else if constexpr (std::is_same_v<T, float>)
            return _mm512_mask_cmp_ps_mask(lanes, (__m512)a, (__m512)b, relation);
        else if constexpr (std::is_same_v<T, double>)
            return _mm512_mask_cmp_pd_mask(lanes, (__m512d)a, (__m512d)b, relation);
        else if constexpr (sizeof(T) == 1)
            return std::is_signed_v<T> ? _mm512_mask_cmp_epi8_mask(lanes, a, b, relation)
                                       : _mm512_mask_cmp_epu8_mask(lanes, a, b, relation);
        else if constexpr (sizeof(T) == 4)
            return std::is_signed_v<T> ? _mm512_mask_cmp_epi32_mask(lanes, a, b, relation)
                                       : _mm512_mask_cmp_epu32_mask(lanes, a, b, relation);
        else
            return std::is_signed_v<T> ? _mm512_mask_cmp_epi64_mask(lanes, a, b, relation)
                                       : _mm512_mask_cmp_epu64_mask(lanes, a, b, relation);
    }

    /// yes where a bit is set, no elsewhere
    static XGRAD_INLINE Vector blend(Bits bits, const Vector& yes, const Vector& no) {
        if constexpr (sizeof(T) == 1)
            return low_half(_mm512_mask_blend_epi8(bits, widen(no), widen(yes)));
        else if constexpr (sizeof(T) == 4)
            return low_half(_mm512_mask_blend_epi32(bits, widen(no), widen(yes)));
        else
            return low_half(_mm512_mask_blend_epi64(bits, widen(no), widen(yes)));
    }
#endif

#if XGRAD_SIMD_AVX512
    /// The low n lanes, and `fill` above them.
    static XGRAD_INLINE Vector above(const __m128i& low, unsigned n, const Vector& fill) {
        const __m512i wide = _mm512_castsi128_si512(low);
        if constexpr (sizeof(T) == 4)
            return (Vector)_mm512_mask_mov_epi32((__m512i)fill, static_cast<__mmask16>((1u << n) - 1), wide);
        else
            return (Vector)_mm512_mask_mov_epi64((__m512i)fill, static_cast<__mmask8>((1u << n) - 1), wide);
    }
#endif

    static XGRAD_INLINE Vector load_partial(const T* p, std::size_t n, const Vector& fill) {
#if XGRAD_SIMD_AVX512
        // What a masked store has just written, a masked load has to wait for; a plain load of one element, or of 16
        // bytes, has not.
        if constexpr (bytes == 64 && sizeof(T) >= 4) {
            if (n == 1)
                return above(sizeof(T) == 4 ? _mm_loadu_si32(p) : _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)),
                             1, fill);
            if (n * sizeof(T) == 16)
                return above(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), 16 / sizeof(T), fill);
        }
        if constexpr (sizeof(T) == 1)
            return low_half(_mm512_mask_loadu_epi8(widen(fill), first(n), p));
        else if constexpr (sizeof(T) == 4)
            return low_half(_mm512_mask_loadu_epi32(widen(fill), first(n), p));
        else
            return low_half(_mm512_mask_loadu_epi64(widen(fill), first(n), p));
#elif defined(__AVX2__)
        if constexpr (bytes == 32 && sizeof(T) >= 4) {
            const __m256i wanted = first_lanes(n);
            __m256i x;
            if constexpr (sizeof(T) == 4)
                x = _mm256_maskload_epi32(reinterpret_cast<const int*>(p), wanted);
            else
                x = _mm256_maskload_epi64(reinterpret_cast<const long long*>(p), wanted);
            return (Vector)_mm256_blendv_epi8((__m256i)fill, x, wanted);
        }
#endif
        T lanes[N];
        for (std::size_t i = 0; i < N; ++i)
            lanes[i] = i < n ? p[i] : fill[i];
        return load(lanes);
    }

    static XGRAD_INLINE void store_partial(T* p, std::size_t n, const Vector& x) {
#if XGRAD_SIMD_AVX512
        if constexpr (bytes == 64 && sizeof(T) >= 4) {
            const __m128i low = _mm512_castsi512_si128((__m512i)x);
            if (n == 1) {
                if constexpr (sizeof(T) == 4)
                    return _mm_storeu_si32(p, low);
                else
                    return _mm_storel_epi64(reinterpret_cast<__m128i*>(p), low);
            }
            if (n * sizeof(T) == 16) return _mm_storeu_si128(reinterpret_cast<__m128i*>(p), low);
        }
        if constexpr (sizeof(T) == 1)
            return _mm512_mask_storeu_epi8(p, first(n), widen(x));
        else if constexpr (sizeof(T) == 4)
            return _mm512_mask_storeu_epi32(p, first(n), widen(x));
        else
            return _mm512_mask_storeu_epi64(p, first(n), widen(x));
#elif defined(__AVX2__)
        if constexpr (bytes == 32 && sizeof(T) == 4)
            return _mm256_maskstore_epi32(reinterpret_cast<int*>(p), first_lanes(n), (__m256i)x);
        else if constexpr (bytes == 32 && sizeof(T) == 8)
            return _mm256_maskstore_epi64(reinterpret_cast<long long*>(p), first_lanes(n), (__m256i)x);
#endif
        T lanes[N];
        store(lanes, x);
        for (std::size_t i = 0; i < n; ++i)
            p[i] = lanes[i];
    }

#if defined(__AVX2__)
    static XGRAD_INLINE __m256i first_lanes(std::size_t n) {
        if constexpr (sizeof(T) == 4)
            return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                                      _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
        else
            return _mm256_cmpgt_epi64(_mm256_set1_epi64x(static_cast<long long>(n)), _mm256_setr_epi64x(0, 1, 2, 3));
    }
#endif

// One intrinsic in its six forms. The masks are for g++ 12, which warns of its own forms without them.
#if XGRAD_SIMD_AVX512
#define XGRAD_512(name, ...)                                                                                           \
    if constexpr (is<float, 64>)                                                                                       \
        return (Vector)_mm512_maskz_##name##_ps(0xffff, __VA_ARGS__);                                                  \
    else if constexpr (is<double, 64>)                                                                                 \
    return (Vector)_mm512_maskz_##name##_pd(0xff, __VA_ARGS__)
#else
#define XGRAD_512(name, ...)
#endif
#if defined(__AVX2__)
#define XGRAD_256(name, ...)                                                                                           \
    if constexpr (is<float, 32>)                                                                                       \
        return (Vector)_mm256_##name##_ps(__VA_ARGS__);                                                                \
    else if constexpr (is<double, 32>)                                                                                 \
    return (Vector)_mm256_##name##_pd(__VA_ARGS__)
#else
#define XGRAD_256(name, ...)
#endif
#if defined(__SSE2__)
#define XGRAD_128(name, ...)                                                                                           \
    if constexpr (is<float, 16>)                                                                                       \
        return (Vector)_mm_##name##_ps(__VA_ARGS__);                                                                   \
    else if constexpr (is<double, 16>)                                                                                 \
    return (Vector)_mm_##name##_pd(__VA_ARGS__)
#else
#define XGRAD_128(name, ...)
#endif

    static XGRAD_INLINE Vector sqrt(const Vector& x) {
        XGRAD_512(sqrt, x);
        XGRAD_256(sqrt, x);
        XGRAD_128(sqrt, x);
        return lanewise([](T a) { return sizeof(T) == 4 ? __builtin_sqrtf(a) : __builtin_sqrt(a); }, x);
    }

    /// a < b ? a : b, so b where either is NaN
    static XGRAD_INLINE Vector min(const Vector& a, const Vector& b) {
        XGRAD_512(min, a, b);
        XGRAD_256(min, a, b);
        XGRAD_128(min, a, b);
        return a < b ? a : b;
    }
    static XGRAD_INLINE Vector max(const Vector& a, const Vector& b) {
        XGRAD_512(max, a, b);
        XGRAD_256(max, a, b);
        XGRAD_128(max, a, b);
        return a > b ? a : b;
    }

    /// a * b + c, rounded once where the processor can
    static XGRAD_INLINE Vector fma(const Vector& a, const Vector& b, const Vector& c) {
        XGRAD_512(fmadd, a, b, c);
#if defined(__FMA__)
        XGRAD_256(fmadd, a, b, c);
        XGRAD_128(fmadd, a, b, c);
#endif
        return a * b + c;
    }

    static constexpr int to_nearest = 0, down = 1, up = 2, to_zero = 3;
#if defined(__SSE4_1__)
    static constexpr bool rounds_in_hardware = bytes >= 16;
#else
    static constexpr bool rounds_in_hardware = false;
#endif

    template <int direction>
    static XGRAD_INLINE Vector round(const Vector& x) {
        XGRAD_512(roundscale, x, direction | 8);
        XGRAD_256(round, x, direction | 8);
#if defined(__SSE4_1__)
        XGRAD_128(round, x, direction | 8);
#endif
        return x;
    }

#undef XGRAD_512
#undef XGRAD_256
#undef XGRAD_128

    typedef Integer<T> Ones __attribute__((vector_size(N * sizeof(T))));

    /// yes where a lane is all ones, no where it is all zeros
    static XGRAD_INLINE Vector blend_lanes(const Ones& mask, const Vector& yes, const Vector& no) {
#if defined(__AVX2__)
        if constexpr (bytes == 32) return (Vector)_mm256_blendv_epi8((__m256i)no, (__m256i)yes, (__m256i)mask);
#endif
#if defined(__SSE4_1__)
        if constexpr (bytes == 16) return (Vector)_mm_blendv_epi8((__m128i)no, (__m128i)yes, (__m128i)mask);
#endif
        return (Vector)((mask & (Ones)yes) | (~mask & (Ones)no));
    }

    static XGRAD_INLINE bool any(const Vector& x) {
#if defined(__AVX2__)
        if constexpr (bytes == 32) return !_mm256_testz_si256((__m256i)x, (__m256i)x);
#endif
#if defined(__SSE2__)
        if constexpr (bytes == 16) return _mm_movemask_epi8((__m128i)x) != 0;
#endif
        bool result = false;
        for (std::size_t i = 0; i < N; ++i)
            result |= x[i] != 0;
        return result;
    }

    /// The low (0) or the high (1) half of the lanes
    template <class Half, int which>
    static XGRAD_INLINE Half half(const Vector& x) {
        constexpr std::size_t from = which * N / 2;
#if XGRAD_SIMD_AVX512
        if constexpr (bytes == 64) {
            const __m512i all = (__m512i)x;
            return (Half)__builtin_shufflevector(all, all, 4 * which, 4 * which + 1, 4 * which + 2, 4 * which + 3);
        }
#endif
#if defined(__AVX2__)
        if constexpr (bytes == 32) return (Half)_mm256_extracti128_si256((__m256i)x, which);
#endif
#if defined(__SSE2__)
        if constexpr (bytes <= 16) {
            const __m128i all = to128(x),
                          high = bytes == 16 ? _mm_unpackhi_epi64(all, all) : _mm_srli_epi64(all, 4 * bytes);
            return Register<T, I, N / 2>::from128(which == 0 ? all : high);
        }
#endif
        Half result;
        for (std::size_t i = 0; i < N / 2; ++i)
            result[i] = x[from + i];
        return result;
    }

    template <class Half>
    static XGRAD_INLINE Vector join(const Half& low, const Half& high) {
#if XGRAD_SIMD_AVX512
        if constexpr (bytes == 64)
            return (Vector)_mm512_maskz_inserti64x4(0xff, _mm512_castsi256_si512((__m256i)low), (__m256i)high, 1);
#endif
#if defined(__AVX2__)
        if constexpr (bytes == 32)
            return (Vector)_mm256_inserti128_si256(_mm256_castsi128_si256((__m128i)low), (__m128i)high, 1);
#endif
#if defined(__SSE2__)
        if constexpr (bytes <= 16) {
            const __m128i a = Register<T, I, N / 2>::to128(low), b = Register<T, I, N / 2>::to128(high);
            return from128(bytes == 16 ? _mm_unpacklo_epi64(a, b) : _mm_or_si128(a, _mm_slli_epi64(b, 4 * bytes)));
        }
#endif
        Vector result;
        for (std::size_t i = 0; i < N / 2; ++i)
            result[i] = low[i], result[i + N / 2] = high[i];
        return result;
    }

    /// The lanes in another order: each changes places with the one `distance` away.
    template <std::size_t distance>
    static XGRAD_INLINE Vector swap(const Vector& x) {
#if defined(__SSE2__)
        if constexpr (bytes == 16 && distance * sizeof(T) == 8) return (Vector)_mm_shuffle_epi32((__m128i)x, 0x4e);
        if constexpr (bytes == 16 && distance * sizeof(T) == 4) return (Vector)_mm_shuffle_epi32((__m128i)x, 0xb1);
#endif
        Vector result;
        for (std::size_t i = 0; i < N; ++i)
            result[i] = x[i ^ distance];
        return result;
    }
};

} // namespace xgrad::simd
