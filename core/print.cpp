#include <xgrad/core/print.hpp>

#include <fmt/format.h>

namespace xgrad::detail {

fmt::format_context::iterator TextFormatter::format(std::string_view text, fmt::format_context& context) const {
    using Strings = fmt::formatter<fmt::string_view>;
    return const_cast<TextFormatter*>(this)->Strings::format(fmt::string_view(text.data(), text.size()), context);
}

} // namespace xgrad::detail
