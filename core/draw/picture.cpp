#include <xgrad/core/draw/picture.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <xgrad/core/base/utf8.hpp>

namespace xgrad::draw_detail {
namespace {

/// The length of the character that a text begins with, or 0 if XML may not hold what it begins with.
std::size_t character_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const bool none = first < 0x20 || first == 0x7f || text.starts_with("\xef\xbf\xbe") ||
                      text.starts_with("\xef\xbf\xbf"); // control characters, U+FFFE, U+FFFF
    return none ? 0 : detail::utf8_length(text);
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
    std::transform(lines.begin(), lines.end(), lines.begin(), printable);
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
        const std::size_t length = character_length(std::string_view(text).substr(i));
        if (length == 0) text[i] = '?';
        i += std::max<std::size_t>(1, length);
    }
    return text;
}

std::size_t characters(const std::string& text) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

} // namespace xgrad::draw_detail
