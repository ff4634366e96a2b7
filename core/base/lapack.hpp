#pragma once
// Decompositions of one large matrix by LAPACK, of float and double; results as those of ops/matrix_kernels.hpp.

#include <cstddef>

namespace xgrad::lapack {

/// Whether there is a LAPACK, and a matrix of these extents is for it. Nothing below may be called where not.
bool takes(std::size_t m, std::size_t n);

/// All matrices are row-major and dense. `a` is m x n, or n x n.
template <class T>
void lu(const T* a, std::size_t m, std::size_t n, T* out);
/// The first pivot that is not positive, plus 1; else 0.
template <class T>
std::size_t cholesky(const T* a, std::size_t n, T* out);
template <class T>
void qr(const T* a, std::size_t m, std::size_t n, T* out);
/// Whether the iteration came to an end.
template <class T>
bool eigh(const T* a, std::size_t n, T* out);
template <class T>
bool svd(const T* a, std::size_t m, std::size_t n, T* out);

/// x := A^-1 x, or A^-T x, of a triangle of a, which is n x n, for x of n x k.
struct Triangle {
    bool lower = false, transposed = false, unit = false;
};
template <class T>
void substitute(const T* a, std::size_t n, Triangle triangle, T* x, std::size_t k);

} // namespace xgrad::lapack
