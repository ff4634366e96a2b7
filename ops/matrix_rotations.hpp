#pragma once
// Decompositions into orthogonal matrices, one matrix in each lane: reflections, and rotations that go on until nothing
// is left to rotate. A lane in which nothing is left is not changed by what the others still need.

#include <cmath>
#include <limits>

#include <xgrad/ops/matrix_lanes.hpp>

namespace xgrad {
namespace {

template <class T, class I>
struct MatrixRotations : MatrixLanes<T, I> {
    using Lanes = MatrixLanes<T, I>;
    using Lanes::lanes;
    using typename Lanes::P, typename Lanes::Group, typename Lanes::Extents;
    static constexpr T eps = std::numeric_limits<T>::epsilon();
    /// They come together faster than by squares; so many are never needed.
    static constexpr int most_sweeps = 60;

    /// Divides by the largest element, so that no square overflows or vanishes; 1 of zeros. NaN if one is not finite.
    static P scale_down(P* a, std::size_t size) {
        const P largest = Lanes::largest(a, size);
        const P scale = select(
            largest == 0, 1,
            select(largest < std::numeric_limits<T>::infinity(), largest, std::numeric_limits<T>::quiet_NaN()));
        for (std::size_t i = 0; i < size; ++i)
            a[i] /= scale;
        return scale;
    }

    static void qr(Group& g, const Extents& e, T* work) {
        const std::size_t m = e.m, n = e.n, k = m < n ? m : n;
        P *a = Lanes::packs(work), *tau = a + m * n, *q = tau + k;
        Lanes::load_all(a, g.a, m * n);
        const P scale = scale_down(a, m * n);
        for (std::size_t j = 0; j < k; ++j) {
            P tail = 0;
            for (std::size_t i = j + 1; i < m; ++i)
                tail = fma(a[i * n + j], a[i * n + j], tail);
            const P alpha = a[j * n + j], length = sqrt(fma(alpha, alpha, tail));
            const P beta = copysign(length, -alpha);
            const auto none = tail == 0;
            tau[j] = select(none, 0, (beta - alpha) / beta);
            const P factor = select(none, 0, 1 / (alpha - beta));
            for (std::size_t i = j + 1; i < m; ++i)
                a[i * n + j] *= factor;
            a[j * n + j] = select(none, alpha, beta);
            for (std::size_t c = j + 1; c < n; ++c)
                reflect(a + j, n, tau[j], a + c, n, j, m);
        }
        for (std::size_t i = 0; i < m * k; ++i)
            q[i] = i / k == i % k;
        for (std::size_t j = k; j-- > 0;)
            for (std::size_t c = j; c < k; ++c)
                reflect(a + j, n, tau[j], q + c, k, j, m);
        for (std::size_t i = 0; i < k * n; ++i)
            a[i] = i % n < i / n ? P(0) : a[i] * scale;
        Lanes::store_all(q, g, m * k);
        Lanes::store_all(a, g, k * n, m * k);
    }

    static void eigh(Group& g, const Extents& e, T* work) {
        const std::size_t n = e.n;
        P *a = Lanes::packs(work), *v = a + n * n; // the rows of v become the vectors
        Lanes::load_all(a, g.a, n * n);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < i; ++j)
                a[i * n + j] = a[j * n + i] = T(0.5) * a[i * n + j] + T(0.5) * a[j * n + i];
        const P scale = scale_down(a, n * n);
        P size = 0;
        for (std::size_t i = 0; i < n * n; ++i) {
            size = fma(a[i], a[i], size);
            v[i] = i % (n + 1) == 0;
        }
        const P enough = sqrt(size) * (eps / static_cast<T>(8 * n));
        for (int sweep = 0; sweep < most_sweeps && sweep_symmetric(a, v, n, enough); ++sweep) {}
        for (std::size_t l = 0; l < g.count; ++l) {
            for (std::size_t i = 0; i < n; ++i)
                g.out[l][i] = a[i * n + i][l] * scale[l];
            sort_into_columns(g.out[l], v, n, l);
        }
    }

