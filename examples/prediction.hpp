#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "options.hpp"

namespace examples {

/// What the command line of `train_classifier predict` says.
struct PredictOptions {
    std::string checkpoint;
    std::vector<std::filesystem::path> data;        // files, or one name of a data set
    std::vector<std::filesystem::path> train_files; // the table whose columns say how to standardise
    std::optional<std::size_t> first;               // all examples
    std::size_t top = 3;
};

/// `argv` begins with the word predict. Throws OptionError. Nothing is returned if only help was asked for.
std::optional<PredictOptions> parse_predict_options(int argc, const char* const* argv);

/// The places of the k highest numbers, the highest first; of equal ones the first.
std::vector<std::size_t> highest(std::span<const float> numbers, std::size_t k);

/// Prints for each example its index, its label if it is known, and the classes that the classifier in the checkpoint
/// takes for the most probable. Throws std::runtime_error, with one line, if the checkpoint and the data do not fit.
void predict(const PredictOptions& options);

} // namespace examples
