#pragma once

#include <cstddef>

namespace test {

/// From `start_counting` on every operator new of this program counts.
void start_counting();
/// How often memory was allocated since, on all threads.
std::size_t stop_counting();

} // namespace test
