// In a source of its own: where the compiler sees both sides, it may leave allocations out, and warns of free.

#include "count_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> allocations{0}, live{0};
std::atomic<std::size_t> until_failure{0}; // 0: no failure is wanted any more
bool will_fail = false;

bool must_fail() {
    std::size_t left = until_failure.load(std::memory_order_relaxed);
    while (left != 0 && !until_failure.compare_exchange_weak(left, left - 1)) {}
    return left == 1;
}

void* allocate(std::size_t bytes, std::size_t alignment) {
    if (counting) ++allocations;
    if (must_fail()) throw std::bad_alloc();
    void* memory = alignment <= alignof(std::max_align_t) ? std::malloc(bytes == 0 ? 1 : bytes)
                                                          : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (!memory) throw std::bad_alloc();
    ++live;
    return memory;
}

void* allocate_or_null(std::size_t bytes) noexcept {
    try {
        return allocate(bytes, 0);
    } catch (const std::bad_alloc&) { return nullptr; }
}

void release(void* memory) noexcept {
    if (memory) --live;
    std::free(memory);
}

} // namespace

void* operator new(std::size_t bytes) { return allocate(bytes, 0); }
void* operator new[](std::size_t bytes) { return allocate(bytes, 0); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return allocate(bytes, static_cast<std::size_t>(alignment)); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return allocate(bytes, static_cast<std::size_t>(alignment)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate_or_null(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate_or_null(bytes); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace test {

void start_counting() {
    allocations = 0;
    counting = true;
}

std::size_t stop_counting() {
    counting = false;
    return allocations;
}

void fail_allocation(std::size_t k) {
    will_fail = k != 0;
    until_failure = k;
}

bool stop_failing() {
    return until_failure.exchange(0) == 0 && std::exchange(will_fail, false);
}

std::size_t live_allocations() { return live; }

} // namespace test
