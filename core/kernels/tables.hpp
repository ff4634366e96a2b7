#pragma once
// Kernels that belong to no op: moving elements about.

#include <algorithm>
#include <array>
#include <span>

#include <xgrad/core/kernels/tile.hpp>
#include <xgrad/core/shape.hpp>

namespace xgrad {

/// For elements of 1, 4 and 8 bytes.
struct MoveKernels {
    Kernel rows = nullptr;   // out[r][c] = in[r * in_stride + c]
    Kernel spread = nullptr; // out[r][c] = in[r * in_stride]
    Kernel gather = nullptr; // rows of what a GatherMap shows
};

/// The elements of a view in row-major order; `op` of a gather's tile.
struct GatherMap {
    std::size_t rank = 0;
    std::array<std::size_t, 8> extents{};
    std::array<std::int64_t, 8> strides{};
    bool operator==(const GatherMap&) const = default;

    std::int64_t place_of(std::size_t i) const {
        std::int64_t at = 0;
        for (std::size_t axis = rank; axis-- > 0; i /= extents[axis])
            at += static_cast<std::int64_t>(i % extents[axis]) * strides[axis];
        return at;
    }
};

/// Products with few columns; see narrow.hpp.
struct NarrowKernels {
    std::size_t lanes = 1;
    Kernel pack = nullptr, pack_transposed = nullptr, product = nullptr, accumulate = nullptr, start = nullptr,
           merge = nullptr, finish = nullptr, finish_transposed = nullptr;
    struct OfBytes {
        Kernel product = nullptr, accumulate = nullptr;
    };
    OfBytes bytes, scaled_bytes; // where the large operand is uint8, cast, and multiplied by a number
};
/// float32 or float64.
const NarrowKernels& narrow_kernels(bool single);

/// Products of a batch of small row-major matrices, none of whose extents is 0: `count` of them, with so many elements
/// from one to the next; the results are dense. See small_product.hpp.
struct SmallProduct {
    static constexpr std::size_t most = 16; // of each extent
    static bool takes(DType dtype, std::size_t m, std::size_t n, std::size_t k) {
        return is_floating(dtype) && std::max({m, n, k}) <= most && std::min({m, n, k}) > 0;
    }
    std::size_t m, n, k;
    bool transpose_a, transpose_b;
    const void* a;
    std::size_t lda;
    const void* b;
    std::size_t ldb;
    void* c;
    std::size_t count;
    std::int64_t stride_a, stride_b;
};
using SmallProductKernel = void (*)(const SmallProduct&);
SmallProductKernel small_product(bool single);

/// An elementwise call that does the work of several: what it replaces, and by what. The table is in
/// superinstructions.hpp.
struct Superinstruction {
    const char* name;
    /// What it replaces, operands before operations: "ab*c+" is a * b + c. Operand k is the k-th letter. '2' is a
    /// square, 'v' a square root, 'u' a cast of bytes.
    const char* formula;
    /// The last operand is the array that the result overwrites; the kernel is not given it.
    bool in_place = false;
    /// Of float32 and of float64, by which operands are one element for each row (bit k: operand k). Not every
    /// combination has one.
    std::array<std::array<Kernel, 16>, 2> kernels{};
};
/// Those that do more stand before those that do less.
std::span<const Superinstruction> superinstructions();

const MoveKernels& move_kernels(std::size_t element_bytes);

} // namespace xgrad
