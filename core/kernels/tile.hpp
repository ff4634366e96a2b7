#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace xgrad {

/// Where kernels report an integer out of range; the smallest position wins, whatever the threads do.
struct Fault {
    std::atomic<std::uint64_t> position{~0ull};

    void report(std::uint64_t at) {
        std::uint64_t seen = position.load(std::memory_order_relaxed);
        while (at < seen && !position.compare_exchange_weak(seen, at, std::memory_order_relaxed)) {}
    }
};

/// What one call of a kernel works on: a few rows of its operands. Strides count elements from one row to the next; an
/// operand that is spread over the columns of a row is known when the kernel is chosen, not here.
struct Tile {
    void* out;
    const void* in[4];
    std::int64_t out_stride;
    std::int64_t in_stride[4];
    std::size_t rows, cols;
    const void* op;        // the op's attributes
    std::size_t first_row; // of the whole iteration space
    std::size_t inner;     // the contracted extent of a product; the row width of the other operand of a row op
    Fault* fault;
};

using Kernel = void (*)(const Tile&);

} // namespace xgrad
