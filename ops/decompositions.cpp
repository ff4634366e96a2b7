// The derivatives of decompositions.

#include <xgrad/ops/decompositions_ops.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/logic.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::linalg {

// --- What they are made of ----------------------------------------------------------------------------------------

Var product(Var a, Var b, bool transpose_a, bool transpose_b) { return matmul(a, b, transpose_a, transpose_b); }
Var transposed(Var x) { return swap_axes(x, -2, -1); }
Var identity(Var x, std::size_t extent) { return eye(x.tape(), extent, 0, 0, x.dtype()); }
Var scale_columns(Var x, Var d) { return x * expand_dims(d, -2); }
Var scale_rows(Var x, Var d) { return x * expand_dims(d, -1); }

namespace detail {

Var adjoint_of_matrix(Var x, Var gb, bool transposed) {
    const Var left = transposed ? x : gb, right = transposed ? gb : x;
    if (x.shape().back() == 1) return -(left * swap_axes(right, -2, -1));
    return -product(left, right, false, true);
}

} // namespace detail

namespace {

std::size_t rows_of(Var x) { return x.shape()[x.rank() - 2]; }
std::size_t columns_of(Var x) { return x.shape().back(); }
std::int64_t as_int(std::size_t n) { return static_cast<std::int64_t>(n); }

double rounding(Var x) { return x.dtype() == DType::float32 ? 0x1p-23 : 0x1p-52; }

/// 0, 1 ... n - 1 of x's dtype.
Var numbers(Var x, std::size_t n) { return arange(x.tape(), 0, static_cast<double>(n), 1, x.dtype()); }

/// A part of packed rows: matrices of so many rows and columns from `begin` on.
Var matrix_part(Var packed, std::size_t begin, std::size_t rows, std::size_t columns) {
    const Var part = slice(packed, -1, as_int(begin), as_int(begin + rows * columns));
    return reshape_to(part, xgrad::detail::with_last(xgrad::detail::leading_axes(packed.shape(), 1), {rows, columns}));
}

/// Zeros added to the last two axes of x, behind what is there.
Var padded(Var x, std::size_t rows, std::size_t columns) {
    if (rows == rows_of(x) && columns == columns_of(x)) return x;
    std::vector<std::pair<std::int64_t, std::int64_t>> widths(x.rank() - 2);
    widths.emplace_back(0, as_int(rows - rows_of(x)));
    widths.emplace_back(0, as_int(columns - columns_of(x)));
    return pad(x, widths);
}

/// 1 / (2 (v_j - v_i)) off the diagonal, where 0 is: v_j - v_i = differences. NaN where they are no more than `least`,
/// and it stays NaN in what is multiplied by it, however it is differentiated.
Var reciprocal_of_differences(Var differences, Var least) {
    const Var diagonal = identity(differences, columns_of(differences)) != 0;
    const Var close = abs(differences) <= least;
    const Var apart = where(diagonal | close, 1, differences);
    return where(diagonal, 0, where(close, std::numeric_limits<double>::quiet_NaN(), 0.5 / apart));
}

/// v_j - v_i
Var differences_of(Var v) { return expand_dims(v, -2) - expand_dims(v, -1); }

/// What differs by no more cannot be told apart: n eps times the largest of |v|.
Var least_difference(Var v, std::size_t n) {
    const Var largest = stop_gradient(max(abs(v), -1, keepdims));
    return expand_dims(static_cast<double>(n) * rounding(v) * largest, -1);
}

} // namespace

// --- Cholesky -----------------------------------------------------------------------------------------------------

Var cholesky(Operand a, CholeskyOptions options) { return record(Cholesky{options.indefinite == Failure::nan}, a); }

Var Cholesky::vjp(Var g, Var l, Var) {
    const Var half = tril(product(l, g, true)) * (1 - 0.5 * identity(l, columns_of(l)));
    const TriangularSolve<Cholesky> back{{.lower = true, .transposed = true}};
    const Var s = record(back, l, transposed(record(back, l, half)));
    return 0.5 * (s + transposed(s));
}

// --- LU -----------------------------------------------------------------------------------------------------------