    static void svd(Group& g, const Extents& e, T* work) {
        const bool tall = e.m >= e.n;
        const std::size_t m = tall ? e.m : e.n, n = tall ? e.n : e.m; // of A, or of its transpose
        P *w = Lanes::packs(work), *v = w + m * n;                    // rows: columns of A V, and of V
        P* const loaded = tall ? v + n * n : w;
        Lanes::load_all(loaded, g.a, m * n);
        for (std::size_t i = 0; i < m && tall; ++i)
            for (std::size_t j = 0; j < n; ++j)
                w[j * m + i] = loaded[i * n + j];
        const P scale = scale_down(w, m * n);
        P size = 0;
        for (std::size_t i = 0; i < m * n; ++i)
            size = fma(w[i], w[i], size);
        for (std::size_t i = 0; i < n * n; ++i)
            v[i] = i % (n + 1) == 0;
        const P nothing = size * (eps * eps); // the square of a column of rounding errors
        for (int sweep = 0; sweep < most_sweeps && sweep_columns(w, v, m, n, nothing); ++sweep) {}
        for (std::size_t l = 0; l < g.count; ++l)
            store_svd(g.out[l], e, w, v, scale[l], std::sqrt(nothing[l]), l);
    }

  private:
    /// x := (1 - tau v v^T) x for rows from j on, v_j = 1; both are columns with so many elements from row to row.
    static XGRAD_INLINE void reflect(const P* v, std::size_t v_step, const P& tau, P* x, std::size_t x_step,
                                     std::size_t j, std::size_t m) {
        P sum = x[j * x_step];
        for (std::size_t i = j + 1; i < m; ++i)
            sum = fma(v[i * v_step], x[i * x_step], sum);
        sum *= tau;
        x[j * x_step] -= sum;
        for (std::size_t i = j + 1; i < m; ++i)
            x[i * x_step] = fma(-sum, v[i * v_step], x[i * x_step]);
    }

    struct Rotation {
        P c, s, t;
    };
    /// That which makes the pair of squares a, b and their product ab orthogonal, where it is asked for.
    template <class Mask>
    static XGRAD_INLINE Rotation rotation(const Mask& wanted, const P& a, const P& ab, const P& b) {
        const P theta = (b - a) / (2 * ab);
        const P tangent = copysign(1 / (abs(theta) + sqrt(fma(theta, theta, P(1)))), theta);
        const P t = select(wanted, tangent, 0), c = 1 / sqrt(fma(t, t, P(1)));
        return {c, t * c, t};
    }
    static XGRAD_INLINE void rotate(const Rotation& r, P& x, P& y) {
        const P before = x;
        x = fma(r.c, before, -(r.s * y));
        y = fma(r.s, before, r.c * y);
    }

    static bool sweep_symmetric(P* a, P* v, std::size_t n, const P& enough) {
        bool rotated = false;
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) {
                const P apq = a[p * n + q];
                const auto wanted = abs(apq) > enough;
                if (!any(wanted)) continue;
                rotated = true;
                const Rotation r = rotation(wanted, a[p * n + p], apq, a[q * n + q]);
                a[p * n + p] = fma(-r.t, apq, a[p * n + p]);
                a[q * n + q] = fma(r.t, apq, a[q * n + q]);
                a[p * n + q] = a[q * n + p] = select(wanted, 0, apq);
                for (std::size_t i = 0; i < n; ++i) {
                    if (i == p || i == q) continue;
                    rotate(r, a[i * n + p], a[i * n + q]);
                    a[p * n + i] = a[i * n + p];
                    a[q * n + i] = a[i * n + q];
                }
                for (std::size_t i = 0; i < n; ++i)
                    rotate(r, v[p * n + i], v[q * n + i]);
            }
        return rotated;
    }

