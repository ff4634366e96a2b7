#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

struct Point {
    double x = 0, y = 0;
};

enum class Mark { circle, square, triangle, diamond, cross, plus };

/// How something is drawn, so that it can be told apart in print, too: by colour, by dashes, by a mark.
struct Style {
    std::string colour = "#000000";
    std::string dashes = {}; // lengths of dashes and gaps, as in SVG; empty: a whole line
    Mark mark = Mark::circle;
    double width = 1.5;
};

/// The i-th of a family of styles. Up to eight differ in all three.
Style style(std::size_t i);

struct TextOptions {
    double size = 12;
    std::string anchor = "start"; // or middle, end
    bool bold = false;
    double turn = 0;   // degrees, clockwise
    bool halo = false; // white around the letters, where lines pass behind them
};

/// A text as it stands in XML and HTML, also between quotes.
std::string escaped(std::string_view text);

/// A drawing in SVG 1.1, in pixels from the upper left.
class Svg {
  public:
    Svg(double width, double height);

    void line(Point from, Point to, const Style& style);
    void polyline(std::span<const Point> points, const Style& style);
    void rectangle(Point corner, double width, double height, const Style& style, const std::string& fill = "none");
    void mark(Point at, const Style& style, double size = 4);
    void text(Point at, std::string_view text, const TextOptions& options = {});

    std::string str() const;
    /// The <svg> element alone, as it stands in a page.
    std::string element() const;
    /// Throws std::runtime_error if it cannot be written.
    void save(const std::filesystem::path& path) const;

  private:
    double width_, height_;
    std::string body_;
};

} // namespace examples
