#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <xgrad/core/base/containers.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// Where in the user's program a node was recorded. (std::source_location is missing from clang 14.)
struct Location {
    const char* file = nullptr;
    std::uint64_t line = 0;

    static constexpr Location current(const char* file = __builtin_FILE(), std::uint64_t line = __builtin_LINE()) {
        return {file, line};
    }
    constexpr bool known() const { return file != nullptr; }
    std::string str() const; // train.cpp:42
};

/// Every error of xgrad. The text names the function that the user called, what was given, what is required and the
/// place of the call.
class Error : public std::runtime_error {
  public:
    explicit Error(const std::string& message, Location where = {});
    Location where() const noexcept { return where_; }
    /// The text without the place.
    std::string_view message() const noexcept { return {what(), length_}; }

  private:
    struct Text; // as the calls that are open make it
    explicit Error(const Text& text);
    Location where_;
    std::size_t length_;
};

/// A function that is made of ops opens one: while it lives, what is recorded carries the place where the user called
/// that function, and an error names the function and that place. Of several, one in another, the outermost counts: the
/// user wrote that one.
///
///     Var softmax(Operand x, std::int64_t axis) {
///         const Call call("softmax", x.where);
class Call {
  public:
    Call(const char* function, Location where);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

  private:
    const char *function_, *inner_; // as before
    Location where_;
};

} // namespace xgrad
#pragma GCC visibility pop
