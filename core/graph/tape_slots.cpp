#include <xgrad/core/graph/tape_slots.hpp>

#include <mutex>
#include <vector>

#include <fmt/format.h>

#include <xgrad/core/base/memory.hpp>
#include <xgrad/core/error.hpp>

namespace xgrad {

constinit std::array<TapeSlot, 1 << 16> tape_slots{};

namespace {

/// Which slots are free.
struct FreeSlots {
    std::mutex mutex;
    std::vector<std::uint32_t> released;
    std::uint32_t used = 1; // so many, from the first on, have been taken
};

FreeSlots& free_slots() {
    static FreeSlots* const instance = new FreeSlots; // never destroyed: tapes may be destroyed late
    return *instance;
}

} // namespace

std::uint32_t acquire_slot(Graph* graph) {
    FreeSlots& free = free_slots();
    const std::lock_guard lock(free.mutex);
    std::uint32_t slot;
    if (!free.released.empty()) {
        slot = free.released.back();
        free.released.pop_back();
    } else if (free.used < tape_slots.size()) {
        // A tape gives its slot back when it is destroyed, and that cannot fail.
        make_room(free.released, free.used - free.released.size());
        slot = free.used++;
    } else
        throw Error(fmt::format("more than {} tapes are alive", tape_slots.size() - 1));
    tape_slots[slot].epoch.fetch_add(1);
    tape_slots[slot].graph.store(graph);
    return slot;
}

void release_slot(std::uint32_t slot) {
    FreeSlots& free = free_slots();
    const std::lock_guard lock(free.mutex);
    tape_slots[slot].graph.store(nullptr);
    // A slot whose epochs are used up is left alone: a Var of its first tape would be taken for one of the next.
    constexpr std::uint32_t last = ~0u;
    if (tape_slots[slot].epoch.fetch_add(1) != last) free.released.push_back(slot);
}

} // namespace xgrad
