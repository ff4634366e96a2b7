#pragma once
// As much JSON as the header of a .safetensors file needs, read strictly.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace xgrad::models {

/// Whether the bytes are UTF-8, which a text in JSON must be.
bool is_utf8(std::string_view text);

class JsonReader {
  public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    /// {"key": value, ...}: `member` is called for each key, none of which may come twice, and must read its value.
    void object(const std::function<void(const std::string& key)>& member);
    /// [3, 4]: no signs, fractions or exponents.
    std::vector<std::uint64_t> numbers();
    std::string string();
    /// Nothing but white space may be left.
    void end();

  private:
    [[noreturn]] void fail(const char* expected) const;
    char peek();
    bool accept(char c);
    void expect(char c, const char* expected);
    std::uint32_t code_unit();
    void append_escape(std::string& out);

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace xgrad::models
