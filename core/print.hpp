#pragma once
// fmt::print("{}", x) and std::cout << x for all that has a text: nodes, shapes, tapes, programs, results, reports.

#include <concepts>
#include <ostream>
#include <string>

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

template <class T>
requires prints<T> std::ostream& operator<<(std::ostream& out, const T& x) { return out << x.str(); }

} // namespace xgrad
#pragma GCC visibility pop

template <class T>
    requires xgrad::prints<T>
struct fmt::formatter<T, char> : fmt::formatter<fmt::string_view> {
    template <class Context>
    auto format(const T& x, Context& context) const {
        const std::string text = x.str();
        return const_cast<formatter*>(this)->fmt::formatter<fmt::string_view>::format(text, context);
    }
};

template <>
struct fmt::formatter<xgrad::DType, char> : fmt::formatter<fmt::string_view> {
    template <class Context>
    auto format(xgrad::DType dtype, Context& context) const {
        return const_cast<formatter*>(this)->fmt::formatter<fmt::string_view>::format(xgrad::name(dtype), context);
    }
};
