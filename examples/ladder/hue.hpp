#pragma once

#include <xgrad/xgrad.hpp>

namespace ladder {

/// The hue of images (N, 3, H, W) with red, green and blue of any dtype, float32 (N, H, W) from 0 to below 1: with
/// M = max(R, G, B) and d = M - min(R, G, B),
///     h = (G - B) / d  where M = R,  else 2 + (B - R) / d  where M = G,  else 4 + (R - G) / d,
/// divided by 6, and 1 more where it is below 0; 0 where d = 0, of grey.  Smith, Color gamut transform pairs, 1978.
[[nodiscard]] xgrad::Var hue(xgrad::Var images);

/// The share of the pixels whose hue is in each of equal parts of the circle: float32 (N, bins).
[[nodiscard]] xgrad::Var hue_histogram(xgrad::Var images, std::size_t bins = 10);

} // namespace ladder
