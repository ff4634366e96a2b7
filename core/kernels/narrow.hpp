#pragma once
// Products with few columns, block of rows by block of rows: class scores X W, and the adjoint X^T G. BLAS is made for
// other shapes; here the few columns stay in registers while the rows of X stream by once.

#include <xgrad/core/kernels/narrow_tiles.hpp>

namespace xgrad {

template <class I>
struct NarrowKernelsFor {
    static NarrowKernels make(bool single);
};

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)
namespace {

/// How a product reads the rows of X: as they are, or bytes that it casts, and multiplies by a number.
template <class T, class I>
struct Plain {
    using Element = T;
    using P = simd::Pack<T, I>;
    explicit Plain(const void*) {}
    XGRAD_INLINE P load(const T* x) const { return P::load(x); }
    XGRAD_INLINE P load_partial(const T* x, std::size_t n) const { return P::load_partial(x, n); }
};
template <class T, class I>
struct OfBytes {
    using Element = std::uint8_t;
    using P = simd::Pack<T, I>;
    using Bytes = simd::Pack<std::uint8_t, I, P::size>;
    explicit OfBytes(const void*) {}
    XGRAD_INLINE P load(const std::uint8_t* x) const { return simd::convert<T>(Bytes::load(x)); }
    XGRAD_INLINE P load_partial(const std::uint8_t* x, std::size_t n) const {
        return simd::convert<T>(Bytes::load_partial(x, n));
    }
};
template <class T, class I>
struct OfScaledBytes : OfBytes<T, I> {
    using typename OfBytes<T, I>::P;
    P scale;
    explicit OfScaledBytes(const void* number) : OfBytes<T, I>(number), scale(*static_cast<const T*>(number)) {}
    XGRAD_INLINE P load(const std::uint8_t* x) const { return OfBytes<T, I>::load(x) * scale; }
    XGRAD_INLINE P load_partial(const std::uint8_t* x, std::size_t n) const {
        return OfBytes<T, I>::load_partial(x, n) * scale;
    }
};

template <class T, class I, class X = Plain<T, I>>
struct Narrow : NarrowTiles<T, I> {
    using typename NarrowTiles<T, I>::P;
    using NarrowTiles<T, I>::L, NarrowTiles<T, I>::tiles;
    using E = typename X::Element;
    static constexpr bool many_registers = I::bytes == 64;
    static constexpr std::size_t row_group = many_registers ? 4 : 2;
    static constexpr std::size_t product_columns = 5, adjoint_columns = many_registers ? 10 : 5;

