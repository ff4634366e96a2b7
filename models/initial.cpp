#include <xgrad/models/initial.hpp>

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <xgrad/core/base/split_mix.hpp>

namespace xgrad::models {
namespace {

double uniform(std::uint64_t seed, std::uint64_t counter) {
    return open_unit_interval(split_mix(seed * 0xD1342543DE82EF95ull + (counter + 1) * split_mix_step));
}

double normal(std::uint64_t seed, std::uint64_t counter) { // Box and Muller
    const double u = uniform(seed, 2 * counter), v = uniform(seed, 2 * counter + 1);
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

/// An array whose element i is f(i), handed to `make`.
template <class T>
Var filled(const Shape& shape, auto f, auto make) {
    auto array = xt::xarray<T>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
    for (std::size_t i = 0; i < array.size(); ++i)
        array.data()[i] = static_cast<T>(f(i));
    return make(array);
}

Var filled(const Shape& shape, DType dtype, const std::string& name, Location where, auto f, auto make) {
    if (!is_floating(dtype))
        throw Error(fmt::format("\"{}\": the dtype is {}; it must be float32 or float64", name, xgrad::name(dtype)),
                    where);
    return dtype == DType::float32 ? filled<float>(shape, f, make) : filled<double>(shape, f, make);
}

} // namespace

Var normal_parameter(Tape& tape, const Shape& shape, double standard_deviation, std::uint64_t seed, DType dtype,
                     const std::string& name, Location where) {
    return filled(
        shape, dtype, name, where,
        [&](std::size_t i) { return standard_deviation == 0 ? 0 : standard_deviation * normal(seed, i); },
        [&](const auto& array) { return tape.parameter(array, name, where); });
}

Var filled_parameter(Tape& tape, const Shape& shape, double number, DType dtype, const std::string& name,
                     Location where) {
    return filled(
        shape, dtype, name, where, [&](std::size_t) { return number; },
        [&](const auto& array) { return tape.parameter(array, name, where); });
}

Var filled_state(Tape& tape, const Shape& shape, double number, DType dtype, const std::string& name, Location where) {
    return filled(
        shape, dtype, name, where, [&](std::size_t) { return number; },
        [&](const auto& array) { return tape.state(array, name, where); });
}

} // namespace xgrad::models
