// How many rows of a loop are worked on at a time, and what follows from that.
//
// Assumes the calls of a loop, and what they demand of blocks. Leaves rows for blocks and chunks, which follow from
// shapes alone, so that results do not depend on the number of threads; and an offset for each register.

#include <xgrad/core/compiler/emit.hpp>

#include <algorithm>
#include <cmath>

namespace xgrad {
namespace {

/// Below this, the cost of calls shows; above it, registers leave the first cache.
constexpr std::size_t tile_elements = 1024, smallest_tile = 256, tile_bytes = 24 << 10;

/// What rows that stream through a narrow product may take of the second cache; and how many of them there are at least
/// and at most.
constexpr std::size_t streamed_bytes = 256 << 10, least_streamed = 4, most_streamed = 64;

/// Where wide rows have work of one element among them, as a softmax's, so many tiles share the cost of its calls.
constexpr std::size_t tiles_of_mixed = 4;

/// Many rows are a multiple of so many: columns of one element end with a vector.
constexpr std::size_t rows_of_vectors = 16;

/// Elements times kernels of one chunk, and how many chunks there are at most: what threads share out, and, where there
/// are accumulators, what is merged at the end. The adjoint of a narrow product has large ones.
constexpr double chunk_work = 65536, most_chunks = 32, most_chunks_of_adjoints = 8;

std::size_t rows_of_blocks(const Loop& loop, const BlockDemands& demands) {
    std::size_t row_bytes = 0, widest = 1;
    for (const std::size_t bytes : demands.register_row_bytes)
        row_bytes += bytes;
    for (const Instruction& i : loop.body)
        widest = std::max(widest, i.cols * i.subrows);
    const bool mixed = widest > tile_elements / 4 && std::any_of(loop.body.begin(), loop.body.end(),
                                                                 [](const Instruction& i) { return i.cols == 1; });
    const std::size_t elements = mixed ? tiles_of_mixed * tile_elements : tile_elements,
                      bytes = mixed ? tile_bytes * 3 / 2 : tile_bytes;
    std::size_t rows = std::max<std::size_t>(1, elements / widest);
    const std::size_t least = std::max<std::size_t>(1, smallest_tile / widest);
    if (row_bytes != 0) rows = std::clamp(bytes / row_bytes, least, rows);
    // Rows that stream through a narrow product twice stay in the second cache in between, also those that the loop
    // makes first.
    if (demands.streamed_row_bytes != 0) {
        const std::size_t streamed = std::clamp(streamed_bytes / demands.streamed_row_bytes, least_streamed,
                                                most_streamed);
        rows = row_bytes >= demands.streamed_row_bytes ? streamed : std::min(rows, streamed);
    }
    if (rows > rows_of_vectors) rows -= rows % rows_of_vectors;
    return std::max<std::size_t>(1, std::min(rows, loop.rows));
}

} // namespace

void choose_blocks(Loop& loop, const BlockDemands& demands) {
    if (loop.rows == 1) return; // in one block, as it stands
    loop.block_rows = rows_of_blocks(loop, demands);

    // Chunks depend on the shapes alone, never on the number of threads.
    double row_work = demands.row_work;
    for (const Instruction& i : loop.body)
        row_work += static_cast<double>(i.cols * i.subrows);
    loop.work = row_work * static_cast<double>(loop.rows);
    double chunks = loop.work / chunk_work;
    if (demands.least_chunk != 0)
        chunks = std::min(most_chunks_of_adjoints, static_cast<double>(loop.rows / demands.least_chunk));
    else if (loop.accumulator_bytes != 0)
        chunks = std::min(chunks, loop.work / (2.0 * static_cast<double>(loop.accumulator_bytes)));
    else if (loop.work > worth_sharing)
        chunks = 2 * std::ceil(chunks / 2); // an even number, for two threads
    const auto n = static_cast<std::size_t>(std::clamp(chunks, 1.0, most_chunks));
    const std::size_t blocks = (loop.rows + loop.block_rows - 1) / loop.block_rows;
    loop.chunk_rows = (blocks + n - 1) / n * loop.block_rows;
}

void find_prefetched(Loop& loop, const BlockDemands& demands) {
    constexpr std::size_t large = 1 << 20;
    if (demands.streamed_row_bytes != 0 || loop.one_block()) return; // narrow products fetch for themselves
    auto add = [&](const Place& place, bool written) {
        if (place.row_bytes <= 0 || static_cast<std::size_t>(place.row_bytes) * loop.rows < large) return;
        for (Prefetched& known : loop.prefetched)
            if (known.place.base == place.base && known.place.offset == place.offset) {
                known.written |= written;
                return;
            }
        loop.prefetched.push_back({place, written});
    };
    for (const Instruction& i : loop.body) {
        for (std::size_t k = 0; k < i.inputs; ++k)
            add(i.in[k], false);
        add(i.out, true);
    }
    // What is prefetched before each kernel should be few lines, and there some time before it is needed.
    constexpr std::size_t prefetching_rows = 512;
    if (!loop.prefetched.empty() && loop.block_rows >= 2 * prefetching_rows)
        loop.block_rows = prefetching_rows, loop.prefetched_ahead = 2;
}

void place_registers(Loop& loop, const BlockDemands& demands) {
    std::vector<std::size_t> offsets;
    for (const std::size_t row_bytes : demands.register_row_bytes) {
        offsets.push_back(loop.register_bytes);
        if constexpr (red_zones) loop.registers.push_back({loop.register_bytes, row_bytes * loop.block_rows});
        loop.register_bytes += register_room(row_bytes * loop.block_rows);
    }
    auto fix = [&](Place& place) {
        if (place.base != base_registers) return;
        const auto [number, within] = NumberedRegister::of(place);
        place.offset = static_cast<std::int64_t>(offsets[number]) + within;
    };
    for (auto* list : {&loop.prologue, &loop.body}) // the setup uses none
        for (Instruction& i : *list) {
            fix(i.out);
            for (std::size_t k = 0; k < i.inputs; ++k)
                fix(i.in[k]);
        }
}

} // namespace xgrad
