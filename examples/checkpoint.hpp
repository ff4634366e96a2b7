#pragma once

#include <cstddef>
#include <string>

#include <xgrad/core/tape.hpp>

#include "dataset.hpp"
#include "options.hpp"

namespace examples {

/// Where a run stands: epochs that are done, and steps that are done in the one after them.
struct Position {
    std::size_t epochs = 0, steps = 0;
};

/// The file of the option --checkpoint. It holds the parameters and the optimizer's slots, and as further states of the
/// tape where the run stands ("training.epoch", "training.step") and what a run must have in common with the one it
/// continues ("training.settings"): with the same seed the order of the examples follows from the epoch.
class Checkpoint {
  public:
    /// Nothing is read or written yet. Without the option, nothing ever is.
    Checkpoint(xgrad::Tape& tape, const Options& options, const Dataset& data);

    /// With --resume, loads the file and says where its run stood; else where every run begins. Throws xgrad::Error if
    /// the file is missing, damaged or of another run, and std::runtime_error says so in one line.
    Position start();
    void save(Position position);

  private:
    xgrad::Tape& tape_;
    std::string path_;
    bool resume_;
    std::string settings_;
    xgrad::Var epoch_, step_, stored_settings_;
};

} // namespace examples
