#pragma once

#include <string>
#include <vector>

#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

/// What a tape holds, in two groups. To the *model* belong its parameters and its states, such as the running
/// statistics of a batch norm: whoever uses the model needs all of them. To the *training* belong the slots of
/// optimizers (Tape::slot) and the states made by Tape::training_state: counters, the keys of random numbers.
enum class Group { all, model, training };

struct SaveOptions {
    Group group = Group::all;
};

/// Writes arrays of a tape into one file, each under its name: `.npz`, which NumPy reads (numpy.load), or
/// `.safetensors`.
/// The file is written beside its place, synced and renamed, so that a kill at any moment leaves the old or the new one
/// whole.
/// It keeps the mode of the one it replaces, and a symbolic link to it. Several may save to one path: the last one
/// stays.
/// Names in a .safetensors file must be UTF-8.
void save(const Tape& tape, const std::string& path, SaveOptions options = {}, Location where = Location::current());

struct LoadOptions {
    Group group = Group::all; // the other one is left as it is on the tape, and not asked of the file
};

/// Reads what save wrote, or numpy.savez or numpy.savez_compressed (where xgrad was built with zlib), bit for bit. The
/// names, shapes and dtypes must be those of the tape; what does not fit is one error that lists all of it, and then
/// nothing is loaded. Slots that the tape does not have yet, because its functions have not been called, are made. The
/// file may be damaged or hostile: every length in it is checked.
void load(Tape& tape, const std::string& path, LoadOptions options = {}, Location where = Location::current());

struct PartialLoadOptions {
    Group group = Group::all;
    bool convert = false; // float64 in the file into float32 on the tape, rounded, and float32 into float64
};

/// What load_partial did, by the names of the arrays.
struct LoadReport {
    std::vector<std::string> loaded;      // those converted among them
    std::vector<std::string> converted;   // into the other floating-point dtype
    std::vector<std::string> not_in_file; // left on the tape as they were
    std::vector<std::string> not_on_tape; // left in the file
    std::vector<std::string> unfit;       // in both, with what differs; left on the tape as they were

    bool complete() const { return not_in_file.empty() && not_on_tape.empty() && unfit.empty(); }
    static constexpr bool prints_as_str = true;
    std::string str() const; // a line for each list that is not empty
};

/// As load, but takes of the file what the tape has under the same name, with the same shape and dtype, and says what
/// became of the rest. No slots are made. A number that float32 cannot hold makes its array one that does not fit. An
/// error if nothing fits.
[[nodiscard]] LoadReport load_partial(Tape& tape, const std::string& path, PartialLoadOptions options = {},
                                      Location where = Location::current());

} // namespace xgrad::models
#pragma GCC visibility pop
