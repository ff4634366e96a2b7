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
        copy(step_.taken(i), static_cast<const std::byte*>(elements), loop_.results.bytes(i));
    }
    /// Memory that goes with the loop.
    std::byte* scratch(std::size_t bytes) { return step_.scratch(bytes); }
    /// Of the step that was done last.
    const std::byte* y(std::size_t i) const { return step_.given(loop_.carries + i); }

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
            copy(step_.taken(i), step_.given(i), loop_.results.bytes(i));
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

/// Runs a loop from its first carries, and writes the results of one dtype. slice(i, done) is what x i shows a step.
template <class Slice>
void run(const ScanLoop& loop, const BodyProgram& program, DType dtype, Traced traced, ConstArrays init,
         ConstArrays captured, Slice slice, std::byte* out) {
    Walk walk(loop, program, captured);
    for (std::size_t i = 0; i < loop.carries; ++i)
        walk.set_carry(i, init[i].data);
    const Packing& packing = loop.packing(traced);
    /// Puts an array, or the slice of a step, where result i lies.
    const auto put = [&](std::size_t i, std::size_t at, const std::byte* from, std::size_t bytes) {
        if (packing.type(i).dtype == dtype) copy(out + packing.first(i) * size_of(dtype) + at * bytes, from, bytes);
    };
    for (std::size_t done = 0; done < loop.options.length; ++done) {
        const std::size_t at = loop.slice_of(done), every = traced == Traced::some ? loop.options.every : 1;
        if (traced != Traced::none && done % every == 0)
            for (std::size_t i = 0; i < loop.carries; ++i)
                put(loop.first_trace() + i, traced == Traced::some ? done / every : at, walk.carry(i),
                    packing.bytes(i));
        walk.step(done, [&](std::size_t i) { return slice(i, done); });
        for (std::size_t i = 0; i < loop.ys; ++i)
            put(loop.carries + i, at, walk.y(i), packing.bytes(loop.carries + i) / loop.options.length);
    }
    for (std::size_t i = 0; i < loop.carries; ++i)
        put(i, 0, walk.carry(i), packing.bytes(i));
}

/// A slice of an array, as it lies.
inline const std::byte* slice_of(const ScanLoop& loop, std::size_t x, const ConstArray& array, std::size_t done) {
    return static_cast<const std::byte*>(array.data) + loop.slice_of(done) * loop.slice_bytes[x];
}

} // namespace xgrad
