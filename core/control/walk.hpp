#pragma once
// Loops at work.

#include <cstring>

#include <fmt/format.h>

#include <xgrad/core/control/scan_loop.hpp>

namespace xgrad {

inline void copy(std::byte* to, const std::byte* from, std::size_t bytes) {
    switch (bytes) { // most carries of many are single numbers
    case 0: return;
    case 4: std::memcpy(to, from, 4); return;
    case 8: std::memcpy(to, from, 8); return;
    default: std::memcpy(to, from, bytes);
    }
}

/// A loop at work.
class Walk {
  public:
    Walk(const ScanLoop& loop, const BodyProgram& program, ConstArrays captured)
        : loop_(loop), lent_(program), step_(*lent_) {
        for (std::size_t i = 0; i < loop.carries + loop.xs; ++i)
            if (i < loop.carries || copied(i - loop.carries)) step_.bind_own(i);
        for (std::size_t i = 0; i < captured.size(); ++i)
            step_.bind(loop.carries + loop.xs + i, captured[i].data);
    }
    const std::byte* carry(std::size_t i) const { return step_.taken(i); }
    void set_carry(std::size_t i, const void* elements) {
        copy(step_.taken(i), static_cast<const std::byte*>(elements), loop_.bytes_of_step(i));
    }
    /// Memory that goes with the loop.
    std::byte* scratch(std::size_t bytes) { return step_.scratch(bytes); }
    /// What the last step gave for result i: the carries, and then the ys.
    const std::byte* given(std::size_t i) const { return step_.given(i); }

    /// The step that comes after `done` others. slice(i) is what x i shows it.
    template <class Slice>
    void step(std::size_t done, Slice slice) {
        for (std::size_t i = 0; i < loop_.xs; ++i)
            if (copied(i))
                copy(step_.taken(loop_.carries + i), slice(i), loop_.slice_bytes[i]);
            else
                step_.bind(loop_.carries + i, slice(i));
        try {
            step_();
        } catch (const Error& error) {
            throw Error(fmt::format("{}; in step {} of {} of the scan of {}", error.message(), done,
                                    loop_.options.length, loop_.options.where.str()),
                        error.where().known() ? error.where() : loop_.options.where);
        }
        for (std::size_t i = 0; i < loop_.carries; ++i)
            copy(step_.taken(i), step_.given(i), loop_.bytes_of_step(i));
    }

  private:
    /// Slices of up to so many bytes are copied to where the program found the one before. Larger ones are read where
    /// they lie, and at each step the program has to find its operands anew.
    static constexpr std::size_t copied_bytes = 4096;
    bool copied(std::size_t x) const { return loop_.slice_bytes[x] <= copied_bytes; }

    const ScanLoop& loop_;
    BodyProgram::Lent lent_;
    BodyProgram::Run& step_;
};

/// Runs a loop from its first carries, and writes the results of one dtype, with the kept carries or without.
/// slice(i, done) is what x i shows a step.
template <class Slice>
void run(const ScanLoop& loop, const BodyProgram& program, DType dtype, bool keeps, ConstArrays init,
         ConstArrays captured, Slice slice, std::byte* out) {
    Walk walk(loop, program, captured);
    for (std::size_t i = 0; i < loop.carries; ++i)
        walk.set_carry(i, init[i].data);
    const Packing& packing = keeps ? loop.kept_results : loop.results;
    /// Puts an array, or the slice of a step, where result i lies.
    const auto put = [&](std::size_t i, std::size_t at, const std::byte* from, std::size_t bytes) {
        if (packing.type(i).dtype == dtype) copy(out + packing.first(i) * size_of(dtype) + at * bytes, from, bytes);
    };
    for (std::size_t done = 0; done < loop.options.length; ++done) {
        if (keeps && done % loop.options.every == 0)
            for (std::size_t i = 0; i < loop.carries; ++i)
                put(loop.results.size() + i, done / loop.options.every, walk.carry(i), loop.bytes_of_step(i));
        walk.step(done, [&](std::size_t i) { return slice(i, done); });
        for (std::size_t i = loop.carries; i < loop.results.size(); ++i)
            put(i, loop.slice_of(done), walk.given(i), loop.bytes_of_step(i));
    }
    for (std::size_t i = 0; i < loop.carries; ++i)
        put(i, 0, walk.carry(i), loop.bytes_of_step(i));
}

/// A slice of an array, as it lies.
inline const std::byte* slice_of(const ScanLoop& loop, std::size_t x, const ConstArray& array, std::size_t done) {
    return static_cast<const std::byte*>(array.data) + loop.slice_of(done) * loop.slice_bytes[x];
}

} // namespace xgrad
