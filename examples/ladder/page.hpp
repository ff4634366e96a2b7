#pragma once

#include <span>
#include <string>

#include "table.hpp"

namespace ladder {

/// A page of HTML, which needs nothing beside itself, about the rungs that were climbed so far, of so many: settings,
/// the table, and for each rung with details what they hold, to be opened: curves, weights, confusions, the most wrong
/// predictions on the images held out, and the program of a training step.
std::string ladder_page(const Ground& ground, std::span<const Climbed> climbed, std::size_t rungs);

} // namespace ladder
