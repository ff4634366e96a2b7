#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

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

/// Every error of xgrad. The text names the op, what was given, what is required and where it was recorded.
class Error : public std::runtime_error {
  public:
    explicit Error(const std::string& message, Location where = {});
    Location where() const noexcept { return where_; }

  private:
    Location where_;
};

} // namespace xgrad
