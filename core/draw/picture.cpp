#include <xgrad/core/draw/picture.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace xgrad::draw_detail {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Of the character that begins there, or 0 if none does.
std::size_t utf8_length(const std::string& text, std::size_t at) {
    const auto c = static_cast<unsigned char>(text[at]);
    const std::size_t length = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (length == 0 || at + length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!continues(text[at + i])) return 0;
    if (length < 3) return length;
    // Neither longer than need be, nor a surrogate, nor beyond the last character, nor none at all (U+FFFE, U+FFFF).
    const auto d = static_cast<unsigned char>(text[at + 1]);
    const bool bad = (c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || (c == 0xf0 && d < 0x90) ||
                     (c == 0xf4 && d > 0x8f) || (c == 0xef && d == 0xbf && text[at + 2] > '\xbd');
    return bad ? 0 : length;
}

} // namespace

const char* name(Part part) {
    switch (part) {
    case Part::forward: return "forward";
    case Part::backward: return "backward";
    case Part::update: return "update";
    default: return "";
    }
}

std::size_t Picture::add(Part part, std::vector<std::string> lines) {
    std::ranges::transform(lines, lines.begin(), printable);
    boxes.push_back({part, std::move(lines)});
    return boxes.size() - 1;
}

void Picture::connect(std::size_t from, std::size_t to) {
    const Arrow arrow{from, to};
    for (std::size_t i = arrows.size(); i-- > 0 && arrows[i].to == to;) // those to one box stand together
        if (arrows[i] == arrow) return;
    arrows.push_back(arrow);
}

std::string leaf_text(LeafKind kind, const std::string& name) {
    return name.empty() ? xgrad::name(kind) : fmt::format("{} \"{}\"", xgrad::name(kind), name);
}

std::string joined(std::string a, const char* between, const std::string& b) {
    if (!a.empty() && !b.empty()) a += between;
    a += b;
    return a;
}

std::string printable(std::string text) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text, i);
        const auto c = static_cast<unsigned char>(text[i]);
        if (length == 0 || c < 0x20 || c == 0x7f) text[i] = '?';
        i += std::max<std::size_t>(1, length);
    }
    return text;
}

std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

} // namespace xgrad::draw_detail
