#include <xgrad/models/json.hpp>

#include <limits>
#include <set>

#include <fmt/format.h>

#include <xgrad/core/base/utf8.hpp>
#include <xgrad/core/error.hpp>

namespace xgrad::models {

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = xgrad::detail::utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

void JsonReader::fail(const char* expected) const {
    throw Error(fmt::format("the header is not JSON: {} is expected at its byte {}", expected, at_));
}

char JsonReader::peek() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
        ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonReader::accept(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
}

void JsonReader::expect(char c, const char* expected) {
    if (!accept(c)) fail(expected);
}

void JsonReader::end() {
    peek();
    if (at_ != text_.size()) fail("its end");
}

void JsonReader::object(const std::function<void(const std::string& key)>& member) {
    expect('{', "an object");
    if (accept('}')) return;
    std::set<std::string> keys;
    do {
        std::string key = string();
        expect(':', "a colon");
        if (!keys.insert(key).second) throw Error(fmt::format("the header has \"{}\" twice", key));
        member(key);
    } while (accept(','));
    expect('}', "the end of an object");
}

std::vector<std::uint64_t> JsonReader::numbers() {
    std::vector<std::uint64_t> result;
    expect('[', "a list of numbers");
    if (accept(']')) return result;
    do {
        std::uint64_t value = 0;
        const char first = peek();
        const std::size_t start = at_;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
            if (value > (std::numeric_limits<std::uint64_t>::max() - 9) / 10) fail("a smaller number");
            value = 10 * value + static_cast<std::uint64_t>(text_[at_] - '0');
        }
        if (at_ == start || (first == '0' && at_ > start + 1)) fail("a whole number");
        result.push_back(value);
    } while (accept(','));
    expect(']', "the end of a list");
    return result;
}

std::uint32_t JsonReader::code_unit() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
        const std::size_t digit = at_ < text_.size()
                                      ? std::string_view("0123456789abcdef0123456789ABCDEF").find(text_[at_])
                                      : std::string_view::npos;
        if (digit == std::string_view::npos) fail("a hexadecimal digit");
        value = value * 16 + static_cast<std::uint32_t>(digit % 16);
    }
    return value;
}

/// What follows a backslash.
void JsonReader::append_escape(std::string& out) {
    const char c = at_ < text_.size() ? text_[at_++] : '\0';
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t k = letters.find(c); k != letters.npos && c != '\0') {
        out += meanings[k];
        return;
    }
    if (c != 'u') fail("an escape");
    std::uint32_t code = code_unit();
    if (code >= 0xD800 && code < 0xDC00) { // the first of a pair
        if (text_.substr(at_, 2) != "\\u") fail("the second half of a character");
        at_ += 2;
        const std::uint32_t second = code_unit();
        if (second < 0xDC00 || second >= 0xE000) fail("the second half of a character");
        code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000)
        fail("the first half of a character");
    if (code < 0x80)
        out += static_cast<char>(code);
    else {
        const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3; // UTF-8
        out += static_cast<char>((0xFF00 >> (more + 1) & 0xFF) | (code >> (6 * more)));
        for (int k = more; k-- > 0;)
            out += static_cast<char>(0x80 | (code >> (6 * k) & 0x3F));
    }
}

std::string JsonReader::string() {
    expect('"', "a string");
    std::string out;
    for (;;) {
        if (at_ == text_.size()) fail("the end of a string");
        const char c = text_[at_++];
        if (c == '"') return out;
        if (static_cast<unsigned char>(c) < 0x20) fail("an escape in the place of a control character");
        if (c == '\\')
            append_escape(out);
        else
            out += c;
    }
}

} // namespace xgrad::models
