#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace examples {

using Rgb = std::array<std::uint8_t, 3>;

/// A picture (pixels row by row from the upper left) as an address that holds all of it, for the src of an img: an
/// uncompressed BMP in base64.
std::string bitmap_address(std::size_t width, std::size_t height, std::span<const Rgb> pixels);

} // namespace examples
