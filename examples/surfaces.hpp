#pragma once

#include <span>
#include <string>
#include <vector>

#include <xgrad/core/var.hpp>

#include "contours.hpp"
#include "svg.hpp"

namespace examples {

/// A function of two variables to go down on, and what a picture of it shows.
struct Surface {
    const char* name;
    const char* formula;
    xgrad::Var (*value)(xgrad::Var x, xgrad::Var y);
    double lowest;             // its minimum,
    std::vector<Point> minima; // and where
    Point start;
    double arrived;             // who is less than this above the minimum has arrived
    Point low, high;            // corners of the picture
    std::vector<double> levels; // of the contour lines

    bool shows(Point p) const { return p.x >= low.x && p.x <= high.x && p.y >= low.y && p.y <= high.y; }
};

/// A saddle in the middle, and a minimum on each side of it; the start is almost on the ridge.
const Surface& saddle();
/// Beale's function: a narrow curved ravine between steep walls.
const Surface& beale();
/// Rosenbrock's: a banana, flat along its bottom.
const Surface& rosenbrock();

/// The values over the picture.
Grid sample(const Surface& surface, std::size_t columns, std::size_t rows);

} // namespace examples
