#pragma once

#include <cstddef>

namespace test {

/// From `start_counting` on every operator new of this program counts.
void start_counting();
/// How often memory was allocated since, on all threads.
std::size_t stop_counting();

/// The k-th operator new from now on fails, on whatever thread it comes; k = 0: none.
void fail_allocation(std::size_t k);
/// None fails any more. Whether one has.
bool stop_failing();

/// How many allocations stand.
std::size_t live_allocations();

} // namespace test
