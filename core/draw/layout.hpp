#pragma once
// Where boxes and arrows lie, in layers: arrows go down, by the longest way from the top (Sugiyama, Tagawa, Toda 1981).

#include <cstddef>
#include <vector>

namespace xgrad::draw_detail {

struct Size {
    double width, height;
};
struct Spot {
    double x, y;
};

struct Arrow;

struct Layout {
    double width = 0, height = 0;
    std::vector<Spot> centres; // of the boxes
    /// Of each arrow, the points it goes through, from the lower edge of a box to the upper edge of another: between
    /// two layers it bends, and it passes a layer straight down.
    std::vector<std::vector<Spot>> ways;
};

Layout layout(const std::vector<Size>& boxes, const std::vector<Arrow>& arrows);

} // namespace xgrad::draw_detail
