#include "image_text.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace examples {

std::string image_text(const Dataset& data, std::size_t row) {
    const auto [height, width, planes] = data.image;
    if (planes == 0) throw DataError(data.name, "images", "rows of features that are none");
    if (row >= data.size())
        throw DataError(data.name, fmt::format("an example from 0 to {}", data.size() - 1), fmt::format("{}", row));

    constexpr std::string_view shades = " .:-=+*#%@";
    const std::span<const float> pixels = data.row(row);
    std::string text;
    for (std::size_t i = 0; i < height; ++i) {
        for (std::size_t j = 0; j < width; ++j) {
            float brightness = 0;
            for (std::size_t plane = 0; plane < planes; ++plane)
                brightness += pixels[(plane * height + i) * width + j] / static_cast<float>(planes);
            const auto shade = static_cast<std::size_t>(brightness * static_cast<float>(shades.size()));
            text.append(2, shades[std::min(shade, shades.size() - 1)]);
        }
        text += '\n';
    }
    return text;
}

} // namespace examples
