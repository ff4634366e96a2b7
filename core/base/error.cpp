#include <xgrad/core/error.hpp>

#include <fmt/format.h>

#include <xgrad/core/base/caller.hpp>

namespace xgrad {

constinit thread_local detail::Caller detail::caller{};

std::string Location::str() const {
    if (!known()) return "an unknown place";
    const std::string_view path = file;
    return fmt::format("{}:{}", path.substr(path.find_last_of('/') + 1), line);
}

namespace {

/// A function of the library begins its messages with its own name; the user may have called another one, in which it
/// works.
std::string of_caller(std::string_view message) {
    const char* const function = detail::caller.function;
    if (!function) return std::string(message);
    const std::string_view name = detail::caller.inner;
    if (message.starts_with(name) && message.substr(name.size()).starts_with(": "))
        message.remove_prefix(name.size() + 2);
    return fmt::format("{}: {}", function, message);
}

} // namespace

struct Error::Text {
    std::string text;
    std::size_t length;
    Location where;

    Text(const std::string& message, Location of_it)
        : text(of_caller(message)), length(text.size()), where(detail::place(of_it)) {
        if (where.known()) text += fmt::format(", at {}", where.str());
    }
};

Error::Error(const std::string& message, Location where) : Error(Text(message, where)) {}
Error::Error(const Text& text) : std::runtime_error(text.text), where_(text.where), length_(text.length) {}

Call::Call(const char* function, Location where)
    : function_(detail::caller.function), inner_(detail::caller.inner), where_(detail::caller.where) {
    if (!function_) detail::caller.function = function;
    if (!where_.known()) detail::caller.where = where;
    detail::caller.inner = function;
}

Call::~Call() {
    detail::caller.function = function_;
    detail::caller.inner = inner_;
    detail::caller.where = where_;
}

} // namespace xgrad
