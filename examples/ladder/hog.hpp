#pragma once

#include <cstdint>

#include <xgrad/xgrad.hpp>

namespace ladder {

struct HogOptions {
    std::int64_t cell = 8; // pixels of a side
    std::size_t orientations = 9;
};

/// Histograms of oriented gradients, of images (N, C, H, W) with C = 1 or 3 and pixels of any dtype: float32
/// (N, orientations, H / cell, W / cell), rounded down; what is left over at the lower and right edge does not count.
/// Of the grey image I = 0.299 R + 0.587 G + 0.114 B, continued beyond its edges by the pixels there,
///     gx = I(i, j + 1) - I(i, j - 1),  gy = I(i + 1, j) - I(i - 1, j),
///     m = sqrt(gx^2 + gy^2),  bin = floor(orientations a / pi),
/// where a is the angle of the gradient, atan2(gy, gx), less a whole number of pi so that 0 <= a < pi. The histogram of
/// a cell has in each bin the sum of m over its pixels of that bin, divided by the pixels of the cell. The blocks of
/// cells of the source, which are scaled to one length, are left out.  Dalal and Triggs 2005.
[[nodiscard]] xgrad::Var hog(xgrad::Var images, const HogOptions& options = {});

} // namespace ladder
