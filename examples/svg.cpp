#include "svg.hpp"

#include <array>
#include <cmath>
#include <fstream>
#include <numbers>
#include <stdexcept>

#include <fmt/format.h>

namespace examples {

namespace {

/// A tenth of a pixel is enough, and -0 is 0.
std::string number(double x) { return fmt::format("{:g}", std::round(x * 10) / 10 + 0.0); }

std::string stroke(const Style& style) {
    return fmt::format("stroke=\"{}\" stroke-width=\"{}\"{}", style.colour, number(style.width),
                       style.dashes.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", style.dashes));
}

std::string coordinates(std::span<const Point> points) {
    std::string result;
    for (const Point& p : points)
        result += fmt::format("{}{},{}", result.empty() ? "" : " ", number(p.x), number(p.y));
    return result;
}

/// The corners of a regular polygon, the first of them at an angle clockwise from the right.
std::vector<Point> corners(Point centre, double radius, int n, double degrees) {
    std::vector<Point> result;
    for (int i = 0; i < n; ++i) {
        const double angle = (degrees + 360.0 * i / n) * std::numbers::pi / 180;
        result.push_back({centre.x + radius * std::cos(angle), centre.y + radius * std::sin(angle)});
    }
    return result;
}

} // namespace

std::string escaped(std::string_view text) {
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

Style style(std::size_t i) {
    // The colours are those of Okabe and Ito, which people who see few colours can tell apart, too.
    static const std::array<Style, 8> styles{{{"#0072b2", "", Mark::circle},
                                              {"#d55e00", "7 3", Mark::square},
                                              {"#009e73", "2 3", Mark::triangle},
                                              {"#a6508c", "9 3 2 3", Mark::diamond},
                                              {"#000000", "12 4", Mark::cross},
                                              {"#8a6d00", "5 2 1 2 1 2", Mark::plus},
                                              {"#4094d0", "1 2", Mark::square},
                                              {"#7a3b00", "14 3 4 3", Mark::circle}}};
    return styles[i % styles.size()];
}

Svg::Svg(double width, double height) : width_(width), height_(height) {}

void Svg::line(Point from, Point to, const Style& style) {
    body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" {}/>\n", number(from.x), number(from.y),
                         number(to.x), number(to.y), stroke(style));
}

void Svg::polyline(std::span<const Point> points, const Style& style) {
    if (points.size() < 2) return;
    body_ += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke-linejoin=\"round\" {}/>\n", coordinates(points),
                         stroke(style));
}

void Svg::rectangle(Point corner, double width, double height, const Style& style, const std::string& fill) {
    body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" {}/>\n", number(corner.x),
                         number(corner.y), number(width), number(height), fill, stroke(style));
}

void Svg::mark(Point at, const Style& style, double size) {
    const Style pen{.colour = style.colour, .width = 1.2};
    const auto polygon = [&](int n, double radius, double degrees) {
        body_ += fmt::format("<polygon points=\"{}\" fill=\"white\" {}/>\n",
                             coordinates(corners(at, radius, n, degrees)), stroke(pen));
    };
    const auto star = [&](double degrees) {
        const std::vector<Point> ends = corners(at, 1.2 * size, 4, degrees);
        for (int i : {0, 1})
            line(ends[i], ends[i + 2], {.colour = style.colour, .width = 1.8});
    };
    switch (style.mark) {
    case Mark::circle:
        body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"white\" {}/>\n", number(at.x), number(at.y),
                             number(size), stroke(pen));
        return;
    case Mark::square: return polygon(4, 1.3 * size, 45);
    case Mark::triangle: return polygon(3, 1.4 * size, -90);
    case Mark::diamond: return polygon(4, 1.4 * size, 0);
    case Mark::cross: return star(45);
    case Mark::plus: return star(0);
    }
}

void Svg::text(Point at, std::string_view text, const TextOptions& o) {
    const std::string turn = o.turn == 0 ? ""
                                         : fmt::format(" transform=\"rotate({} {} {})\"", number(o.turn), number(at.x),
                                                       number(at.y));
    const auto write = [&](const char* more) {
        body_ += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{}\"{}{}{}>{}</text>\n",
                             number(at.x), number(at.y), number(o.size), o.anchor,
                             o.bold ? " font-weight=\"bold\"" : "", turn, more, escaped(text));
    };
    if (o.halo) write(" fill=\"white\" stroke=\"white\" stroke-width=\"4\" stroke-linejoin=\"round\"");
    write("");
}

std::string Svg::str() const { return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + element(); }

std::string Svg::element() const {
    const std::string size = fmt::format("width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\"", number(width_),
                                         number(height_));
    return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" {} font-family=\"Helvetica, Arial, sans-serif\">\n"
                       "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{}</svg>\n",
                       size, body_);
}

void Svg::save(const std::filesystem::path& path) const {
    std::ofstream file(path, std::ios::binary);
    file << str() << std::flush;
    if (!file) throw std::runtime_error(fmt::format("{}: the picture cannot be written there", path.string()));
}

} // namespace examples