namespace {

struct LuMatrixRule {
    static constexpr auto name = "lu";
    /// With dM = L^-1 P^T dA U^-1: dL = L tril(dM, -1), dU = triu(dM) U. L and U are made square by ones on their
    /// diagonals.
    static Var vjp(Var g, Var y, Var packed, Var) {
        const std::size_t m = rows_of(y), n = columns_of(y), k = std::min(m, n);
        const Var left = slice(y, -1, 0, as_int(k)), upper = slice(y, -2, 0, as_int(k));
        const Var added = scale_columns(identity(y, n), cast(numbers(y, n) >= static_cast<double>(k), y.dtype()));
        const Var l = tril(padded(left, m, m), -1) + identity(y, m), u = triu(padded(upper, n, n)) + added;
        const Var gm = tril(product(l, tril(g, -1), true), -1) + triu(product(triu(g), u, false, true));
        const TriangularSolve<LuMatrixRule> by_u{}, by_l{{.lower = true, .transposed = true, .unit = true}};
        const Var right = transposed(record(by_u, u, transposed(gm)));
        return product(permutation(packed, m, n), record(by_l, l, right));
    }
    static Var permutation(Var packed, std::size_t m, std::size_t n) {
        const Var row = slice(packed, -1, as_int(m * n), as_int(m * n + m));
        return cast(expand_dims(numbers(packed, m), 1) == expand_dims(row, -2), packed.dtype());
    }
};

} // namespace

Var lu_matrix(Var packed, Var a) { return record(Part<LuMatrixRule>{0, rows_of(a), columns_of(a)}, packed, a); }

LU lu(Operand a) {
    const Call call("lu", a.where);
    const Var packed = record(LuFactor{}, a);
    const std::size_t m = rows_of(a.var), n = columns_of(a.var), k = std::min(m, n);
    const Var both = lu_matrix(packed, a.var);
    const Var below = slice(tril(both, -1), -1, 0, as_int(k)), above = slice(triu(both), -2, 0, as_int(k));
    return {LuMatrixRule::permutation(packed, m, n), below + eye(a.var.tape(), m, k, 0, a.dtype()), above};
}

// --- QR -----------------------------------------------------------------------------------------------------------

QR qr(Operand a) {
    const Call call("qr", a.where);
    const Var packed = record(QrFactor{}, a);
    const std::size_t m = rows_of(a.var), n = columns_of(a.var), k = std::min(m, n);
    return {matrix_part(packed, 0, m, k), matrix_part(packed, m * k, k, n)};
}

/// Of a square or tall matrix gA = (gQ + Q copyltu(R gR^T - gQ^T Q)) R^-T, where copyltu mirrors the lower triangle. Of
/// a wide one, A = [X, Y], Q and R's first columns are those of X, and the others are Q^T Y.
Var QrFactor::vjp(Var g, Var y, Var a) {
    const std::size_t m = rows_of(a), n = columns_of(a), k = std::min(m, n);
    const Var q = matrix_part(y, 0, m, k), all_r = matrix_part(y, m * k, k, n);
    Var gq = matrix_part(g, 0, m, k), gr = matrix_part(g, m * k, k, n), g_rest;
    if (n > m) {
        const Var rest = slice(a, -1, as_int(m), as_int(n)), gr_rest = slice(gr, -1, as_int(m), as_int(n));
        g_rest = product(q, gr_rest);
        gq = gq + product(rest, gr_rest, false, true);
        gr = slice(gr, -1, 0, as_int(m));
    }
    const Var r = n > m ? slice(all_r, -1, 0, as_int(m)) : all_r;
    const Var s = product(r, gr, false, true) - product(gq, q, true);
    const Var mirrored = tril(s) + transposed(tril(s, -1));
    const Var ga = transposed(record(TriangularSolve<QrFactor>{}, r, transposed(gq + product(q, mirrored))));
    return n > m ? concatenate(ga, g_rest, -1) : ga;
}

// --- Eigenvalues --------------------------------------------------------------------------------------------------

