#pragma once
// Small dense matrices, one in each lane of a vector: the decompositions and solutions that ops of linear algebra are
// made of. Where there is no LAPACK they work on matrices of any size.

#include <array>
#include <cstddef>

#include <xgrad/core/kernels/dispatch.hpp>

namespace xgrad {

/// Matrices that are worked on side by side. Each lane has its own, row-major; lanes from `count` on repeat the last.
template <class T>
struct MatrixGroup {
    static constexpr std::size_t most = 16;
    std::size_t count;
    std::array<const T*, most> a, b;   // what is read
    std::array<T*, most> out;          // what is written
    std::array<std::size_t, most> bad; // the first pivot that is not positive, plus 1; else 0
};

struct MatrixExtents {
    std::size_t m = 0, n = 0; // of a
    std::size_t k = 0;        // columns of b
    bool lower = false, transposed = false, unit = false;
};

/// `work` has room for so many vectors as work_of says, and is aligned as vectors are.
template <class T>
using MatrixKernel = void (*)(MatrixGroup<T>&, const MatrixExtents&, T* work);

template <class T>
struct MatrixKernels {
    std::size_t lanes;
    /// P A = L U by partial pivoting, a of m x n. out: L below the diagonal and U in m x n, then the m rows of A that
    /// the rows of P A are.
    MatrixKernel<T> lu;
    /// (A + A^T)/2 = L L^T. out: L, zeros above the diagonal.
    MatrixKernel<T> cholesky;
    /// A = Q R by Householder's reflections, k = min(m, n). out: Q of m x k, then R of k x n.
    MatrixKernel<T> qr;
    /// (A + A^T)/2 = V diag(w) V^T by Jacobi's rotations. out: w ascending, then V of n x n. NaN of what is not finite.
    MatrixKernel<T> eigh;
    /// A = U diag(s) Vh by rotations of columns, k = min(m, n). out: U of m x k, s descending, Vh of k x n. NaN of what
    /// is not finite.
    MatrixKernel<T> svd;
    /// A x = b, or A^T x = b, a as lu made it, of n x n, b of n x k or null for the identity.
    MatrixKernel<T> lu_solve;
    /// The same with the lower or the upper triangle of a; its diagonal counts as ones if `unit`.
    MatrixKernel<T> triangular_solve;

    /// How many vectors any of them needs.
    static std::size_t work_of(const MatrixExtents& e) {
        const std::size_t most = e.m > e.n ? e.m : e.n;
        return e.m * e.n + most * (e.k + 3) + 2 * e.n * e.n + e.m * e.m;
    }
};

template <class T>
const MatrixKernels<T>& matrix_kernels();

template <class I>
struct MatrixKernelsFor {
    static MatrixKernels<float> make(float);
    static MatrixKernels<double> make(double);
};

} // namespace xgrad
