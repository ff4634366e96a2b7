#include <xgrad/models/initializers.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <xgrad/core/base/split_mix.hpp>

namespace xgrad::models {

Fans fans_of(const Shape& weights) {
    if (weights.rank() < 2) return {};
    const auto extent = [&](std::size_t axis) { return static_cast<double>(weights[axis]); };
    Fans fans{extent(0), extent(1)};
    if (weights.rank() > 2) {
        fans = {extent(1), extent(0)};
        for (std::size_t axis = 2; axis < weights.rank(); ++axis)
            fans.inputs *= extent(axis), fans.outputs *= extent(axis);
    }
    return {std::max(fans.inputs, 1.0), std::max(fans.outputs, 1.0)};
}

Draw::Draw(std::uint64_t seed, std::uint64_t index) {
    const std::uint64_t counter = seed * 0xD1342543DE82EF95ull + (2 * index + 1) * split_mix_step;
    first_ = split_mix(counter);
    second_ = split_mix(counter + split_mix_step);
}

double Draw::uniform(double low, double high) const { return std::lerp(low, high, open_unit_interval(first_)); }

double Draw::normal() const {
    const double u = open_unit_interval(first_), v = open_unit_interval(second_);
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

Initializer none() { return {}; }
Initializer zeros() { return constant(0); }
Initializer constant(double number) {
    return [=](Fans, Draw) { return number; };
}
Initializer uniform(double low, double high) {
    return [=](Fans, Draw draw) { return draw.uniform(low, high); };
}
Initializer normal(double standard_deviation) {
    return [=](Fans, Draw draw) { return standard_deviation * draw.normal(); };
}

Initializer xavier_uniform(double gain) {
    return
        [=](Fans fans, Draw draw) { return gain * std::sqrt(6 / (fans.inputs + fans.outputs)) * draw.uniform(-1, 1); };
}
Initializer xavier_normal(double gain) {
    return [=](Fans fans, Draw draw) { return gain * std::sqrt(2 / (fans.inputs + fans.outputs)) * draw.normal(); };
}
Initializer he_uniform() {
    return [](Fans fans, Draw draw) { return std::sqrt(6 / fans.inputs) * draw.uniform(-1, 1); };
}
Initializer he_normal() {
    return [](Fans fans, Draw draw) { return std::sqrt(2 / fans.inputs) * draw.normal(); };
}
Initializer lecun_normal() {
    return [](Fans fans, Draw draw) { return std::sqrt(1 / fans.inputs) * draw.normal(); };
}
Initializer fan_in_uniform() {
    return [](Fans fans, Draw draw) { return std::sqrt(1 / fans.inputs) * draw.uniform(-1, 1); };
}

namespace {

template <class T>
Var filled(Tape& tape, const Shape& shape, const Initializer& initializer, const ParameterOptions& o, Location where) {
    const Fans fans = o.fans.value_or(fans_of(shape));
    auto array = xt::xarray<T>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
    for (std::size_t i = 0; i < array.size(); ++i) {
        const double number = initializer(fans, Draw(o.seed, o.first_index + i));
        array.data()[i] = static_cast<T>(number);
        if (!std::isfinite(array.data()[i]))
            throw Error(fmt::format("\"{}\" would start with {} at {}; its initializer must give finite numbers that "
                                    "{} holds",
                                    o.name, number, shape.position(i), name(o.dtype)),
                        where);
    }
    return tape.parameter(array, o.name, where);
}

} // namespace

Var parameter(Tape& tape, const Shape& shape, const Initializer& initializer, const ParameterOptions& o,
              Location where) {
    const Call call("parameter", where);
    if (!is_floating(o.dtype))
        throw Error(fmt::format("the dtype of \"{}\" is {}; it must be float32 or float64", o.name, name(o.dtype)),
                    where);
    if (!initializer)
        throw Error(
            fmt::format(
                "\"{}\" has no initializer, and only a bias or a shift may have none(); give it one, as zeros()",
                o.name),
            where);
    const auto make = o.dtype == DType::float32 ? filled<float> : filled<double>;
    return make(tape, shape, initializer, o, where);
}

} // namespace xgrad::models
