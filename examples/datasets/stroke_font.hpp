#pragma once

#include <vector>

namespace xgrad::datasets {

struct Point {
    double x = 0, y = 0;
};

/// A line of the pen through the given points: straight from one to the next, or bent smoothly.
struct Stroke {
    enum class Form { straight, smooth } form;
    std::vector<Point> points;
};

/// One way to write a digit, on a sheet 6 wide and 10 high, y downwards.
using Glyph = std::vector<Stroke>;

/// All ways to write a digit from 0 to 9.
const std::vector<Glyph>& glyphs(int digit);

} // namespace xgrad::datasets
