#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <xgrad/core/group.hpp>
#include <xgrad/core/tape.hpp>

#include "features.hpp"
#include "options.hpp"

namespace examples {

/// Where a run stands: epochs that are done, and steps that are done in the one after them.
struct Position {
    std::size_t epochs = 0, steps = 0;
};

/// The file of the option --checkpoint. It holds the parameters and the optimizer's slots, and as further states of the
/// training where the run stands ("training.epoch", "training.step"), the loss that it started from
/// ("training.first_loss") and what a run must have in common with the one it continues ("training.settings"): with the
/// same seed the order of the examples follows from the epoch.
class Checkpoint {
  public:
    /// Nothing is read or written yet. Without the option, nothing ever is.
    /// Of several ranks all read it, and the first one writes it, once all have come.
    Checkpoint(xgrad::Tape& tape, const Options& options, const Dataset& data, std::optional<xgrad::Group> ranks = {});

    /// With --resume, loads the file, if there is one, and says where its run stood; else where every run begins.
    /// Throws std::runtime_error, with one line, if the file is damaged or of another run, or is there without
    /// --resume.
    Position start();
    void save(Position position);

    /// The loss of the first step of the run, once it is set.
    std::optional<double> first_loss() const;
    void set_first_loss(double loss);
    /// Whether start() found a run to go on with.
    bool resumed() const { return resumed_; }

  private:
    xgrad::Tape& tape_;
    std::optional<xgrad::Group> ranks_;
    std::string path_;
    bool resume_, resumed_ = false;
    std::string settings_;
    xgrad::Var epoch_, step_, first_loss_, stored_settings_;
};

/// What the model in a checkpoint takes and gives, and by which loss it was trained.
struct SavedModel {
    std::size_t features = 0, classes = 0;
    Loss loss = Loss::softmax;
};

/// Throws std::runtime_error, with one line, if there is no such file, or one that holds no classifier.
SavedModel saved_model(const std::string& path);

/// Loads the parameters alone. Throws std::runtime_error, with one line.
void load_model(xgrad::Tape& tape, const std::string& path);

} // namespace examples
