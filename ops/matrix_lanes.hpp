#pragma once
// How matrices come into lanes and out of them, and what works on triangles: LU, Cholesky, and their solutions.

#include <limits>

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

    /// Element `at` of each lane's array.
    static XGRAD_INLINE P load(const std::array<const T*, Group::most>& from, std::size_t at) {
        alignas(P) T each[lanes];
        XGRAD_UNROLL
        for (std::size_t l = 0; l < lanes; ++l)
            each[l] = from[l][at];
        return P::load(each);
    }
    static XGRAD_INLINE void store(const P& x, const Group& g, std::size_t at) {
        alignas(P) T each[lanes];
        x.store(each);
        if (g.count == lanes) {
            XGRAD_UNROLL
            for (std::size_t l = 0; l < lanes; ++l)
                g.out[l][at] = each[l];
        } else
            for (std::size_t l = 0; l < g.count; ++l)
                g.out[l][at] = each[l];
    }
    static void load_all(P* to, const std::array<const T*, Group::most>& from, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            to[i] = load(from, i);
    }
    static void store_all(const P* from, const Group& g, std::size_t size, std::size_t first = 0) {
        for (std::size_t i = 0; i < size; ++i)
            store(from[i], g, first + i);
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
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < k; ++j) {
                    alignas(P) T each[lanes];
                    for (std::size_t l = 0; l < lanes; ++l)
                        each[l] = g.b[l] ? g.b[l][row(l, i) * k + j] : static_cast<T>(row(l, i) == j);
                    x[i * k + j] = P::load(each);
                }
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
