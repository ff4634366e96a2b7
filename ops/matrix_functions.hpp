#pragma once
// Linear equations, determinants, functions and norms of matrices: the last two axes are a matrix's, leading axes are a
// batch. All take float32 and float64. See also decompositions.hpp.

#include <xgrad/ops/decompositions.hpp>
#include <xgrad/ops/linalg.hpp>

#pragma GCC visibility push(default)
namespace xgrad::linalg {

using xgrad::trace;

struct SolveOptions {
    Failure singular = Failure::error;
};

/// A x = b by LU: A (..., n, n), b (..., n, k) or a vector (n,) -> x of b's kind. Leading axes broadcast.
/// db = A^-T g, dA = -db x^T.  numpy.linalg.solve
/// A pivot that is 0 is an error when the program runs, or gives NaN for that matrix.
[[nodiscard]] Var solve(Operand a, Operand b, SolveOptions options = {});

struct TriangularOptions {
    bool lower = false;         // which triangle of A is read
    bool transposed = false;    // solve A^T x = b
    bool unit_diagonal = false; // take ones for its diagonal, whatever stands there
    Failure singular = Failure::error;
};
/// A x = b of a triangle of A, shapes as those of solve.  db = A^-T g, dA = -db x^T in that triangle.
/// scipy.linalg.solve_triangular
[[nodiscard]] Var solve_triangular(Operand a, Operand b, TriangularOptions options = {});

/// A^-1 of (..., n, n).  dA = -y^T g y^T.  A pivot that is 0 is an error when the program runs, or gives NaN.
/// numpy.linalg.inv
[[nodiscard]] Var inverse(Operand a, SolveOptions options = {});
[[nodiscard]] Var inv(Operand a, SolveOptions options = {});

/// The determinant: (..., n, n) -> (...).  dA = g C, C the cofactors, also of a singular matrix; their derivative needs
/// a matrix with an inverse, else running it is an error.  numpy.linalg.det
[[nodiscard]] Var det(Operand a);

struct SignAndLog {
    Var sign, logabsdet;
};
/// det A = sign e^logabsdet, which neither overflows nor vanishes: (..., n, n) -> (...) each. 0 and -infinity of a
/// singular matrix, of which running the derivative is an error.  d logabsdet: dA = g A^-T.  numpy.linalg.slogdet
[[nodiscard]] SignAndLog slogdet(Operand a);

/// The Moore-Penrose inverse, by singular values: (..., m, n) -> (..., n, m). Those that are at most rcond times the
/// largest count as 0; rcond < 0 stands for max(m, n) eps of the dtype.
/// dA = -P^T g P^T + (1 - A P) g^T P P^T + P^T P g^T (1 - P A), P = y: where the rank of A is less than min(m, n) the
/// derivative among matrices of that rank, since P is not continuous across ranks (as JAX and PyTorch).
/// numpy.linalg.pinv
[[nodiscard]] Var pinv(Operand a, double rcond = -1);

struct LeastSquares {
    Var x, residuals, rank, s;
};
/// The x of least norm among those that minimize |b - A x|: A (..., m, n), b (..., m, k) or a vector (m,) -> x (..., n,
/// k) or (n,), the sums of squares |b - A x|^2 of each column (always, where NumPy leaves them out below full rank),
/// how many singular values count (int64), and all of them. x = pinv(A, rcond) b, and so are its derivatives.
/// numpy.linalg.lstsq
[[nodiscard]] LeastSquares lstsq(Operand a, Operand b, double rcond = -1);

/// A^n by squaring; of n < 0 the power of the inverse, of 0 the identity.  numpy.linalg.matrix_power
[[nodiscard]] Var matrix_power(Operand a, std::int64_t n);

/// e^A = 1 + A + A^2/2 + ... by a Pade approximant of A / 2^s, squared s times (Higham, The Scaling and Squaring Method
/// for the Matrix Exponential Revisited, 2005). Of float32 it is worked out in float64.
/// dA = the upper right block of exp [A^T g; 0 A^T].  scipy.linalg.expm
[[nodiscard]] Var expm(Operand a);

/// The Kronecker product: each element of a times all of b, axis by axis; the one with fewer axes gets some of extent 1
/// in front.  numpy.kron
[[nodiscard]] Var kron(Operand a, Operand b);

/// The p-norm of all elements, as xgrad::norm.  numpy.linalg.norm of a vector
[[nodiscard]] Var norm(Operand x, double p = 2);

enum class MatrixNorm {
    frobenius, // sqrt(sum x_ij^2)
    nuclear,   // the sum of the singular values
    spectral,  // the largest singular value: numpy's 2
};
/// A norm of each matrix: (..., m, n) -> (...). Derivatives as those of singular values, of zeros 0 for frobenius.
[[nodiscard]] Var norm(Operand x, MatrixNorm which);

} // namespace xgrad::linalg
#pragma GCC visibility pop
