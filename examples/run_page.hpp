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

} // namespace examples
