#pragma once

#include <span>
#include <string>

#include "classifier.hpp"
#include "epoch_record.hpp"
#include "features.hpp"
#include "options.hpp"

namespace examples {

/// A page of HTML about a run, which needs nothing beside itself: settings, curves, for images the weights of each
/// class as a picture, the confusion matrix and the most wrong predictions on the examples held out, and the program of
/// a training step.
std::string run_page(Classifier& classifier, const Datasets& data, const Options& options,
                     std::span<const EpochRecord> records);

/// Makes the folder, if need be, in which save_run_page is to put its file. Throws std::runtime_error.
void make_page_folder(const std::string& folder);

/// Writes FOLDER/index.html, the whole page or, if that fails, nothing: what was there stays. Throws
/// std::runtime_error.
void save_run_page(const std::string& folder, const std::string& page);

} // namespace examples
