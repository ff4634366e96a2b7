#pragma once
// Derivatives most of whose elements are zero.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <xgrad/core/jacobian.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// Which elements of a matrix may differ from zero, by rows (CSR): those of row i are in the columns
/// columns_of[row_starts[i]] up to columns_of[row_starts[i + 1]], in ascending order.
struct Sparsity {
    std::size_t rows = 0, columns = 0;
    std::vector<std::int64_t> row_starts, columns_of;

    std::size_t count() const { return columns_of.size(); }
    /// The row of each element: with columns_of, its coordinates.
    std::vector<std::int64_t> rows_of() const;
    bool operator==(const Sparsity&) const = default;
};

/// The elements of a matrix that may differ from zero, in the order of their places.
struct SparseMatrix {
    Sparsity places;
    Var values;
    std::size_t products = 0; // of the matrix with vectors: how many gave it
};

/// By which elements of x each element of y may be changed: y and x as vectors in row-major order. It is found by
/// following the ops from x to y by their forms, whatever the values are, so it may say more than there is: all of the
/// result of an opaque op is said to depend on all of its inputs, unless the op only moves elements, and whole rows of
/// an op by rows on whole rows.
[[nodiscard]] Sparsity jacobian_sparsity(Var y, Var x, Location where = Location::current());
/// Which pairs of elements of x may have a second derivative of y, which is one number.
[[nodiscard]] Sparsity hessian_sparsity(Var y, Var x, Location where = Location::current());

/// The Jacobian as a sparse matrix. Columns that have no row in common are made by one product (Curtis, Powell and Reid
/// 1974), or rows that have no column in common, by the fewer: a banded one takes as many products as the band is wide,
/// however large it is.
[[nodiscard]] SparseMatrix sparse_jacobian(Var y, Var x, const JacobianOptions& options = {},
                                           Location where = Location::current());
/// The Hessian as a sparse matrix, with both of its triangles. As it is symmetric, columns may have rows in common, as
/// long as one of each two elements (i, j) and (j, i) is seen (a star colouring: Gebremedhin, Manne and Pothen 2005): an
/// arrow, where one variable meets all others, takes two products.
[[nodiscard]] SparseMatrix sparse_hessian(Var y, Var x, Location where = Location::current());

} // namespace xgrad
#pragma GCC visibility pop
