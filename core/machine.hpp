#pragma once
// Kernels that belong to no op: moving elements about.

#include <array>

#include <xgrad/core/tile.hpp>

namespace xgrad {

/// For elements of 1, 4 and 8 bytes.
struct MoveKernels {
    Kernel rows = nullptr;             // out[r][c] = in[r * in_stride + c]
    Kernel spread = nullptr;           // out[r][c] = in[r * in_stride]
    Kernel gather = nullptr;           // rows of what a GatherMap shows
    Kernel rows_past_caches = nullptr; // for what is not read again soon; see finish_writes_past_caches
};

/// Other threads see what this one has written past the caches.
void finish_writes_past_caches();

/// The elements of a view in row-major order; `op` of a gather's tile.
struct GatherMap {
    std::size_t rank = 0;
    std::array<std::size_t, 8> extents{};
    std::array<std::int64_t, 8> strides{};
    bool operator==(const GatherMap&) const = default;
};

/// Products with few columns; see narrow_kernels.hpp.
struct NarrowKernels {
    std::size_t lanes = 1;
    Kernel pack = nullptr, product = nullptr, accumulate = nullptr, start = nullptr, merge = nullptr, finish = nullptr,
           finish_transposed = nullptr;
};
/// float32 or float64.
const NarrowKernels& narrow_kernels(bool single);

/// Two operations of arithmetic in one; see pair_kernels.hpp. By both operations and by which operand is spread.
struct PairKernels {
    static constexpr std::size_t index(char op) { return op == '+' ? 0 : op == '-' ? 1 : op == '*' ? 2 : 3; }
    std::array<std::array<std::array<Kernel, 8>, 4>, 3> kernels{};
};
const PairKernels& pair_kernels(bool single);

const MoveKernels& move_kernels(std::size_t element_bytes);

} // namespace xgrad
