#pragma once
// How matrices come into lanes and out of them, and what works on triangles: LU, Cholesky, and their solutions.

#include <limits>
#include <utility>

#include <xgrad/core/simd/simd.hpp>
#include <xgrad/ops/matrix_kernels.hpp>

namespace xgrad {
namespace {

template <class T, class I>
struct MatrixLanes {
    using P = simd::Pack<T, I>;
    using Group = MatrixGroup<T>;
    using Extents = MatrixExtents;
    static constexpr std::size_t lanes = P::size;
    static_assert(lanes <= Group::most);

    static P* packs(T* work) { return reinterpret_cast<P*>(work); }

    /// Arrays of so many elements into lanes, and out of them: squares of `lanes` elements of each are transposed. The
    /// last square may hold elements of the one before it once more.
    static void load_all(P* to, const std::array<const T*, Group::most>& from, std::size_t size) {
        for_each_square(size, [&](std::size_t at, std::size_t n) XGRAD_LAMBDA_INLINE {
            P rows[lanes];
            XGRAD_UNROLL
            for (std::size_t l = 0; l < lanes; ++l)
                rows[l] = n == lanes ? P::load(from[l] + at) : P::load_partial(from[l] + at, n);
            transpose(rows);
            for (std::size_t i = 0; i < n; ++i)
                to[at + i] = rows[i];
        });
    }
    static void store_all(const P* from, const Group& g, std::size_t size, std::size_t first = 0) {
        for_each_square(size, [&](std::size_t at, std::size_t n) XGRAD_LAMBDA_INLINE {
            P rows[lanes];
            for (std::size_t i = 0; i < lanes; ++i)
                rows[i] = i < n ? from[at + i] : P(0);
            transpose(rows);
            for (std::size_t l = 0; l < g.count; ++l) {
                if (n == lanes)
                    rows[l].store(g.out[l] + first + at);
                else
                    rows[l].store_partial(g.out[l] + first + at, n);
            }
        });
    }

    static P largest(const P* x, std::size_t size) { // NaN if there is one
        P result = 0;
        for (std::size_t i = 0; i < size; ++i)
            result = maximum(result, abs(x[i]));
        return result;
    }

    static void lu(Group& g, const Extents& e, T* work) {
        const std::size_t m = e.m, n = e.n;
        P *a = packs(work), *row = a + m * n;
        load_all(a, g.a, m * n);
        for (std::size_t i = 0; i < m; ++i)
            row[i] = static_cast<T>(i);
        for (std::size_t k = 0; k < m && k < n; ++k) {
            bring_largest_up(a, row, m, n, k);
            const P pivot = a[k * n + k], size = abs(pivot);
            const P inverse = select(size == 0, 0, 1 / pivot);
            const auto tiny = size < std::numeric_limits<T>::min() * 4; // the inverse of which would overflow
            const bool any_tiny = any(tiny & (size > 0));
            for (std::size_t i = k + 1; i < m; ++i) {
                P& lower = a[i * n + k];
                lower = any_tiny ? select(tiny & (size > 0), lower / pivot, lower * inverse) : lower * inverse;
                for (std::size_t j = k + 1; j < n; ++j)
                    a[i * n + j] = fma(-lower, a[k * n + j], a[i * n + j]);
            }
        }
        store_all(a, g, m * n);
        store_all(row, g, m, m * n);
    }

    static void cholesky(Group& g, const Extents& e, T* work) {
        const std::size_t n = e.n;
        P* a = packs(work);
        load_all(a, g.a, n * n);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < i; ++j) {
                a[i * n + j] = T(0.5) * a[i * n + j] + T(0.5) * a[j * n + i];
                a[j * n + i] = 0;
            }
        for (std::size_t k = 0; k < n; ++k) {
            const P pivot = a[k * n + k];
            const auto right = pivot > 0;
            if (!all(right))
                for (std::size_t l = 0; l < g.count; ++l)
                    if (!right[l] && g.bad[l] == 0) g.bad[l] = k + 1;
            const P root = sqrt(pivot), inverse = 1 / root;
            a[k * n + k] = root;
            for (std::size_t i = k + 1; i < n; ++i)
                a[i * n + k] *= inverse;
            for (std::size_t i = k + 1; i < n; ++i)
                for (std::size_t j = k + 1; j <= i; ++j)
                    a[i * n + j] = fma(-a[i * n + k], a[j * n + k], a[i * n + j]);
        }
        store_all(a, g, n * n);
    }

    static void lu_solve(Group& g, const Extents& e, T* work) {
        const std::size_t n = e.n, k = e.k;
        P *a = packs(work), *x = a + n * n;
        load_all(a, g.a, n * n);
        const auto row = [&](std::size_t l, std::size_t i) { return static_cast<std::size_t>(g.a[l][n * n + i]); };
        if (e.transposed) { // A^T = U^T L^T P
            if (g.b[0])
                load_all(x, g.b, n * k);
            else
                for (std::size_t i = 0; i < n * n; ++i)
                    x[i] = i % (n + 1) == 0;
            substitute<true>(a, x, n, k, false, false);
            substitute<true>(a, x, n, k, true, true);
        } else {
            load_exchanged(g, n, k, x, x + n * k);
            substitute<false>(a, x, n, k, true, true);
            substitute<false>(a, x, n, k, false, false);
        }
        if (!e.transposed) return store_all(x, g, n * k);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < k; ++j)
                for (std::size_t l = 0; l < g.count; ++l)
                    g.out[l][row(l, i) * k + j] = x[i * k + j][l];
    }

