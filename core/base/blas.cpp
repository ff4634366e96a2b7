// The only file that knows BLAS, and oneDNN.

#include <xgrad/core/array.hpp>

#include <xgrad/core/base/blas.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>

#include <xtensor-blas/xblas_config.hpp>

#include <xflens/cxxblas/cxxblas.cxx>

#ifdef XGRAD_ONEDNN
#include <dlfcn.h>
#include <dnnl.h>
#endif

extern "C" void openblas_set_num_threads(int) __attribute__((weak));

namespace xgrad {
namespace {

template <class T>
void with_blas(const Gemm& g) {
    using namespace cxxblas;
    cxxblas::gemm(RowMajor, g.transpose_a ? Trans : NoTrans, g.transpose_b ? Trans : NoTrans, static_cast<int>(g.m),
                  static_cast<int>(g.n), static_cast<int>(g.k), T(1), static_cast<const T*>(g.a),
                  static_cast<int>(g.lda), static_cast<const T*>(g.b), static_cast<int>(g.ldb), T(g.accumulate),
                  static_cast<T*>(g.c), static_cast<int>(g.ldc));
}

#ifdef XGRAD_ONEDNN
/// Large products, where it needs less time than OpenBLAS. It compiles its kernels at the first one, for some 30 ms.
bool is_for_onednn(DType dtype, std::size_t m, std::size_t n, std::size_t k) {
    return dtype == DType::float32 && (n == 1 || n >= 16) && m * n * k > 1'000'000;
}

bool with_onednn(const Gemm& g) {
    if (!is_for_onednn(g.dtype, g.m, g.n, g.k)) return false;
    // It works on as many threads as the OpenMP that it has brought along would give to the calling one.
    static const auto threads = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
    static const auto set_threads = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
    const int before = threads && set_threads ? threads() : 1;
    if (before != 1) set_threads(1);
    const auto extent = [](std::size_t n) { return static_cast<dnnl_dim_t>(n); };
    const dnnl_status_t status = dnnl_sgemm(g.transpose_a ? 'T' : 'N', g.transpose_b ? 'T' : 'N', extent(g.m),
                                            extent(g.n), extent(g.k), 1, static_cast<const float*>(g.a), extent(g.lda),
                                            static_cast<const float*>(g.b), extent(g.ldb), g.accumulate ? 1 : 0,
                                            static_cast<float*>(g.c), extent(g.ldc));
    if (before != 1) set_threads(before);
    return status == dnnl_success;
}
#else
bool is_for_onednn(DType, std::size_t, std::size_t, std::size_t) { return false; }
bool with_onednn(const Gemm&) { return false; }
#endif

template <class T>
void plain(const Gemm& g) {
    const T* a = static_cast<const T*>(g.a);
    const T* b = static_cast<const T*>(g.b);
    for (std::size_t i = 0; i < g.m; ++i)
        for (std::size_t j = 0; j < g.n; ++j) {
            T sum = g.accumulate ? static_cast<T*>(g.c)[i * g.ldc + j] : T(0);
            for (std::size_t l = 0; l < g.k; ++l)
                sum = static_cast<T>(sum + (g.transpose_a ? a[l * g.lda + i] : a[i * g.lda + l]) *
                                               (g.transpose_b ? b[j * g.ldb + l] : b[l * g.ldb + j]));
            static_cast<T*>(g.c)[i * g.ldc + j] = sum;
        }
}

/// Its extents are ints.
bool fits_blas(const Gemm& g) {
    constexpr std::size_t most = std::numeric_limits<int>::max();
    return std::max({g.m, g.n, g.k, g.lda, g.ldb, g.ldc}) <= most;
}

} // namespace

void take_over_blas_threads() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (openblas_set_num_threads) openblas_set_num_threads(1);
    });
}

const char* gemm_library(DType dtype, std::size_t m, std::size_t n, std::size_t k) {
    return is_for_onednn(dtype, m, n, k) ? "oneDNN" : "BLAS";
}

void gemm(const Gemm& g) {
    if (g.m == 0 || g.n == 0) return;
    if (g.k == 0) {
        if (g.accumulate) return;
        for (std::size_t i = 0; i < g.m; ++i)
            std::memset(static_cast<char*>(g.c) + i * g.ldc * size_of(g.dtype), 0, g.n * size_of(g.dtype));
        return;
    }
    if (with_onednn(g)) return;
    if (!is_floating(g.dtype) || !fits_blas(g))
        detail::visit(g.dtype, [&]<class T>(T) { plain<T>(g); });
    else if (g.dtype == DType::float32)
        with_blas<float>(g);
    else
        with_blas<double>(g);
}

} // namespace xgrad
