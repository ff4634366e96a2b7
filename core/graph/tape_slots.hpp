#pragma once
// Which tapes are alive.

#include <array>
#include <atomic>
#include <cstdint>

namespace xgrad {

class Graph;

/// A Var names its tape by a slot of a table and the epoch of the slot, so a dangling one is noticed.
struct TapeSlot {
    std::atomic<std::uint32_t> epoch{0};
    std::atomic<Graph*> graph{nullptr};
};
extern std::array<TapeSlot, 1 << 16> tape_slots;

/// Slot 0 is that of a Var without a node.
std::uint32_t acquire_slot(Graph* graph);
void release_slot(std::uint32_t slot);

} // namespace xgrad
