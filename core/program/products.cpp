// Products of matrices by BLAS, shared out to threads in pieces.

#include <algorithm>

#include <xgrad/core/base/blas.hpp>
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

    /// Piece i of all pieces of all products of the batch.
    void run(std::size_t i) const {
        const Product& p = product;
        const std::size_t batch = i / pieces.count(), piece = i % pieces.count(),
                          row = piece % pieces.down * pieces.rows, column = piece / pieces.down * pieces.columns;
        std::int64_t offset_a = 0, offset_b = 0;
        for (std::size_t axis = p.batch.size(), rest = batch; axis-- > 0; rest /= p.batch[axis]) {
            const auto at = static_cast<std::int64_t>(rest % p.batch[axis]);
            offset_a += at * p.stride_a[axis];
            offset_b += at * p.stride_b[axis];
        }
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

} // namespace

void Executable::run(const Product& p) {
    std::size_t batches = 1;
    for (const std::size_t extent : p.batch)
        batches *= extent;
    ProductRun run{p, workers_[0].bases.data(), Pieces(p)};
    const std::size_t count = batches * run.pieces.count();
    if (count > 1 && num_threads() > 1 && batches * flops(p) > worth_telling)
        detail::parallel_for(
            count, workers_.size(), true,
            [](void* self, std::size_t i, std::size_t) { static_cast<const ProductRun*>(self)->run(i); }, &run);
    else
        for (std::size_t i = 0; i < count; ++i)
            run.run(i);
}

} // namespace xgrad
