#include "image_text.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace examples {

std::string image_text(const Dataset& data, std::size_t row) {
    if (!data.is_images()) throw DataError(data.name, "images", "rows of features that are none");
    if (row >= data.size())
        throw DataError(data.name, fmt::format("an example from 0 to {}", data.size() - 1), fmt::format("{}", row));

    constexpr std::string_view shades = " .:-=+*#%@";
    const xgrad::Shape& shape = data.examples.feature_type().shape;
    const std::size_t planes = shape[0], height = shape[1], width = shape[2];
    const std::span<const std::uint8_t> pixels = data.examples.row<std::uint8_t>(row);
    std::string text;
    for (std::size_t i = 0; i < height; ++i) {
        for (std::size_t j = 0; j < width; ++j) {
            std::size_t brightness = 0;
            for (std::size_t plane = 0; plane < planes; ++plane)
                brightness += pixels[(plane * height + i) * width + j];
            const std::size_t shade = brightness * shades.size() / (255 * planes);
            text.append(2, shades[std::min(shade, shades.size() - 1)]);
        }
        text += '\n';
    }
    return text;
}

} // namespace examples
