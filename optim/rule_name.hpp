#pragma once

#include <cstdint>
#include <string>
#include <utility>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// What a rule is called, and its slots after it; and which rule it is: copies of a rule are the same one, and two that
/// were made apart are two, although they are called the same. Assigning to it makes another rule of a copy.
class RuleName {
  public:
    RuleName(const char* text) : RuleName(std::string(text)) {}
    RuleName(std::string text) : text_(std::move(text)), rule_(next()) {}
    const std::string& str() const { return text_; }
    operator const std::string&() const { return text_; }
    /// A number that no other rule has.
    std::uint64_t rule() const { return rule_; }
    static std::uint64_t next();

  private:
    std::string text_;
    std::uint64_t rule_;
};

} // namespace xgrad::optim
#pragma GCC visibility pop
