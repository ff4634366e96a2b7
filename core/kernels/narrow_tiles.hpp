#pragma once
// The tiles in which narrow products keep weights and adjoints, made from matrices and turned into them.

#include <xgrad/core/kernels/tables.hpp>
#include <xgrad/core/simd/simd.hpp>

namespace xgrad {

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)
namespace {

/// L features of column 0, the same features of column 1, ...; features are padded to a multiple of L, the lanes of a
/// vector, with zeros.
template <class T, class I>
struct NarrowTiles {
    using P = simd::Pack<T, I>;
    static constexpr std::size_t L = P::size;

    static XGRAD_INLINE std::size_t tiles(std::size_t k) { return (k + L - 1) / L; }

    /// Turns four rows of four elements at `in` into four columns at `out`.
    static XGRAD_INLINE void transpose_4(const T* in, std::int64_t in_stride, T* out, std::int64_t out_stride) {
        typedef T Four __attribute__((vector_size(4 * sizeof(T))));
        Four a, b, c, d;
        __builtin_memcpy(&a, in, sizeof(Four));
        __builtin_memcpy(&b, in + in_stride, sizeof(Four));
        __builtin_memcpy(&c, in + 2 * in_stride, sizeof(Four));
        __builtin_memcpy(&d, in + 3 * in_stride, sizeof(Four));
        const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        const Four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
        a = __builtin_shufflevector(ab, cd, 0, 1, 4, 5), b = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
        c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
        d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
        __builtin_memcpy(out, &a, sizeof(Four));
        __builtin_memcpy(out + out_stride, &b, sizeof(Four));
        __builtin_memcpy(out + 2 * out_stride, &c, sizeof(Four));
        __builtin_memcpy(out + 3 * out_stride, &d, sizeof(Four));
    }

    /// Calls f(feature, column) for squares of four that cover L features and n columns, the last ones overlapping.
    template <class F>
    static XGRAD_INLINE void for_each_square(std::size_t n, F f) {
        for (std::size_t c = 0; c < n; c = c + 4 < n && n - c < 8 ? n - 4 : c + 4)
            for (std::size_t feature = 0; feature < L; feature += 4)
                f(feature, c);
    }
    static XGRAD_INLINE bool in_squares(std::size_t features, std::size_t n) {
        return L % 4 == 0 && features == L && n >= 4;
    }

    /// in[0] (inner x cols), or its transpose, -> tiles.
    template <bool transposed>
    static void pack(const Tile& t) {
        const T* in = static_cast<const T*>(t.in[0]);
        T* out = static_cast<T*>(t.out);
        const std::size_t k = t.inner, n = t.cols;
        const std::int64_t ld = t.in_stride[0];
        for (std::size_t f0 = 0; f0 < k; f0 += L, out += n * L) {
            const std::size_t features = k - f0 < L ? k - f0 : L;
            if constexpr (transposed)
                for (std::size_t c = 0; c < n; ++c)
                    P::load_partial(in + static_cast<std::int64_t>(c) * ld + static_cast<std::int64_t>(f0), features)
                        .store(out + c * L);
            else if (in_squares(features, n))
                for_each_square(n, [&](std::size_t f, std::size_t c) {
                    transpose_4(in + static_cast<std::int64_t>(f0 + f) * ld + static_cast<std::int64_t>(c), ld,
                                out + c * L + f, static_cast<std::int64_t>(L));
                });
            else
                for (std::size_t c = 0; c < n; ++c)
                    for (std::size_t f = 0; f < L; ++f)
                        out[c * L + f] = f < features
                                             ? in[static_cast<std::int64_t>(f0 + f) * ld + static_cast<std::int64_t>(c)]
                                             : T(0);
        }
    }

    static void start(const Tile& t) {
        for (std::size_t i = 0; i < t.cols; i += L)
            P(T(0)).store(static_cast<T*>(t.out) + i);
    }
    static void merge(const Tile& t) {
        T* out = static_cast<T*>(t.out);
        const T* in = static_cast<const T*>(t.in[0]);
        for (std::size_t i = 0; i < t.cols; i += L)
            (P::load(out + i) + P::load(in + i)).store(out + i);
    }
    /// Tiles -> (inner x cols) by rows.
    static void finish(const Tile& t) {
        const std::size_t k = t.inner, n = t.cols;
        const T* in = static_cast<const T*>(t.in[0]);
        T* out = static_cast<T*>(t.out);
        for (std::size_t f0 = 0; f0 < k; f0 += L, in += n * L) {
            const std::size_t features = k - f0 < L ? k - f0 : L;
            if (in_squares(features, n))
                for_each_square(n, [&](std::size_t f, std::size_t c) {
                    transpose_4(in + c * L + f, static_cast<std::int64_t>(L), out + f * n + c,
                                static_cast<std::int64_t>(n));
                });
            else
                for (std::size_t f = 0; f < features; ++f)
                    for (std::size_t c = 0; c < n; ++c)
                        out[f * n + c] = in[c * L + f];
            out += features * n;
        }
    }
    /// Tiles -> (cols x inner) by rows.
    static void finish_transposed(const Tile& t) {
        const std::size_t k = t.inner, n = t.cols;
        const T* in = static_cast<const T*>(t.in[0]);
        T* out = static_cast<T*>(t.out);
        for (std::size_t f0 = 0; f0 < k; f0 += L, in += n * L) {
            const std::size_t features = k - f0 < L ? k - f0 : L;
            for (std::size_t c = 0; c < n; ++c)
                P::load(in + c * L).store_partial(out + c * k + f0, features);
        }
    }
};

} // namespace
#endif

} // namespace xgrad
