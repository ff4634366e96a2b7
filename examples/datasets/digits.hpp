#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/datasets/dataset.hpp>

namespace xgrad::datasets {

struct DigitsOptions {
    std::size_t train = 8000, test = 2000; // equally many of each digit if they divide by ten
    std::uint64_t seed = 231;
};

/// Handwritten-looking digits in 20 x 20 grey pixels, drawn from a stroke font with another hand each time: which form
/// of the digit, points that miss their place, shift, size, rotation, slant, width and blackness of the pen, and noise.
/// The same seed gives the same pixels. A linear classifier gets about 94 % of the test images right.
Datasets draw_digits(const DigitsOptions& options = {});

} // namespace xgrad::datasets
