#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE4_1__)
#include <smmintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define XGRAD_SIMD_AVX512 1
#else
#define XGRAD_SIMD_AVX512 0
#endif

#define XGRAD_INLINE inline __attribute__((always_inline))
#define XGRAD_LAMBDA_INLINE __attribute__((always_inline))

/// Before a short loop over an array of packs: all of it is unrolled, so that the packs are registers.
#ifdef __clang__
#define XGRAD_UNROLL _Pragma("clang loop unroll(full)")
#else
#define XGRAD_UNROLL _Pragma("GCC unroll 16")
#endif

/// The instruction sets that packs are made for. Every entity of this namespace has one of these tags in its type: a
/// program links code that was compiled for several sets, and the linker keeps one body for each name.
namespace xgrad::simd {

struct Baseline {
    static constexpr std::size_t bytes = 16;
    static constexpr bool fma = false;
};

struct Avx2 {
    static constexpr std::size_t bytes = 32;
    static constexpr bool fma = true;
};

struct Avx512 {
    static constexpr std::size_t bytes = 64;
    static constexpr bool fma = true;
};

/// Sources of users: whatever their own flags say.
template <bool avx512, bool avx2, bool has_fma, bool sse41>
struct Native {
    static constexpr std::size_t bytes = avx512 ? 64 : avx2 ? 32 : 16;
    static constexpr bool fma = has_fma;
};

// What this translation unit is compiled for. The library's build says so; elsewhere the compiler's own macros do.
#if defined(XGRAD_ISA_BASELINE)
using Isa = Baseline;
#elif defined(XGRAD_ISA_AVX2)
using Isa = Avx2;
#elif defined(XGRAD_ISA_AVX512)
using Isa = Avx512;
#else
using Isa = Native<XGRAD_SIMD_AVX512,
#if defined(__AVX2__)
                   true,
#else
                   false,
#endif
#if defined(__FMA__)
                   true,
#else
                   false,
#endif
#if defined(__SSE4_1__)
                   true>;
#else
                   false>;
#endif
#endif

} // namespace xgrad::simd
