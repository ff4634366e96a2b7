#pragma once
// What the targets for both formats of checkpoints do with their input.

#include <algorithm>

#include <xgrad/core/tape.hpp>
#include <xgrad/models/checkpoint.hpp>
#include <xgrad/models/stored_arrays.hpp>

#include "fuzz.hpp"

namespace fuzz {

/// The arrays of the file, which must lie inside of it.
inline void read_arrays(const xgrad::models::StorageFormat& format, Input input) {
    const std::vector<std::uint8_t> file(input.begin(), input.end()); // ends where its memory ends
    const auto bytes = std::as_bytes(std::span(file));
    const xgrad::models::StoredArrays stored = format.read(bytes);
    for (const xgrad::models::StoredArray& array : stored.arrays) {
        const auto inside = [&](std::span<const std::byte> whole) {
            return array.bytes.data() >= whole.data() && array.bytes.data() + array.bytes.size() <= whole.data() + whole.size();
        };
        require(array.bytes.empty() || inside(bytes) || std::any_of(stored.unpacked.begin(), stored.unpacked.end(), inside),
                "an array lies inside of its file, or of what was unpacked");
        require(!array.foreign.empty() || array.bytes.size() == xgrad::models::checked_bytes(array.type),
                "an array has the bytes that its shape needs");
    }
}

/// As a checkpoint of a tape with two parameters and a state; a file may bring slots of its own. What was loaded can be saved and
/// loaded again.
inline void load_checkpoint(const File& file, Input input) {
    xgrad::Tape tape;
    tape.parameter(xt::xarray<float>(xt::zeros<float>({2, 3})), "w");
    tape.parameter(xt::xarray<double>{0, 0, 0}, "b");
    tape.state(xt::xarray<std::int64_t>{0}, "t");
    const std::string path = file.with(input).string();
    xgrad::models::load(tape, path);
    xgrad::models::save(tape, path);
    try {
        xgrad::models::load(tape, path);
    } catch (const xgrad::Error& error) { require(false, error.what()); }
}

} // namespace fuzz
