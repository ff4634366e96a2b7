#pragma once
// Random changes to training images, recorded as ops: they run in the compiled program, and every call draws afresh
// from the tape's random numbers. Each image of a batch (N, C, H, W) has draws of its own. When not training all of
// them give x itself, and draw nothing.

#include <xgrad/core/tape.hpp>
#include <xgrad/ops/random.hpp>

#pragma GCC visibility push(default)
namespace xgrad::data {

/// Each image with its left and right side exchanged, with a probability. Any dtype.
[[nodiscard]] Var random_flip(Operand x, double probability, Random& random, bool training);

/// Each image padded by `padding` pixels of a value on each side, and a window of its old size cut out anywhere: shifts
/// by -padding to padding pixels, down and to the right, all equally likely. Any dtype.
[[nodiscard]] Var random_crop(Operand x, std::int64_t padding, Random& random, bool training, double value = 0);

struct ColorJitter {
    double brightness = 0; // the image times a factor from 1 - brightness to 1 + brightness
    double contrast = 0;   // then its difference to its mean times a factor from 1 - contrast to 1 + contrast
};
/// Another brightness and contrast for each image, the same for its channels. x has float32 or float64 pixels from 0 to
/// 1, and what leaves that range is clipped to it, so it is done before standardising. Both numbers are from 0 to 1.
[[nodiscard]] Var color_jitter(Operand x, ColorJitter strength, Random& random, bool training);

} // namespace xgrad::data
#pragma GCC visibility pop
