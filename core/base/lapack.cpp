// The only file that knows LAPACK. It reads columns where we have rows: it is given A^T, or a copy of A by columns.

#include <xgrad/core/array.hpp>

#include <xgrad/core/base/lapack.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#ifdef XGRAD_LAPACK
#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>
#include <xflens/cxxlapack/cxxlapack.cxx>
#endif

namespace xgrad::lapack {

#ifdef XGRAD_LAPACK

namespace {

int as_int(std::size_t n) { return static_cast<int>(n); }

/// out: the n x m transpose of x.
template <class T>
void transpose(const T* x, std::size_t m, std::size_t n, T* out) {
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j)
            out[j * m + i] = x[i * n + j];
}

template <class T>
void symmetrize(const T* a, std::size_t n, T* out) {
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            out[i * n + j] = T(0.5) * a[i * n + j] + T(0.5) * a[j * n + i];
}

template <class T>
bool is_finite(const T* x, std::size_t size) {
    return std::all_of(x, x + size, [](T value) { return std::isfinite(value); });
}

template <class T>
void fill_with_nan(T* out, std::size_t size) {
    std::fill_n(out, size, std::numeric_limits<T>::quiet_NaN());
}

/// Calls f(work, size), which first is asked for the size it likes best.
template <class T, class F>
int with_work(F f) {
    T size = 0;
    if (const int info = f(&size, -1); info != 0) return info;
    std::vector<T> work(static_cast<std::size_t>(size * (1 + std::numeric_limits<T>::epsilon())) + 1); // it was rounded
    return f(work.data(), as_int(work.size()));
}

} // namespace

bool takes(std::size_t m, std::size_t n) {
    constexpr std::size_t least = 9, most = 30000; // whose square is an int
    return std::max(m, n) >= least && std::min(m, n) > 1 && std::max(m, n) <= most;
}

template <class T>
void lu(const T* a, std::size_t m, std::size_t n, T* out) {
    std::vector<T> columns(m * n);
    transpose(a, m, n, columns.data());
    std::vector<int> exchanged(std::min(m, n));
    cxxlapack::getrf(as_int(m), as_int(n), columns.data(), as_int(m), exchanged.data());
    transpose(columns.data(), n, m, out);
    T* const row = out + m * n;
    for (std::size_t i = 0; i < m; ++i)
        row[i] = static_cast<T>(i);
    for (std::size_t i = 0; i < exchanged.size(); ++i)
        std::swap(row[i], row[exchanged[i] - 1]);
}

template <class T>
std::size_t cholesky(const T* a, std::size_t n, T* out) {
    symmetrize(a, n, out);
    const int info = cxxlapack::potrf('U', as_int(n), out, as_int(n)); // the upper triangle by columns
    for (std::size_t i = 0; i < n; ++i)
        std::fill(out + i * n + i + 1, out + (i + 1) * n, T(0));
    if (info > 0) return static_cast<std::size_t>(info);
    for (std::size_t i = 0; i < n; ++i) // some let a NaN pass
        if (!(out[i * (n + 1)] > 0)) return i + 1;
    return 0;
}

template <class T>
void qr(const T* a, std::size_t m, std::size_t n, T* out) {
    const std::size_t k = std::min(m, n);
    std::vector<T> columns(m * n), tau(k);
    transpose(a, m, n, columns.data());
    with_work<T>([&](T* work, int size) {
        return cxxlapack::geqrf(as_int(m), as_int(n), columns.data(), as_int(m), tau.data(), work, size);
    });
    T* const r = out + m * k;
    for (std::size_t i = 0; i < k; ++i)
        for (std::size_t j = 0; j < n; ++j)
            r[i * n + j] = j < i ? T(0) : columns[j * m + i];
    with_work<T>([&](T* work, int size) {
        return cxxlapack::orgqr(as_int(m), as_int(k), as_int(k), columns.data(), as_int(m), tau.data(), work, size);
    });
    transpose(columns.data(), k, m, out);
}

template <class T>
bool eigh(const T* a, std::size_t n, T* out) {
    if (!is_finite(a, n * n)) return fill_with_nan(out, n + n * n), true;
    std::vector<T> vectors(n * n);
    symmetrize(a, n, vectors.data());
    int integers = 0;
    std::vector<int> integer_work(1);
    const int info = with_work<T>([&](T* work, int size) {
        const int result = cxxlapack::syevd('V', 'U', as_int(n), vectors.data(), as_int(n), out, work, size,
                                            integer_work.data(), integers == 0 ? -1 : integers);
        if (integers == 0) integers = integer_work[0], integer_work.resize(static_cast<std::size_t>(integers) + 1);
        return result;
    });
    transpose(vectors.data(), n, n, out + n);
    return info == 0;
}

template <class T>
bool svd(const T* a, std::size_t m, std::size_t n, T* out) {
    const std::size_t k = std::min(m, n);
    if (!is_finite(a, m * n)) return fill_with_nan(out, m * k + k + k * n), true;
    // A^T = V diag(s) U^T: by columns its left factor is Vh by rows, and its right one U.
    std::vector<T> copy(a, a + m * n);
    std::vector<int> integers(8 * k);
    T *u = out, *s = u + m * k, *vh = s + k;
    return with_work<T>([&](T* work, int size) {
               return cxxlapack::gesdd('S', as_int(n), as_int(m), copy.data(), as_int(n), s, vh, as_int(n), u,
                                       as_int(k), work, size, integers.data());
           }) == 0;
}

template <class T>
void substitute(const T* a, std::size_t n, Triangle t, T* x, std::size_t k) {
    cxxblas::trsm(cxxblas::RowMajor, cxxblas::Left, t.lower ? cxxblas::Lower : cxxblas::Upper,
                  t.transposed ? cxxblas::Trans : cxxblas::NoTrans, t.unit ? cxxblas::Unit : cxxblas::NonUnit,
                  as_int(n), as_int(k), T(1), a, as_int(n), x, as_int(k));
}

#else

bool takes(std::size_t, std::size_t) { return false; }
template <class T>
void lu(const T*, std::size_t, std::size_t, T*) {}
template <class T>
std::size_t cholesky(const T*, std::size_t, T*) {
    return 0;
}
template <class T>
void qr(const T*, std::size_t, std::size_t, T*) {}
template <class T>
bool eigh(const T*, std::size_t, T*) {
    return false;
}
template <class T>
bool svd(const T*, std::size_t, std::size_t, T*) {
    return false;
}
template <class T>
void substitute(const T*, std::size_t, Triangle, T*, std::size_t) {}

#endif

#define XGRAD_OF(T)                                                                                                    \
    template void lu(const T*, std::size_t, std::size_t, T*);                                                          \
    template std::size_t cholesky(const T*, std::size_t, T*);                                                          \
    template void qr(const T*, std::size_t, std::size_t, T*);                                                          \
    template bool eigh(const T*, std::size_t, T*);                                                                     \
    template bool svd(const T*, std::size_t, std::size_t, T*);                                                         \
    template void substitute(const T*, std::size_t, Triangle, T*, std::size_t);
XGRAD_OF(float)
XGRAD_OF(double)
#undef XGRAD_OF

} // namespace xgrad::lapack
