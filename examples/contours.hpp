#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "svg.hpp"

namespace examples {

/// Values of a function at columns x rows points over a rectangle, row after row from its lower left.
struct Grid {
    std::size_t columns = 0, rows = 0;
    Point low, high;
    std::vector<double> values;

    Point at(std::size_t column, std::size_t row) const;
    double value(std::size_t column, std::size_t row) const { return values[row * columns + column]; }
};

/// The lines along which the function has one value, by marching squares. Closed ones end where they begin.
std::vector<std::vector<Point>> contour_lines(const Grid& grid, double level);

/// Those points of a line that are needed to draw it to within a tolerance (Douglas and Peucker 1973).
std::vector<Point> simplified(std::span<const Point> line, double tolerance);

} // namespace examples
