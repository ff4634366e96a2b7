#pragma once

#include <span>
#include <string>

#include "epoch_record.hpp"

namespace examples {

/// Pictures of a run, epoch by epoch, as <svg> elements of a page.
std::string loss_curves(std::span<const EpochRecord> records);
std::string accuracy_curves(std::span<const EpochRecord> records);
/// |update| / |weights|, on a logarithmic axis; empty if it is not known of any epoch.
std::string ratio_curve(std::span<const EpochRecord> records);

} // namespace examples
