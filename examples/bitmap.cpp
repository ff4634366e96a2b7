#include "bitmap.hpp"

#include <string_view>

namespace examples {

namespace {

/// Little-endian, as all numbers of a BMP.
void append(std::string& bytes, std::size_t number, std::size_t size) {
    for (; size-- > 0; number >>= 8)
        bytes += static_cast<char>(number & 0xff);
}

/// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::string_view three = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (k < three.size() ? static_cast<std::uint8_t>(three[k]) : 0);
        for (std::size_t k = 0; k < 4; ++k)
            text += k <= three.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

} // namespace

std::string bitmap_address(std::size_t width, std::size_t height, std::span<const Rgb> pixels) {
    constexpr std::size_t header = 14 + 40;
    const std::size_t row = (3 * width + 3) / 4 * 4; // padded to whole words
    std::string bytes = "BM";
    append(bytes, header + row * height, 4);
    append(bytes, 0, 4);
    append(bytes, header, 4);
    append(bytes, 40, 4); // a BITMAPINFOHEADER
    append(bytes, width, 4);
    append(bytes, height, 4); // from the bottom up
    append(bytes, 1, 2);
    append(bytes, 24, 2);
    append(bytes, 0, 24); // uncompressed; sizes, resolution and colours as they follow from that
    for (std::size_t i = height; i-- > 0;) {
        for (const Rgb& pixel : pixels.subspan(i * width, width))
            for (const std::size_t colour : {2, 1, 0})
                append(bytes, pixel[colour], 1);
        append(bytes, 0, row - 3 * width);
    }
    return "data:image/bmp;base64," + base64(bytes);
}

} // namespace examples
