#pragma once
// Several values share the arena, the registers of a loop, its accumulators, and the memory of results. In a build with
// the address sanitizer whatever lies there and is not a value of the present step is a red zone: touching it is an
// error, as it would be between two allocations.

#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#define XGRAD_HAS_RED_ZONES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XGRAD_HAS_RED_ZONES 1
#endif
#endif

#ifdef XGRAD_HAS_RED_ZONES
#include <sanitizer/asan_interface.h>
#endif

namespace xgrad {

#ifdef XGRAD_HAS_RED_ZONES
inline constexpr bool red_zones = true;
inline void close_memory(std::byte* begin, std::size_t bytes) { ASAN_POISON_MEMORY_REGION(begin, bytes); }
inline void open_memory(std::byte* begin, std::size_t bytes) { ASAN_UNPOISON_MEMORY_REGION(begin, bytes); }
#else
inline constexpr bool red_zones = false;
inline void close_memory(std::byte*, std::size_t) {}
inline void open_memory(std::byte*, std::size_t) {}
#endif

/// Where a value lies in memory that it shares.
struct Stretch {
    std::size_t offset, bytes;
};

/// Opens these and closes all the rest.
template <class Stretches>
void open_only(std::byte* memory, std::size_t bytes, const Stretches& stretches) {
    if constexpr (red_zones) {
        close_memory(memory, bytes);
        for (const Stretch& s : stretches)
            open_memory(memory + s.offset, s.bytes);
    }
}

} // namespace xgrad