    template <std::size_t R, std::size_t C>
    static XGRAD_INLINE void product_block(const X& how, const E* const* x, std::size_t f0, std::size_t f1,
                                           std::size_t k, const T* w, std::size_t n, T* partial, bool first, bool last,
                                           T* out, std::int64_t out_stride, std::int64_t prefetch) {
        P sum[R][C];
        XGRAD_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            XGRAD_UNROLL
            for (std::size_t c = 0; c < C; ++c)
                sum[r][c] = first ? P(T(0)) : P::load(partial + (r * n + c) * L);
        }
        const std::size_t whole = f1 * L <= k ? f1 : f1 - 1;
        for (std::size_t f = f0; f < whole; ++f) {
            P xs[R];
            XGRAD_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                xs[r] = how.load(x[r] + f * L);
                if (prefetch) __builtin_prefetch(x[r] + static_cast<std::int64_t>(f * L) + prefetch, 0, 2);
            }
            XGRAD_UNROLL
            for (std::size_t c = 0; c < C; ++c) {
                const P wc = P::load(w + (f * n + c) * L);
                XGRAD_UNROLL
                for (std::size_t r = 0; r < R; ++r)
                    sum[r][c] = fma(xs[r], wc, sum[r][c]);
            }
        }
        if (whole < f1) {
            XGRAD_UNROLL
            for (std::size_t c = 0; c < C; ++c) {
                const P wc = P::load(w + (whole * n + c) * L);
                XGRAD_UNROLL
                for (std::size_t r = 0; r < R; ++r)
                    sum[r][c] = fma(how.load_partial(x[r] + whole * L, k - whole * L), wc, sum[r][c]);
            }
        }
        XGRAD_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            XGRAD_UNROLL
            for (std::size_t c = 0; c < C; ++c)
                if (last)
                    out[static_cast<std::int64_t>(r) * out_stride + static_cast<std::int64_t>(c)] = reduce_add(
                        sum[r][c]);
                else
                    sum[r][c].store(partial + (r * n + c) * L);
        }
    }

    template <std::size_t R, class... A>
    static XGRAD_INLINE void product_columns_of(std::size_t c, const A&... a) {
        if (c == 5) return product_block<R, 5>(a...);
        if (c == 4) return product_block<R, 4>(a...);
        if (c == 3) return product_block<R, 3>(a...);
        if (c == 2) return product_block<R, 2>(a...);
        product_block<R, 1>(a...);
    }

    /// out (rows x cols) = in[0] (rows x inner) times the packed in[1]; in[2] is room for rows x cols vectors, in[3]
    /// the number that bytes are multiplied by.
    static void product(const Tile& t) {
        const X how(t.in[3]);
        const std::size_t n = t.cols, k = t.inner, all = tiles(k);
        const E* x = static_cast<const E*>(t.in[0]);
        const T* w = static_cast<const T*>(t.in[1]);
        T* partial = static_cast<T*>(const_cast<void*>(t.in[2]));
        T* out = static_cast<T*>(t.out);
        // As many features at a time as let their weights stay in the first cache.
        constexpr std::size_t cached = 16384 / sizeof(T);
        const std::size_t step = cached / (n * L) < 8 ? 8 : cached / (n * L);
        const std::size_t groups = (n + product_columns - 1) / product_columns;
        const auto ahead = static_cast<std::int64_t>(t.rows) * t.in_stride[0];
        for (std::size_t f0 = 0; f0 < all || f0 == 0; f0 += step) {
            const std::size_t f1 = f0 + step < all ? f0 + step : all;
            const bool first = f0 == 0, last = f1 == all;
            for (std::size_t r = 0; r < t.rows;) {
                const std::size_t rows = t.rows - r >= row_group ? row_group : 1;
                const E* at[row_group];
                for (std::size_t i = 0; i < rows; ++i)
                    at[i] = x + static_cast<std::int64_t>(r + i) * t.in_stride[0];
                T* o = out + static_cast<std::int64_t>(r) * t.out_stride;
                std::size_t c = 0;
                for (std::size_t g = 0; g < groups; ++g) {
                    const std::size_t columns = (n - c + groups - g - 1) / (groups - g);
                    const std::int64_t prefetch = g == 0 && 2 * r < t.rows ? ahead : 0;
                    T* const kept = partial + (r * n + c) * L;
                    if (rows == row_group)
                        product_columns_of<row_group>(columns, how, at, f0, f1, k, w + c * L, n, kept, first, last,
                                                      o + c, t.out_stride, prefetch);
                    else
                        product_columns_of<1>(columns, how, at, f0, f1, k, w + c * L, n, kept, first, last, o + c,
                                              t.out_stride, prefetch);
                    c += columns;
                }
                r += rows;
            }
            if (all == 0) break;
        }
    }

    template <std::size_t V, std::size_t C>
    static XGRAD_INLINE void adjoint_block(const X& how, const E* x, std::int64_t x_stride, std::size_t tail,
                                           const T* g, std::int64_t g_stride, std::size_t rows, T* total, std::size_t n,
                                           bool prefetch) {
        P sum[V][C];
        XGRAD_UNROLL
        for (std::size_t v = 0; v < V; ++v) {
            XGRAD_UNROLL
            for (std::size_t c = 0; c < C; ++c)
                sum[v][c] = P::load(total + (v * n + c) * L);
        }
        const std::int64_t ahead = static_cast<std::int64_t>(rows) * x_stride;
        for (std::size_t r = 0; r < rows; ++r, x += x_stride, g += g_stride) {
            P xs[V];
            XGRAD_UNROLL
            for (std::size_t v = 0; v < V; ++v) {
                xs[v] = v + 1 == V && tail != L ? how.load_partial(x + v * L, tail) : how.load(x + v * L);
                if (prefetch && 2 * r >= rows) __builtin_prefetch(x + static_cast<std::int64_t>(v * L) + ahead, 0, 2);
            }
            XGRAD_UNROLL
            for (std::size_t c = 0; c < C; ++c) {
                const P gc(g[c]);
                XGRAD_UNROLL
                for (std::size_t v = 0; v < V; ++v)
                    sum[v][c] = fma(xs[v], gc, sum[v][c]);
            }
        }
        XGRAD_UNROLL
        for (std::size_t v = 0; v < V; ++v) {
            XGRAD_UNROLL
            for (std::size_t c = 0; c < C; ++c)
                sum[v][c].store(total + (v * n + c) * L);
        }
    }

    template <std::size_t V, std::size_t C = adjoint_columns, class... A>
    static XGRAD_INLINE void adjoint_columns_of(std::size_t c, const A&... a) {
        if constexpr (C > 1)
            if (c != C) return adjoint_columns_of<V, C - 1>(c, a...);
        adjoint_block<V, C>(a...);
    }

    /// The tiles of out (inner x cols) += in[0]^T (inner x rows) in[1] (rows x cols); in[2] is the number that bytes
    /// are multiplied by.
    static void accumulate(const Tile& t) {
        const X how(t.in[2]);
        const std::size_t n = t.cols, k = t.inner, all = tiles(k);
        const E* x = static_cast<const E*>(t.in[0]);
        const T* g = static_cast<const T*>(t.in[1]);
        T* total = static_cast<T*>(t.out);
        const std::size_t groups = (n + adjoint_columns - 1) / adjoint_columns;
        for (std::size_t f = 0; f < all;) {
            const std::size_t vectors = all - f >= 2 ? 2 : 1;
            const std::size_t tail = (f + vectors) * L <= k ? L : k - (f + vectors - 1) * L;
            std::size_t c = 0;
            for (std::size_t group = 0; group < groups; ++group) {
                const std::size_t columns = (n - c + groups - group - 1) / (groups - group);
                T* const at = total + f * n * L + c * L;
                if (vectors == 2)
                    adjoint_columns_of<2>(columns, how, x + f * L, t.in_stride[0], tail, g + c, t.in_stride[1], t.rows,
                                          at, n, group == 0);
                else
                    adjoint_columns_of<1>(columns, how, x + f * L, t.in_stride[0], tail, g + c, t.in_stride[1], t.rows,
                                          at, n, group == 0);
                c += columns;
            }
            f += vectors;
        }
    }

    static NarrowKernels make() {
        using Bytes = Narrow<T, I, OfBytes<T, I>>;
        using Scaled = Narrow<T, I, OfScaledBytes<T, I>>;
        using Tiles = NarrowTiles<T, I>;
        return {L,
                Tiles::template pack<false>,
                Tiles::template pack<true>,
                product,
                accumulate,
                Tiles::start,
                Tiles::merge,
                Tiles::finish,
                Tiles::finish_transposed,
                {Bytes::product, Bytes::accumulate},
                {Scaled::product, Scaled::accumulate}};
    }
};

} // namespace

template <class I>
NarrowKernels NarrowKernelsFor<I>::make(bool single) {
    return single ? Narrow<float, I>::make() : Narrow<double, I>::make();
}
#endif

} // namespace xgrad
