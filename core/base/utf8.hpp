#pragma once

#include <cstddef>
#include <string_view>

namespace xgrad::detail {

/// Bytes of the character that the text begins with, from 1 to 4; 0 if it begins with none. (RFC 3629: not longer than
/// need be, no surrogates, nothing above U+10FFFF.)
inline std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length == 0 || first > 0xF7 || length > text.size()) return 0;
    char32_t code = length == 1 ? first : first & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
        code = code << 6 | (byte(i) & 0x3Fu);
    }
    constexpr char32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000}; // of so many bytes
    return code < lowest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : length;
}

} // namespace xgrad::detail
