#pragma once
// Decompositions of matrices: the last two axes are a matrix's, leading axes are a batch. All take float32 and float64.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad::linalg {

/// What is done about a matrix that has no such result: an error when the program runs, which names the matrix and the
/// pivot, or NaN in all of its result and its derivatives, the others being what they are.
enum class Failure { error, nan };

struct CholeskyOptions {
    Failure indefinite = Failure::error;
};

/// A = L L^T, L lower triangular with a positive diagonal: (..., n, n) -> (..., n, n). It is the factor of the
/// symmetrized (A + A^T)/2, so the adjoint of A is symmetric.
/// dA = sym(L^-T Phi(L^T g) L^-1), Phi: the lower triangle with half the diagonal.  numpy.linalg.cholesky
[[nodiscard]] Var cholesky(Operand a, CholeskyOptions options = {});

struct LU {
    Var P, L, U;
};

/// A = P L U by partial pivoting, k = min(m, n): A (..., m, n), P (..., m, m) a permutation, L (..., m, k) with ones on
/// its diagonal, U (..., k, n).  scipy.linalg.lu
/// Derivatives hold P fixed. They need U's diagonal without zeros, else running them is an error.
[[nodiscard]] LU lu(Operand a);

struct QR {
    Var Q, R;
};

/// A = Q R, reduced, k = min(m, n): Q (..., m, k) with orthonormal columns, R (..., k, n) upper triangular. R's
/// diagonal has the signs that LAPACK gives it (Householder's reflections), mostly negative.  numpy.linalg.qr
/// Derivatives need the first k columns of A to be independent, else running them is an error.
[[nodiscard]] QR qr(Operand a);

struct Eigh {
    Var eigenvalues, eigenvectors;
};

/// A = V diag(w) V^T of a symmetric matrix, that is of (A + A^T)/2: eigenvalues w (..., n), ascending, eigenvectors the
/// columns of V (..., n, n); each has either sign. NaN of a matrix that is not finite.  numpy.linalg.eigh
/// dA = V diag(gw) V^T + V (K o (V^T gV - gV^T V)) V^T, K_ij = 1 / (2 (w_j - w_i)).
/// What is made of eigenvalues alone has first derivatives everywhere where they exist: sum(w) has, w_1 of a pair has
/// those of one of both. The vectors of equal eigenvalues (of such as differ by less than n eps max |w|, which rounding
/// cannot tell apart) are arbitrary within their space: derivatives by way of them are NaN, and so are second
/// derivatives of eigenvalues there (JAX and PyTorch give NaN, or numbers made of rounding errors).
[[nodiscard]] Eigh eigh(Operand a);

struct SVD {
    Var U, S, Vh;
};

/// A = U diag(S) Vh, reduced, k = min(m, n): U (..., m, k), S (..., k) descending, Vh (..., k, n); each pair of a
/// column of U and a row of Vh has either sign. NaN of a matrix that is not finite.
/// numpy.linalg.svd(full_matrices=False)
/// dA = U diag(gS) Vh + ...: what is made of S alone has first derivatives, where a singular value is 0 a subgradient.
/// By way of U and Vh, and in second derivatives, singular values that are equal (to max(m, n) eps max S) give NaN, and
/// so do those that are 0 where A is not square.
[[nodiscard]] SVD svd(Operand a);

} // namespace xgrad::linalg
#pragma GCC visibility pop
