#pragma once

#include <span>
#include <string>
#include <vector>

#include "contours.hpp"
#include "svg.hpp"

namespace examples {

struct Axis {
    std::string label;
    double low = 0, high = 1;
    bool logarithmic = false;

    /// From 0 at the low end to 1 at the high one.
    double fraction(double x) const;
    /// Round numbers in between: 1, 2 or 5 times a power of ten; on a logarithmic axis that is
    /// long enough only powers. Six or so.
    std::vector<double> ticks() const;
};

struct Frame {
    double left = 0, top = 0, width = 0, height = 0;
};

/// One diagram of a drawing: a frame with two axes, and what lies inside. Nothing is drawn outside the frame, nor are
/// points that are no numbers; a line stops there and goes on where it comes back.
class Plot {
  public:
    Plot(Svg& svg, Frame frame, Axis x, Axis y, const std::string& title);

    void contours(const Grid& grid, std::span<const double> levels, const Style& style);
    /// With marks along it, some pixels apart as the crow flies, and one at its end.
    void path(std::span<const Point> points, const Style& style);
    /// The same for y against x: marks at even distances in x. Lines that lie on each other show if each has another
    /// phase, from 0 to 1.
    void graph(std::span<const Point> points, const Style& style, double phase);
    void mark(Point at, const Style& style, double size = 4);
    /// A text beside a point, to the left of it if there is no room on the right; none for a point outside.
    void label(Point at, const std::string& text);
    /// Draws the frame again over what touches it.
    void close();

    bool inside(Point p) const;

  private:
    Point place(Point p) const;
    /// Draws a line; returns its parts.
    std::vector<std::vector<Point>> draw(std::span<const Point> points, const Style& style);
    std::vector<std::vector<Point>> clipped(std::span<const Point> points) const;

    Svg& svg_;
    Frame frame_;
    Axis x_, y_;
};

struct LegendEntry {
    std::string text;
    Style style;
};

/// Samples of lines with their names, in rows of so many; returns its height.
double draw_legend(Svg& svg, Point corner, double width, std::size_t columns, std::span<const LegendEntry> entries);

} // namespace examples
