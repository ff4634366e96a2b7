#pragma once

#include <cstddef>

#pragma GCC visibility push(default)
namespace xgrad {

struct TapeOptions {
    bool stabilize = true;       // rewrite log(sum(exp x)), log(1 + x) and their like into stable forms when recorded
    bool check_numerics = false; // see Tape::check_numerics
};

struct CompileOptions {
    bool fuse = true;    // false: one op at a time, every value in memory; what the tests compare fused programs with
    bool advance = true; // false: random numbers are the same at every call
    bool check_numerics = false; // see Tape::check_numerics; it is on if either is
    /// Arrays of at most so many elements are worked on whole, whatever their shapes, one op after the other in one
    /// loop. Larger ones are worked on in blocks of rows, by loops over arrays of equal rows.
    std::size_t small_elements = 1024;
    /// What follows from constants alone is worked out at the first call, and again after one of them is assigned. Up
    /// to so many bytes of such results are kept in all; none is larger than the largest constant, product or reduction
    /// it follows from. What would be is computed at each call, as all is if this is 0 or nothing is fused.
    std::size_t constant_bytes = 64 << 20;
    bool operator==(const CompileOptions&) const = default;
};

} // namespace xgrad
#pragma GCC visibility pop
