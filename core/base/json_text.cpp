#include <xgrad/core/base/json_text.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/base/utf8.hpp>

namespace xgrad::detail {

std::string json_string(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto byte = static_cast<unsigned char>(text[0]);
        if (length == 0)
            out += "\xEF\xBF\xBD";
        else if (byte == '"' || byte == '\\')
            out += '\\', out += text[0];
        else if (byte < 0x20)
            out += fmt::format("\\u{:04x}", byte);
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(1, length));
    }
    return out + '"';
}

} // namespace xgrad::detail