    static bool sweep_columns(P* w, P* v, std::size_t m, std::size_t n, const P& nothing) {
        const T tolerance = eps * std::sqrt(static_cast<T>(m)); // what rounding leaves of a product
        bool rotated = false;
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) {
                P *x = w + p * m, *y = w + q * m, xx = 0, xy = 0, yy = 0;
                for (std::size_t i = 0; i < m; ++i) {
                    xx = fma(x[i], x[i], xx);
                    xy = fma(x[i], y[i], xy);
                    yy = fma(y[i], y[i], yy);
                }
                const auto wanted = (abs(xy) > tolerance * sqrt(xx) * sqrt(yy)) & (xx > nothing) & (yy > nothing);
                if (!any(wanted)) continue;
                rotated = true;
                const Rotation r = rotation(wanted, xx, xy, yy);
                for (std::size_t i = 0; i < m; ++i)
                    rotate(r, x[i], y[i]);
                for (std::size_t i = 0; i < n; ++i)
                    rotate(r, v[p * n + i], v[q * n + i]);
            }
        return rotated;
    }

    /// The eigenvalues in ascending order, and after them the vectors of lane l as columns.
    static void sort_into_columns(T* out, const P* v, std::size_t n, std::size_t l) {
        T* const vectors = out + n;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                vectors[j * n + i] = out[i] != out[i] ? out[i] : v[i * n + j][l];
        for (std::size_t i = 0; i + 1 < n; ++i) {
            std::size_t least = i;
            for (std::size_t j = i + 1; j < n; ++j)
                if (out[j] < out[least]) least = j;
            if (least == i) continue;
            exchange(out[i], out[least]);
            for (std::size_t j = 0; j < n; ++j)
                exchange(vectors[j * n + i], vectors[j * n + least]);
        }
    }
    static void exchange(T& x, T& y) {
        const T before = x;
        x = y, y = before;
    }

    /// U, s and Vh of lane l, whose columns of W = A V are orthogonal: s are their lengths. Those of no length, and
    /// what belongs to them in U, or in Vh where W is of A^T, are completed to an orthogonal matrix.
    static void store_svd(T* out, const Extents& e, const P* w, const P* v, T scale, T nothing, std::size_t l) {
        const bool tall = e.m >= e.n;
        const std::size_t m = tall ? e.m : e.n, n = tall ? e.n : e.m;
        T *u = out, *s = out + e.m * n, *vh = s + n;
        T* const lengths = s; // sorted while they are there
        for (std::size_t j = 0; j < n; ++j) {
            T sum = 0;
            for (std::size_t i = 0; i < m; ++i)
                sum += w[j * m + i][l] * w[j * m + i][l];
            lengths[j] = std::sqrt(sum);
        }
        // Where column `at` of the longer factor, and of the other one, go.
        const auto longer = [&](std::size_t i, std::size_t at) -> T& { return tall ? u[i * n + at] : vh[at * m + i]; };
        const auto other = [&](std::size_t i, std::size_t at) -> T& { return tall ? vh[at * n + i] : u[i * n + at]; };
        for (std::size_t j = 0; j < n; ++j) {
            const T factor = lengths[j] > nothing || lengths[j] != lengths[j] ? 1 / lengths[j] : T(0);
            for (std::size_t i = 0; i < m; ++i)
                longer(i, j) = w[j * m + i][l] * factor;
            for (std::size_t i = 0; i < n; ++i)
                other(i, j) = scale != scale ? scale : v[j * n + i][l];
        }
        for (std::size_t i = 0; i + 1 < n; ++i) {
            std::size_t most = i;
            for (std::size_t j = i + 1; j < n; ++j)
                if (lengths[j] > lengths[most]) most = j;
            if (most == i) continue;
            exchange(s[i], s[most]);
            for (std::size_t r = 0; r < m; ++r)
                exchange(longer(r, i), longer(r, most));
            for (std::size_t r = 0; r < n; ++r)
                exchange(other(r, i), other(r, most));
        }
        for (std::size_t j = 0; j < n; ++j)
            if (s[j] <= nothing) complete(longer, m, j);
        for (std::size_t j = 0; j < n; ++j)
            s[j] *= scale;
    }

    /// Column `at` becomes orthogonal to those before it: of the unit vectors the one that is farthest from them.
    template <class Column>
    static void complete(const Column& column, std::size_t m, std::size_t at) {
        std::size_t best = 0;
        T least = 2;
        for (std::size_t i = 0; i < m; ++i) {
            T inside = 0; // of the i-th unit vector, in the span of the columns
            for (std::size_t j = 0; j < at; ++j)
                inside += column(i, j) * column(i, j);
            if (inside < least) least = inside, best = i;
        }
        for (std::size_t i = 0; i < m; ++i)
            column(i, at) = i == best;
        for (int twice = 0; twice < 2; ++twice) { // the second time for the rounding of the first
            for (std::size_t j = 0; j < at; ++j) {
                T product = 0;
                for (std::size_t i = 0; i < m; ++i)
                    product += column(i, j) * column(i, at);
                for (std::size_t i = 0; i < m; ++i)
                    column(i, at) -= product * column(i, j);
            }
            T sum = 0;
            for (std::size_t i = 0; i < m; ++i)
                sum += column(i, at) * column(i, at);
            for (std::size_t i = 0; i < m; ++i)
                column(i, at) /= std::sqrt(sum);
        }
    }
};

} // namespace
} // namespace xgrad
