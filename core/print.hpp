#pragma once
// fmt::print("{}", x) and std::cout << x for all that has a text: nodes, shapes, tapes, programs, results, reports.

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// Whether a type prints as its str(); a user's own type may say so, too.
template <class T>
inline constexpr bool prints = requires {
    T::prints_as_str;
};
template <>
inline constexpr bool prints<Var> = true;
template <>
inline constexpr bool prints<Shape> = true;
template <>
inline constexpr bool prints<Dims> = true;
template <>
inline constexpr bool prints<Tape> = true;
template <>
inline constexpr bool prints<Program> = true;
template <>
inline constexpr bool prints<Results> = true;
template <>
inline constexpr bool prints<Location> = true;

namespace detail {

/// Its str(). An error has no place then: what calls it is a library.
template <class T>
std::string printed(const T& x) {
    if constexpr (requires { x.str(Location{}); })
        return x.str(Location{});
    else
        return x.str();
}

/// Formats a text as fmt formats strings. In the library, since <fmt/core.h>, which programs may have alone, only
/// declares how.
struct TextFormatter : fmt::formatter<fmt::string_view> {
    fmt::format_context::iterator format(std::string_view text, fmt::format_context& context) const;
};

} // namespace detail

template <class T>
requires prints<T> std::ostream& operator<<(std::ostream& out, const T& x) { return out << detail::printed(x); }

} // namespace xgrad
#pragma GCC visibility pop

template <class T>
    requires xgrad::prints<T>
struct fmt::formatter<T, char> : xgrad::detail::TextFormatter {
    auto format(const T& x, fmt::format_context& context) const {
        return TextFormatter::format(xgrad::detail::printed(x), context);
    }
};

template <>
struct fmt::formatter<xgrad::DType, char> : xgrad::detail::TextFormatter {
    auto format(xgrad::DType dtype, fmt::format_context& context) const {
        return TextFormatter::format(xgrad::name(dtype), context);
    }
};
