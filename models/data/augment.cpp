#include <xgrad/models/data/augment.hpp>

#include <fmt/format.h>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::data {
namespace {

void check_images(const Operand& x) {
    if (x.shape().rank() != 4)
        throw Error(fmt::format("x is {}; it must be images (N, C, H, W)", x.shape().str()), x.where);
}

/// Of each image `count` rows from a place of its own on, one of 0 .. places - 1. Rows are taken whole: that is much
/// faster than pixel by pixel.
Var rows_from_anywhere(Var x, std::size_t count, std::int64_t places, Random& random, Location where) {
    const auto extent = [&](std::size_t axis) { return static_cast<std::int64_t>(x.shape()[axis]); };
    const std::int64_t images = extent(0), channels = extent(1), height = extent(2), width = extent(3);
    const auto numbers = [&](std::int64_t n) {
        return arange(x.tape(), 0, static_cast<double>(n), 1, DType::int64, where);
    };
    const Var first = reshape(numbers(images * channels), {images, channels, 1}) * height;
    const Var start = random.integers(Shape(images, 1, 1), 0, places, where);
    return take(reshape(x, {images * channels * height, width}),
                first + start + numbers(static_cast<std::int64_t>(count)), 0);
}

Var factors(const Operand& x, double spread, Random& random) {
    return random.uniform(Shape(x.shape()[0], 1, 1, 1), 1 - spread, 1 + spread, x.dtype(), x.where);
}

} // namespace

Var random_flip(Operand x, double probability, Random& random, bool training) {
    const Call call("random_flip", x.where);
    check_images(x);
    if (!(probability >= 0 && probability <= 1))
        throw Error(fmt::format("a probability of {} was given; it must be from 0 to 1", probability), x.where);
    if (!training) return x.var;
    const Var flipped = random.bernoulli(Shape(x.shape()[0], 1, 1, 1), probability, x.where);
    return where(flipped, flip(x, 3), x);
}

Var random_crop(Operand x, std::int64_t padding, Random& random, bool training, double value) {
    const Call call("random_crop", x.where);
    check_images(x);
    constexpr std::int64_t most = 1 << 20;
    if (padding < 0 || padding > most)
        throw Error(fmt::format("a padding of {} pixels was given; it must be from 0 to {}", padding, most), x.where);
    if (!training || padding == 0) return x.var;
    const std::size_t height = x.shape()[2], width = x.shape()[3];
    Var y = pad(x, {{0, 0}, {0, 0}, {padding, padding}, {padding, padding}}, value);
    y = rows_from_anywhere(y, height, 2 * padding + 1, random, x.where);
    y = rows_from_anywhere(swap_axes(y, 2, 3), width, 2 * padding + 1, random, x.where);
    return swap_axes(y, 2, 3);
}

Var color_jitter(Operand x, ColorJitter strength, Random& random, bool training) {
    const Call call("color_jitter", x.where);
    check_images(x);
    if (!is_floating(x.dtype()))
        throw Error(fmt::format("x is {} {}; it must be float32 or float64 from 0 to 1, as 8-bit pixels divided by 255",
                                name(x.dtype()), x.shape().str()),
                    x.where);
    for (const double spread : {strength.brightness, strength.contrast})
        if (!(spread >= 0 && spread <= 1))
            throw Error(fmt::format("a brightness of {} and a contrast of {} were given; both must be from 0 to 1",
                                    strength.brightness, strength.contrast),
                        x.where);
    if (!training) return x.var;
    Var y = x.var;
    if (strength.brightness > 0) y = y * factors(x, strength.brightness, random);
    if (strength.contrast > 0) {
        const Var middle = mean(y, {1, 2, 3}, keepdims);
        y = middle + (y - middle) * factors(x, strength.contrast, random);
    }
    return clip(y, 0, 1);
}

} // namespace xgrad::data
