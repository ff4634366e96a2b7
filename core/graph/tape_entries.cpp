#include <xgrad/core/graph/tape_entries.hpp>

#include <mutex>
#include <vector>

#include <fmt/format.h>

#include <xgrad/core/base/memory.hpp>
#include <xgrad/core/error.hpp>

namespace xgrad {

constinit std::array<TapeEntry, 1 << 16> tape_entries{};

namespace {

/// Which entries are free.
struct FreeEntries {
    std::mutex mutex;
    std::vector<std::uint32_t> released;
    std::uint32_t used = 1; // so many, from the first on, have been taken
};

FreeEntries& free_entries() {
    static FreeEntries* const instance = new FreeEntries; // never destroyed: tapes may be destroyed late
    return *instance;
}

} // namespace

std::uint32_t acquire_entry(Graph* graph) {
    FreeEntries& free = free_entries();
    const std::lock_guard lock(free.mutex);
    std::uint32_t entry;
    if (!free.released.empty()) {
        entry = free.released.back();
        free.released.pop_back();
    } else if (free.used < tape_entries.size()) {
        // A tape gives its entry back when it is destroyed, and that cannot fail.
        make_room(free.released, free.used - free.released.size());
        entry = free.used++;
    } else
        throw Error(fmt::format("more than {} tapes are alive", tape_entries.size() - 1));
    tape_entries[entry].epoch.fetch_add(1);
    tape_entries[entry].graph.store(graph);
    return entry;
}

void release_entry(std::uint32_t entry) {
    FreeEntries& free = free_entries();
    const std::lock_guard lock(free.mutex);
    tape_entries[entry].graph.store(nullptr);
    // A entry whose epochs are used up is left alone: a Var of its first tape would be taken for one of the next.
    constexpr std::uint32_t last = ~0u;
    if (tape_entries[entry].epoch.fetch_add(1) != last) free.released.push_back(entry);
}

} // namespace xgrad