    static void triangular_solve(Group& g, const Extents& e, T* work) {
        P *a = packs(work), *x = a + e.n * e.n;
        load_all(a, g.a, e.n * e.n);
        load_all(x, g.b, e.n * e.k);
        if (e.transposed)
            substitute<true>(a, x, e.n, e.k, e.lower, e.unit);
        else
            substitute<false>(a, x, e.n, e.k, e.lower, e.unit);
        store_all(x, g, e.n * e.k);
    }

  private:
    template <class F>
    static XGRAD_INLINE void for_each_square(std::size_t size, F f) {
        if (size < lanes) return f(std::size_t{0}, size);
        for (std::size_t at = 0; at + lanes <= size; at += lanes)
            f(at, lanes);
        if (size % lanes != 0) f(size - lanes, lanes);
    }
    template <std::size_t first, std::size_t... i>
    static XGRAD_INLINE P interleave(const P& a, const P& b, std::index_sequence<i...>) {
        return P((typename P::Vector)__builtin_shufflevector(a.v, b.v, (i % 2 * lanes + i / 2 + first)...));
    }
    /// Shuffling all of the first half with all of the second, as often as halves can be halved.
    static XGRAD_INLINE void transpose(P (&rows)[lanes]) {
        constexpr auto all = std::make_index_sequence<lanes>();
        P next[lanes];
        XGRAD_UNROLL
        for (std::size_t step = 1; step < lanes; step *= 2) {
            XGRAD_UNROLL
            for (std::size_t i = 0; i < lanes / 2; ++i) {
                next[2 * i] = interleave<0>(rows[i], rows[i + lanes / 2], all);
                next[2 * i + 1] = interleave<lanes / 2>(rows[i], rows[i + lanes / 2], all);
            }
            XGRAD_UNROLL
            for (std::size_t i = 0; i < lanes; ++i)
                rows[i] = next[i];
        }
    }

    /// The row with the largest element of column k, from row k on, to row k.
    static XGRAD_INLINE void bring_largest_up(P* a, P* row, std::size_t m, std::size_t n, std::size_t k) {
        P best = abs(a[k * n + k]), place = static_cast<T>(k);
        for (std::size_t i = k + 1; i < m; ++i) {
            const P size = abs(a[i * n + k]);
            const auto larger = size > best;
            best = select(larger, size, best);
            place = select(larger, static_cast<T>(i), place);
        }
        for (std::size_t i = k + 1; i < m; ++i) {
            const auto here = place == static_cast<T>(i);
            if (!any(here)) continue;
            const auto exchange = [&](P& x, P& y) XGRAD_LAMBDA_INLINE {
                const P before = x;
                x = select(here, y, x);
                y = select(here, before, y);
            };
            for (std::size_t j = 0; j < n; ++j)
                exchange(a[k * n + j], a[i * n + j]);
            exchange(row[k], row[i]);
        }
    }

    /// The rows of b, or of the identity, in the order that LU gave those of A.
    static void load_exchanged(const Group& g, std::size_t n, std::size_t k, P* x, P* row) {
        std::array<const T*, Group::most> rows;
        for (std::size_t l = 0; l < lanes; ++l)
            rows[l] = g.a[l] + n * n;
        if (!g.b[0]) {
            load_all(row, rows, n);
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < n; ++j)
                    x[i * n + j] = select(row[i] == static_cast<T>(j), 1, 0);
            return;
        }
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < k; ++j) {
                alignas(P) T each[lanes];
                XGRAD_UNROLL
                for (std::size_t l = 0; l < lanes; ++l)
                    each[l] = g.b[l][static_cast<std::size_t>(rows[l][i]) * k + j];
                x[i * k + j] = P::load(each);
            }
    }

    /// x := T^-1 x, or T^-T x, of the lower or the upper triangle of a.
    template <bool transposed>
    static void substitute(const P* a, P* x, std::size_t n, std::size_t k, bool lower, bool unit) {
        const bool forward = lower != transposed;
        for (std::size_t step = 0; step < n; ++step) {
            const std::size_t i = forward ? step : n - 1 - step;
            for (std::size_t j = 0; j < k && !unit; ++j)
                x[i * k + j] /= a[i * n + i];
            const std::size_t begin = forward ? i + 1 : 0, end = forward ? n : i;
            for (std::size_t r = begin; r < end; ++r) {
                const P factor = transposed ? a[i * n + r] : a[r * n + i];
                for (std::size_t j = 0; j < k; ++j)
                    x[r * k + j] = fma(-factor, x[i * k + j], x[r * k + j]);
            }
        }
    }
};

} // namespace
} // namespace xgrad
