// Products of matrices by BLAS, shared out to threads in pieces.

#include <algorithm>

#include <xgrad/core/base/blas.hpp>
#include <xgrad/core/kernels/tables.hpp>
#include <xgrad/core/program/executable.hpp>
#include <xgrad/core/threads.hpp>

namespace xgrad {
namespace {

/// Of so many floating operations a product is shared out; of less, telling other threads costs more than they bring.
constexpr std::size_t worth_telling = 4u << 20;
/// A piece packs the whole of the other matrix, so it has at least so many rows; and one of two halves so many rows or
/// columns.
constexpr std::size_t least_rows = 192, least_half = 64;
/// Pieces have a multiple of so many rows or columns, which BLAS works on at a time.
constexpr std::size_t piece_multiple = 16;

std::size_t flops(const Product& p) { return 2 * p.m * p.n * p.k; }

/// Into which pieces one product of a batch is cut. They depend on its extents alone, not on the number of threads.
struct Pieces {
    std::size_t rows, columns; // of one
    std::size_t down, across;  // how many there are

    explicit Pieces(const Product& p) : rows(p.m), columns(p.n) {
        if (flops(p) > worth_telling && p.m >= 2 * least_rows)
            cut(rows, std::min(p.m / least_rows, flops(p) / worth_telling + 1));
        else if (flops(p) > 4 * worth_telling && std::max(p.m, p.n) >= 2 * least_half)
            cut(p.m >= p.n ? rows : columns, 2);
        down = rows == 0 ? 0 : (p.m + rows - 1) / rows;
        across = columns == 0 ? 0 : (p.n + columns - 1) / columns;
    }
    std::size_t count() const { return down * across; }

  private:
    static void cut(std::size_t& extent, std::size_t n) {
        extent = (extent + n - 1) / n;
        extent = (extent + piece_multiple - 1) / piece_multiple * piece_multiple;
    }
};

struct ProductRun {
    const Product& product;
    std::byte* const* bases;
    Pieces pieces;

    struct Offsets {
        std::int64_t a = 0, b = 0; // bytes
    };
    /// Of a product of the batch, by its place along the first `axes` axes.
    Offsets offsets(std::size_t place, std::size_t axes) const {
        Offsets result;
        for (std::size_t axis = axes; axis-- > 0; place /= product.batch[axis]) {
            const auto at = static_cast<std::int64_t>(place % product.batch[axis]);
            result.a += at * product.stride_a[axis];
            result.b += at * product.stride_b[axis];
        }
        return result;
    }

    /// Piece i of all pieces of all products of the batch.
    void run(std::size_t i) const {
        const Product& p = product;
        const std::size_t batch = i / pieces.count(), piece = i % pieces.count(),
                          row = piece % pieces.down * pieces.rows, column = piece / pieces.down * pieces.columns;
        const auto [offset_a, offset_b] = offsets(batch, p.batch.size());
        const std::size_t element = size_of(p.dtype);
        gemm({.dtype = p.dtype,
              .m = std::min(pieces.rows, p.m - row),
              .n = std::min(pieces.columns, p.n - column),
              .k = p.k,
              .transpose_a = p.transpose_a,
              .transpose_b = p.transpose_b,
              .a = address(p.a, bases) + offset_a + row * (p.transpose_a ? 1 : p.lda) * element,
              .lda = p.lda,
              .b = address(p.b, bases) + offset_b + column * (p.transpose_b ? p.ldb : 1) * element,
              .ldb = p.ldb,
              .c = address(p.out, bases) + ((batch * p.m + row) * p.n + column) * element,
              .ldc = p.n});
    }
};

/// So many small products along the last axis of the batch are done together.
constexpr std::size_t small_together = 512;

/// Small products, by groups of them: part of the last axis of the batch.
struct SmallRun {
    const ProductRun& products;
    const std::size_t last = products.product.batch.empty() ? 1 : products.product.batch.back(),
                      groups = (last + small_together - 1) / small_together;

    void run(std::size_t i) const {
        const Product& p = products.product;
        const std::size_t outer = i / groups, first = i % groups * small_together, axes = p.batch.size();
        auto [offset_a, offset_b] = products.offsets(outer, axes == 0 ? 0 : axes - 1);
        const std::int64_t stride_a = axes == 0 ? 0 : p.stride_a.back(), stride_b = axes == 0 ? 0 : p.stride_b.back();
        const auto element = static_cast<std::int64_t>(size_of(p.dtype)), at = static_cast<std::int64_t>(first);
        small_product(p.dtype == DType::float32)(
            {.m = p.m,
             .n = p.n,
             .k = p.k,
             .transpose_a = p.transpose_a,
             .transpose_b = p.transpose_b,
             .a = address(p.a, products.bases) + offset_a + at * stride_a,
             .lda = p.lda,
             .b = address(p.b, products.bases) + offset_b + at * stride_b,
             .ldb = p.ldb,
             .c = address(p.out, products.bases) + (outer * last + first) * p.m * p.n * size_of(p.dtype),
             .count = std::min(small_together, last - first),
             .stride_a = stride_a / element,
             .stride_b = stride_b / element});
    }
};

/// Calls run.run(i) for all i < count, on several threads if that is worth it.
template <class Run>
void run_all(const Run& run, std::size_t count, std::size_t threads, bool share) {
    if (count > 1 && num_threads() > 1 && share)
        detail::parallel_for(
            count, threads, true, [](void* self, std::size_t i, std::size_t) { static_cast<const Run*>(self)->run(i); },
            const_cast<Run*>(&run));
    else
        for (std::size_t i = 0; i < count; ++i)
            run.run(i);
}

} // namespace

void Executable::run(const Product& p) {
    std::size_t batches = 1;
    for (const std::size_t extent : p.batch)
        batches *= extent;
    const ProductRun run{p, workers_[0].bases.data(), Pieces(p)};
    const bool share = batches * flops(p) > worth_telling;
    if (SmallProduct::takes(p.dtype, p.m, p.n, p.k)) {
        const SmallRun small{run};
        run_all(small, batches / std::max<std::size_t>(1, small.last) * small.groups, workers_.size(), share);
    } else
        run_all(run, batches * run.pieces.count(), workers_.size(), share);
}

} // namespace xgrad
