// Pictures in SVG 1.1, in pixels from the upper left.

#include <xgrad/core/draw/picture.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/draw/layout.hpp>

namespace xgrad::draw_detail {
namespace {

constexpr double letter = 7, line_height = 15, padding = 8; // letters of 11 pixels are less than 7 wide

std::string number(double x) { return fmt::format("{:g}", std::round(x * 10) / 10 + 0.0); }

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text)
        switch (c) {
        case '&': result += "&amp;"; break;
        case '<': result += "&lt;"; break;
        case '>': result += "&gt;"; break;
        case '"': result += "&quot;"; break;
        default: result += c;
        }
    return result;
}

Size size_of(const Box& box) {
    std::size_t longest = 0;
    for (const std::string& line : box.lines)
        longest = std::max(longest, characters(line));
    return {letter * static_cast<double>(longest) + 2 * padding,
            line_height * static_cast<double>(box.lines.size()) + padding};
}

const char* style(Part part) {
    switch (part) {
    case Part::leaf: return "rx=\"8\" fill=\"#eeeeee\" stroke=\"#333333\"";
    case Part::backward: return "fill=\"white\" stroke=\"#d55e00\" stroke-dasharray=\"5 3\"";
    case Part::update: return "fill=\"white\" stroke=\"#0072b2\" stroke-width=\"2.5\"";
    case Part::result: return "rx=\"12\" fill=\"white\" stroke=\"#333333\"";
    default: return "fill=\"white\" stroke=\"#333333\"";
    }
}

std::string box_text(const Box& box, Spot centre) {
    const auto [width, height] = size_of(box);
    const double left = centre.x - width / 2, top = centre.y - height / 2;
    std::string text = fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {}/>\n", number(left),
                                   number(top), number(width), number(height), style(box.part));
    for (std::size_t i = 0; i < box.lines.size(); ++i)
        text += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", number(left + padding),
                            number(top + padding / 2 + line_height * (static_cast<double>(i) + 0.75)),
                            escaped(box.lines[i]));
    return text;
}

/// Straight down past the layers, bent between them.
std::string arrow_text(const std::vector<Spot>& way) {
    std::string path = fmt::format("M {} {}", number(way[0].x), number(way[0].y));
    for (std::size_t i = 1; i < way.size(); ++i) {
        const Spot from = way[i - 1], to = way[i];
        if (from.x == to.x)
            path += fmt::format(" L {} {}", number(to.x), number(to.y));
        else
            path += fmt::format(" C {} {} {} {} {} {}", number(from.x), number((from.y + to.y) / 2), number(to.x),
                                number((from.y + to.y) / 2), number(to.x), number(to.y));
    }
    return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"#777777\" marker-end=\"url(#head)\"/>\n", path);
}

} // namespace

std::string svg(const Picture& picture) {
    std::vector<Size> sizes;
    for (const Box& box : picture.boxes)
        sizes.push_back(size_of(box));
    const Layout l = layout(sizes, picture.arrows);
    std::string text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"11\" xml:space=\"preserve\">\n"
        "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
        "orient=\"auto\"><path d=\"M 0 0 L 8 4 L 0 8 z\" fill=\"#777777\"/></marker></defs>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        number(std::ceil(l.width)), number(std::ceil(l.height)));
    for (const std::vector<Spot>& way : l.ways)
        text += arrow_text(way);
    for (std::size_t i = 0; i < picture.boxes.size(); ++i)
        text += box_text(picture.boxes[i], l.centres[i]);
    return text + "</svg>\n";
}

} // namespace xgrad::draw_detail
