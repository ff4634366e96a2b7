#pragma once

#include <cstddef>
#include <string>

#include "features.hpp"

namespace examples {

/// An image in characters, a line of text for each row of pixels, two characters a pixel, bright pixels dense. Throws
/// DataError if the rows of the data set are no images or it has no such row.
std::string image_text(const Dataset& data, std::size_t row);

} // namespace examples
