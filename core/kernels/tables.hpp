#pragma once
// Kernels that belong to no op: moving elements about.

#include <array>

#include <xgrad/core/kernels/tile.hpp>

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

/// Products with few columns; see narrow.hpp.
struct NarrowKernels {
    std::size_t lanes = 1;
    Kernel pack = nullptr, product = nullptr, accumulate = nullptr, start = nullptr, merge = nullptr, finish = nullptr,
           finish_transposed = nullptr;
    struct OfBytes {
        Kernel product = nullptr, accumulate = nullptr;
    };
    OfBytes bytes, scaled_bytes; // where the large operand is uint8, cast, and multiplied by a number
};
/// float32 or float64.
const NarrowKernels& narrow_kernels(bool single);

/// Two or three operations of arithmetic in one; see joint.hpp. Bit k of `spread`: operand k is one element for each row.
/// There is not one for every combination.
struct JointKernels {
    /// (a first b) second c; 'r' and 'd' are a difference and a quotient the other way round, c - (a first b)
    Kernel pair(char first, char second, unsigned spread) const {
        return pairs[index(first, "+-*/")][index(second, "+-*r/d")][spread];
    }
    /// a * b + c * d or a * b - c * d
    Kernel products(char between, unsigned spread) const { return sums_of_products[index(between, "+-")][spread]; }

    /// a * b + c * d^2
    Kernel sum_with_square(unsigned spread) const { return sums_with_squares[spread]; }
    /// c / (a + sqrt(b))
    Kernel quotient_with_root(unsigned spread) const { return quotients_with_roots[spread]; }

    /// out + s * (c / (a + sqrt(b))), the step of Adam and its like: s and a are one element for each row, the sum stays in place
    Kernel add_quotient_with_root = nullptr;
    /// a op b, where a is uint8
    Kernel of_bytes(char op, unsigned spread) const { return on_bytes[index(op, "+-*r/d")][spread]; }

    /// The second operation, where the first is its right operand.
    static constexpr char turned(char op) { return op == '-' ? 'r' : op == '/' ? 'd' : op; }

    static constexpr std::size_t index(char op, const char* list) {
        std::size_t i = 0;
        while (list[i] != op)
            ++i;
        return i;
    }
    std::array<std::array<std::array<Kernel, 8>, 6>, 4> pairs{};
    std::array<std::array<Kernel, 16>, 2> sums_of_products{};
    std::array<Kernel, 16> sums_with_squares{};
    std::array<Kernel, 8> quotients_with_roots{};
    std::array<std::array<Kernel, 4>, 6> on_bytes{};
};
const JointKernels& joint_kernels(bool single);

const MoveKernels& move_kernels(std::size_t element_bytes);

} // namespace xgrad
