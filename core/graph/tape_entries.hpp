#pragma once
// Which tapes are alive.

#include <array>
#include <atomic>
#include <cstdint>

namespace xgrad {

class Graph;

/// A Var names its tape by a entry of a table and the epoch of the entry, so a dangling one is noticed.
struct TapeEntry {
    std::atomic<std::uint32_t> epoch{0};
    std::atomic<Graph*> graph{nullptr};
};
extern std::array<TapeEntry, 1 << 16> tape_entries;

/// Entry 0 is that of a Var without a node.
std::uint32_t acquire_entry(Graph* graph);
void release_entry(std::uint32_t entry);

} // namespace xgrad
