#pragma once
// A decomposition has several results and an op has one: an op without a derivative gives all of them, one packed row
// for each matrix, and each result is a view of it, which has the derivative.

#include <array>

#include <xgrad/ops/decompositions.hpp>
#include <xgrad/ops/matrix_batch.hpp>
#include <xgrad/ops/rearrange.hpp>

namespace xgrad::linalg {

/// Rows of [the m n elements of L - 1 + U, the m rows of A that the rows of P^T A are].
struct LuFactor {
    static constexpr auto name = "lu";
    static constexpr bool zero_derivative = true;
    static Shape shape(Types in);
    static void eval(ConstArrays in, Array out);
    static Var vmap(const BatchedInputs& in) { return record(LuFactor{}, in.all(0)); }
};

/// Rows of [w, V].
struct EighFactor {
    static constexpr auto name = "eigh";
    static constexpr bool zero_derivative = true;
    static Shape shape(Types in);
    static void eval(ConstArrays in, Array out);
    static Var vmap(const BatchedInputs& in) { return record(EighFactor{}, in.all(0)); }
};

/// Rows of [U, S, Vh].
struct SvdFactor {
    static constexpr auto name = "svd";
    static constexpr bool zero_derivative = true;
    static Shape shape(Types in);
    static void eval(ConstArrays in, Array out);
    static Var vmap(const BatchedInputs& in) { return record(SvdFactor{}, in.all(0)); }
};

/// Rows of [Q, R].
struct QrFactor {
    static constexpr auto name = "qr";
    static Shape shape(Types in);
    static void eval(ConstArrays in, Array out);
    static Var vjp(Var g, Var y, Var a);
    static Var vmap(const BatchedInputs& in) { return record(QrFactor{}, in.all(0)); }
};

struct Cholesky {
    static constexpr auto name = "cholesky";
    bool nan;
    static Shape shape(Types in);
    void eval(ConstArrays in, Array out) const;
    static Var vjp(Var g, Var y, Var a);
    Var vmap(const BatchedInputs& in) const { return record(*this, in.all(0)); }
    bool operator==(const Cholesky&) const = default;
};

/// Part of the packed rows, which were made of a: so many elements from `begin` on, as `columns` columns or (0) a
/// vector. How it follows from a, Rule says: Rule::vjp(g, y, packed, a).
template <class Rule>
struct Part {
    static constexpr auto name = Rule::name;
    static constexpr std::size_t nondiff = 1;
    static constexpr bool linear = false;
    std::size_t begin, rows, columns;

    Shape shape(Types in) const {
        const Shape leading = detail::leading_axes(in[0].shape, 1);
        return columns == 0 ? detail::with_last(leading, {rows}) : detail::with_last(leading, {rows, columns});
    }
    bool map(const Layout& in, Layout& out) const {
        const std::size_t axes = in.shape.rank() - 1;
        for (std::size_t i = 0; i < axes; ++i)
            out.strides[i] = in.strides[i];
        const std::int64_t step = in.strides[axes];
        out.offset = in.offset + static_cast<std::int64_t>(begin) * step;
        out.strides[axes] = columns == 0 ? step : static_cast<std::int64_t>(columns) * step;
        if (columns != 0) out.strides[axes + 1] = step;
        return true;
    }
    static std::array<Var, 2> vjp(Var g, Var y, Var packed, Var a) { return {Var{}, Rule::vjp(g, y, packed, a)}; }
    Var vmap(const BatchedInputs& in) const { return record(*this, in.all(0), in.all(1)); }
    bool operator==(const Part&) const = default;
};

/// L - 1 + U as one matrix, of the rows that LuFactor packs.
Var lu_matrix(Var packed, Var a);
Var eigenvalues(Var packed, Var a);
Var eigenvectors(Var packed, Var a);
Var left_vectors(Var packed, Var a);
Var singular_values(Var packed, Var a);
Var right_vectors(Var packed, Var a);

// --- Triangles ----------------------------------------------------------------------------------------------------

struct TriangularForm {
    bool lower = false, transposed = false, unit = false;
    bool nan = false; // of a zero on the diagonal, which else is an error
    bool operator==(const TriangularForm&) const = default;
};

namespace detail {
Shape shape_of_solution(Types in, std::size_t first);
void triangular_eval(const TriangularForm& form, ConstArrays in, Array out);
/// The adjoint of the matrix in A x = b, or A^T x = b, where gb is that of b.
Var adjoint_of_matrix(Var x, Var gb, bool transposed);
} // namespace detail

/// A x = b, or A^T x = b, of a triangle of A (..., n, n), for b (..., n, k). Errors are Of::name's.
template <class Of>
struct TriangularSolve : TriangularForm {
    static constexpr auto name = Of::name;
    static Shape shape(Types in) { return detail::shape_of_solution(in, 0); }
    void eval(ConstArrays in, Array out) const { detail::triangular_eval(*this, in, out); }
    std::array<Var, 2> vjp(Var g, Var y, Var a, Var) const {
        TriangularSolve other = *this;
        other.transposed = !transposed;
        const Var gb = record(other, a, g), ga = detail::adjoint_of_matrix(y, gb, transposed);
        return {lower ? tril(ga, unit ? -1 : 0) : triu(ga, unit ? 1 : 0), gb};
    }
    Var vmap(const BatchedInputs& in) const { return xgrad::detail::vmap_of_matrices(*this, in, 2); }
    bool operator==(const TriangularSolve&) const = default;
};

// --- What derivatives are made of -----------------------------------------------------------------------------------

/// a b of matrices, either of which may be taken transposed.
Var product(Var a, Var b, bool transpose_a = false, bool transpose_b = false);
/// x with its last two axes swapped.
Var transposed(Var x);
/// The identity of so many rows, with x's dtype.
Var identity(Var x, std::size_t extent);
/// x diag(d), and diag(d) x.
Var scale_columns(Var x, Var d);
Var scale_rows(Var x, Var d);

} // namespace xgrad::linalg
