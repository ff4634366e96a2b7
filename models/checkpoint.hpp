#pragma once

#include <string>

#include <xgrad/core/tape.hpp>

namespace xgrad::models {

struct LoadOptions {
    bool only_parameters = false; // leave every state as it is, and do not ask the file for any
};

/// Writes the parameters and the states of a tape (optimizers' slots and counters, running averages) into one file, each array
/// under its name: `.npz`, which NumPy reads (numpy.load), or `.safetensors`.
/// The file is written beside its place, synced and renamed, so that a kill at any moment leaves the old or the new one whole.
/// It keeps the mode of the one it replaces, and a symbolic link to it. Several may save to one path: the last one stays.
/// Names in a .safetensors file must be UTF-8.
void save(const Tape& tape, const std::string& path, Location where = Location::current());

/// Reads what save wrote, or numpy.savez, bit for bit. The names, shapes and dtypes must be those of the tape; what does not
/// fit is one error that lists all of it, and then nothing is loaded. Slots that the tape does not have yet, because its
/// functions have not been called, are made. The file may be damaged or hostile: every length in it is checked.
void load(Tape& tape, const std::string& path, LoadOptions options = {}, Location where = Location::current());

} // namespace xgrad::models