namespace {

struct EigenvaluesRule {
    static constexpr auto name = "eigh";
    static Var vjp(Var g, Var, Var packed, Var a) {
        const Var v = eigenvectors(packed, a);
        return product(scale_columns(v, g), v, false, true);
    }
};

struct EigenvectorsRule {
    static constexpr auto name = "eigh";
    static Var vjp(Var g, Var v, Var packed, Var a) {
        const Var w = eigenvalues(packed, a), x = product(v, g, true);
        const Var k = reciprocal_of_differences(differences_of(w), least_difference(w, columns_of(v)));
        return product(product(v, k * (x - transposed(x))), v, false, true);
    }
};

} // namespace

Var eigenvalues(Var packed, Var a) { return record(Part<EigenvaluesRule>{0, columns_of(a), 0}, packed, a); }
Var eigenvectors(Var packed, Var a) {
    const std::size_t n = columns_of(a);
    return record(Part<EigenvectorsRule>{n, n, n}, packed, a);
}

Eigh eigh(Operand a) {
    const Call call("eigh", a.where);
    const Var packed = record(EighFactor{}, a);
    return {eigenvalues(packed, a.var), eigenvectors(packed, a.var)};
}

// --- Singular values ----------------------------------------------------------------------------------------------

namespace {

/// 1 / (s_j^2 - s_i^2) times twice, as for eigenvalues.
Var reciprocal_of_squares(Var s, std::size_t extent) {
    const Var sums = expand_dims(s, -2) + expand_dims(s, -1);
    const Var k = reciprocal_of_differences(differences_of(s), least_difference(s, extent));
    return 2 * k / where(sums == 0, 1, sums);
}
/// 1 / s, and NaN where s is 0 but for rounding.
Var reciprocal_of_values(Var s, std::size_t extent) {
    const Var zero = s <= squeeze(least_difference(s, extent), -1);
    return where(zero, std::numeric_limits<double>::quiet_NaN(), 1 / where(zero, 1, s));
}

struct SingularValuesRule {
    static constexpr auto name = "svd";
    static Var vjp(Var g, Var, Var packed, Var a) {
        return product(scale_columns(left_vectors(packed, a), g), right_vectors(packed, a));
    }
};

struct LeftVectorsRule {
    static constexpr auto name = "svd";
    static Var vjp(Var g, Var u, Var packed, Var a) {
        const Var s = singular_values(packed, a), vh = right_vectors(packed, a), x = product(u, g, true);
        const std::size_t extent = std::max(rows_of(a), columns_of(a));
        Var left = product(u, scale_columns(reciprocal_of_squares(s, extent) * (x - transposed(x)), s));
        if (rows_of(u) > columns_of(u)) left = left + scale_columns(g - product(u, x), reciprocal_of_values(s, extent));
        return product(left, vh);
    }
};

struct RightVectorsRule {
    static constexpr auto name = "svd";
    static Var vjp(Var g, Var vh, Var packed, Var a) {
        const Var s = singular_values(packed, a), u = left_vectors(packed, a), x = product(vh, g, false, true);
        const std::size_t extent = std::max(rows_of(a), columns_of(a));
        Var right = product(scale_rows(reciprocal_of_squares(s, extent) * (x - transposed(x)), s), vh);
        if (columns_of(vh) > rows_of(vh))
            right = right + scale_rows(g - product(transposed(x), vh), reciprocal_of_values(s, extent));
        return product(u, right);
    }
};

} // namespace

Var left_vectors(Var packed, Var a) {
    const std::size_t m = rows_of(a), n = columns_of(a), k = std::min(m, n);
    return record(Part<LeftVectorsRule>{0, m, k}, packed, a);
}
Var singular_values(Var packed, Var a) {
    const std::size_t m = rows_of(a), n = columns_of(a), k = std::min(m, n);
    return record(Part<SingularValuesRule>{m * k, k, 0}, packed, a);
}
Var right_vectors(Var packed, Var a) {
    const std::size_t m = rows_of(a), n = columns_of(a), k = std::min(m, n);
    return record(Part<RightVectorsRule>{m * k + k, k, n}, packed, a);
}

SVD svd(Operand a) {
    const Call call("svd", a.where);
    const Var packed = record(SvdFactor{}, a);
    return {left_vectors(packed, a.var), singular_values(packed, a.var), right_vectors(packed, a.var)};
}

} // namespace xgrad::linalg
