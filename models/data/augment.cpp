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

constexpr std::int64_t height_axis = 2, width_axis = 3;

void check_images(const Operand& x) {
    if (x.shape().rank() != 4)
        throw Error(fmt::format("x is {}; it must be images (N, C, H, W)", x.shape().str()), x.where);
}

/// Every image's pixels along an axis from a place of its own on, one of 0 .. places - 1, as many as `extent`.
Var window(Var x, std::int64_t axis, std::int64_t extent, std::int64_t places, Random& random, Location where) {
    const auto images = static_cast<std::int64_t>(x.shape()[0]);
    const Var starts = random.integers(Shape(images, 1, 1, 1), 0, places, where);
    Dims along{1, 1, 1, 1};
    along[static_cast<std::size_t>(axis)] = extent;
    const Var steps = arange(x.tape(), 0, static_cast<double>(extent), 1, DType::int64, where);
    return take_along_axis(x, starts + reshape(steps, along), axis);
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
    return where(flipped, flip(x, width_axis), x);
}

Var random_crop(Operand x, std::int64_t padding, Random& random, bool training, double value) {
    const Call call("random_crop", x.where);
    check_images(x);
    constexpr std::int64_t most = 1 << 20;
    if (padding < 0 || padding > most)
        throw Error(fmt::format("a padding of {} pixels was given; it must be from 0 to {}", padding, most), x.where);
    if (!training || padding == 0) return x.var;
    const Shape shape = x.shape();
    Var y = pad(x, {{0, 0}, {0, 0}, {padding, padding}, {padding, padding}}, value);
    for (const std::int64_t axis : {height_axis, width_axis})
        y = window(y, axis, static_cast<std::int64_t>(shape[static_cast<std::size_t>(axis)]), 2 * padding + 1, random,
                   x.where);
    return y;
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
        const Var middle = mean(y, {1, height_axis, width_axis}, keepdims);
        y = middle + (y - middle) * factors(x, strength.contrast, random);
    }
    return clip(y, 0, 1);
}

} // namespace xgrad::data
