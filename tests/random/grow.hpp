#pragma once

#include "program.hpp"

namespace test {

/// A random program, the same for a seed. It is biased to what the compiler treats by itself: several operations of
/// arithmetic in one call, views of results of arithmetic, bytes, narrow products, second readers, updates in place,
/// derivatives of derivatives; and to extents beside those at which the compiler changes its ways.
Program grow(std::uint64_t seed);

/// One of small arrays of float64 whose results have derivatives everywhere, and are the same at every call.
Program grow_smooth(std::uint64_t seed);

} // namespace test
