#pragma once

#include <string>
#include <string_view>

namespace xgrad::detail {

/// A string of JSON: the text in quotes, with what must be escaped escaped. The text is UTF-8; what is not becomes
/// U+FFFD.
std::string json_string(std::string_view text);

} // namespace xgrad::detail
