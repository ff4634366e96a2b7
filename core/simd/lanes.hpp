#pragma once
// Vectors that do not fill a register.

#include <xgrad/core/simd/isa.hpp>

namespace xgrad::simd {

/// N lanes of T, as a vector and as the low part of a register of the instruction set I.
template <class T, class I, std::size_t N>
struct Lanes {
    typedef T Vector __attribute__((vector_size(N * sizeof(T))));
    static constexpr std::size_t bytes = sizeof(Vector);

#if defined(__SSE2__)
    // Fewer lanes than fill the narrowest register are worked on as its low part.
    static XGRAD_INLINE __m128i to128(const Vector& x) {
        if constexpr (bytes == 16)
            return (__m128i)x;
        else if constexpr (bytes == 8) {
            double both; // as a long long, g++ 12 may pass it through an MMX register, after which x87 fails
            __builtin_memcpy(&both, &x, bytes);
            return (__m128i)_mm_set_sd(both);
        } else if constexpr (bytes == 4)
            return _mm_cvtsi32_si128((int)x);
        else {
            __m128i wide = _mm_setzero_si128();
            __builtin_memcpy(&wide, &x, bytes);
            return wide;
        }
    }
    static XGRAD_INLINE Vector from128(const __m128i& x) {
        if constexpr (bytes == 16)
            return (Vector)x;
        else if constexpr (bytes == 8) {
            const double both = _mm_cvtsd_f64((__m128d)x);
            Vector result;
            __builtin_memcpy(&result, &both, bytes);
            return result;
        } else if constexpr (bytes == 4)
            return (Vector)_mm_cvtsi128_si32(x);
        else {
            Vector result;
            __builtin_memcpy(&result, &x, bytes);
            return result;
        }
    }
#endif

#if XGRAD_SIMD_AVX512
    // A part of a register is worked on as the low part of a whole one, with the other lanes masked off.
    typedef std::conditional_t<sizeof(T) == 1, __mmask64, std::conditional_t<sizeof(T) == 4, __mmask16, __mmask8>> Bits;
    static XGRAD_INLINE Bits first(std::size_t n) {
        return static_cast<Bits>(N == 64 && n == 64 ? ~0ull : (1ull << n) - 1);
    }

    static XGRAD_INLINE __m512i widen(const Vector& x) {
        if constexpr (bytes == 64)
            return (__m512i)x;
        else if constexpr (bytes == 32)
            return _mm512_castsi256_si512((__m256i)x);
        else
            return _mm512_castsi128_si512(to128(x));
    }
    static XGRAD_INLINE Vector low_half(const __m512i& x) { // not by _mm512_castsi512_si256, for which g++ 12 warns
        if constexpr (bytes == 64)
            return (Vector)x;
        else if constexpr (bytes == 32)
            return (Vector)__builtin_shufflevector(x, x, 0, 1, 2, 3);
        else
            return from128((__m128i)__builtin_shufflevector(x, x, 0, 1));
    }
#endif
};

} // namespace xgrad::simd
