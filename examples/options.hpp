#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "data_choice.hpp"

namespace examples {

enum class Loss { softmax, svm };

/// What the command line of train_classifier says, and what it leaves unsaid.
struct Options {
    Loss loss = Loss::softmax;
    std::string optimizer = "sgd";       // one of rules()
    std::optional<double> learning_rate; // if not given, it depends on the data
    std::size_t batch_size = 100;
    std::size_t epochs = 20;
    double l2 = 1e-4;
    std::uint64_t seed = 1;
    std::optional<std::size_t> threads; // all processors
    std::optional<std::size_t> shards;  // of a batch; 64 if there are several processes, else none

    DataChoice data = {.name = "digits", .train_files = {}, .test_files = {}};

    std::string checkpoint;                      // a file; empty: none
    std::optional<std::size_t> checkpoint_every; // steps; always after each epoch
    bool resume = false;

    std::optional<std::string> log;    // a file
    std::optional<std::string> report; // a folder
    std::optional<std::string> trace;  // a file

    bool zero_init = false;
    bool in_order = false;
    bool check_numerics = false;
    std::optional<std::size_t> show; // print this training image instead of training

    /// A step for the whole training set, not for a batch of it.
    bool whole() const { return optimizer == "gd"; }
    /// Whether each step is to say how far it goes.
    bool measures_updates() const { return log || report; }
};

/// Throws OptionError. Nothing is returned if only help was asked for, which it has printed then.
std::optional<Options> parse_options(int argc, const char* const* argv);

/// The settings of a run on so many examples in one line, as in "softmax loss, sgd, learning rate 0.1, batches of 100".
std::string describe(const Options& options, std::size_t examples);

} // namespace examples
