// Products by BLAS and by oneDNN, whose large ones it makes, beside a plain loop.

#include <xgrad/core/base/blas.hpp>

#include "../support.hpp"

using namespace test;

namespace {

template <class T>
void check_product(std::size_t m, std::size_t n, std::size_t k, bool transpose_a, bool transpose_b, bool accumulate) {
    Random random(m + 1009 * n + 1000003 * k);
    const Extents shape_a = transpose_a ? Extents{k, m + 3} : Extents{m, k + 3};
    const Extents shape_b = transpose_b ? Extents{n, k + 5} : Extents{k, n + 5};
    const auto a = random_array<T>(shape_a, random), b = random_array<T>(shape_b, random);
    // What lies between the rows stays as it is, and without accumulation nothing of what was there before is read.
    auto c = filled<T>({m, n + 7}, accumulate ? T(0.5) : std::numeric_limits<T>::quiet_NaN());
    xt::xarray<double> expected = c;
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            double sum = accumulate ? 0.5 : 0;
            for (std::size_t l = 0; l < k; ++l)
                sum += static_cast<double>(transpose_a ? a(l, i) : a(i, l)) * static_cast<double>(transpose_b ? b(j, l) : b(l, j));
            expected(i, j) = sum;
        }
    const xg::DType dtype = sizeof(T) == 4 ? xg::DType::float32 : xg::DType::float64;
    xg::gemm({.dtype = dtype,
              .m = m,
              .n = n,
              .k = k,
              .transpose_a = transpose_a,
              .transpose_b = transpose_b,
              .a = a.data(),
              .lda = shape_a[1],
              .b = b.data(),
              .ldb = shape_b[1],
              .c = c.data(),
              .ldc = n + 7,
              .accumulate = accumulate});
    const double tolerance = 4 * static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(k + 1); // sums may cancel
    BOOST_TEST(same(c, expected, 0, tolerance),
               fmt::format("{} x {} x {}, transposed {} {}, accumulate {}, by {}", m, k, n, transpose_a, transpose_b, accumulate,
                           xg::gemm_library(dtype, m, n, k)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(blas)

BOOST_AUTO_TEST_CASE(products) {
    for (const auto& [m, n, k] : std::vector<std::array<std::size_t, 3>>{{3, 5, 7},
                                                                         {90, 90, 90},
                                                                         {101, 103, 107},
                                                                         {128, 128, 300},
                                                                         {1, 1100, 1000},
                                                                         {1100, 1, 1000},
                                                                         {500, 7, 300},
                                                                         {300, 500, 8},
                                                                         {17, 19, 3200}})
        for (const bool transpose_a : {false, true})
            for (const bool transpose_b : {false, true})
                for (const bool accumulate : {false, true}) {
                    check_product<float>(m, n, k, transpose_a, transpose_b, accumulate);
                    check_product<double>(m, n, k, transpose_a, transpose_b, accumulate);
                }
}

/// In a program, large products are split into pieces of rows, or where rows are few into two halves: of rows or of columns.
BOOST_AUTO_TEST_CASE(products_in_pieces) {
    for (const auto& [m, n, k] : std::vector<std::array<std::size_t, 3>>{{500, 60, 400}, {150, 320, 400}, {320, 150, 400}, {40, 700, 600}}) {
        Random random(m);
        for (const bool transpose_a : {false, true})
            for (const bool transpose_b : {false, true}) {
                const auto a = random_array<double>(transpose_a ? Extents{k, m} : Extents{m, k}, random);
                const auto b = random_array<double>(transpose_b ? Extents{n, k} : Extents{k, n}, random);
                xg::Tape tape;
                const auto c = matmul(tape.constant(a), tape.constant(b), transpose_a, transpose_b).value<double>();
                double wrong = 0;
                for (std::size_t i = 0; i < m; i += 7)
                    for (std::size_t j = 0; j < n; j += 3) {
                        double sum = 0;
                        for (std::size_t l = 0; l < k; ++l) sum += (transpose_a ? a(l, i) : a(i, l)) * (transpose_b ? b(j, l) : b(l, j));
                        wrong = std::max(wrong, std::abs(c(i, j) - sum));
                    }
                BOOST_TEST(wrong < 1e-11, fmt::format("{} x {} x {}, transposed {} {}: {}", m, k, n, transpose_a, transpose_b, wrong));
            }
    }
}

BOOST_AUTO_TEST_CASE(products_over_nothing) {
    for (const bool accumulate : {false, true}) check_product<float>(3, 4, 0, false, false, accumulate);
}

BOOST_AUTO_TEST_SUITE_END()
