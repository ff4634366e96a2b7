#include <xgrad/models/linear.hpp>

#include <cmath>
#include <numbers>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/linalg.hpp>

namespace xgrad::models {
namespace {

/// A counter-based generator (SplitMix64): the same numbers on every machine and with every standard library.
double uniform(std::uint64_t seed, std::uint64_t counter) {
    std::uint64_t z = seed * 0xD1342543DE82EF95ull + (counter + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    return (static_cast<double>(z >> 11) + 0.5) * 0x1p-53;
}

double normal(std::uint64_t seed, std::uint64_t counter) { // Box and Muller
    const double u = uniform(seed, 2 * counter), v = uniform(seed, 2 * counter + 1);
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

template <class T>
Var initial_weights(Tape& tape, std::size_t inputs, std::size_t outputs, const LinearOptions& o, Location where) {
    auto w = xt::xarray<T>::from_shape({inputs, outputs});
    const double scale = o.zero ? 0 : o.scale > 0 ? o.scale : std::sqrt(1.0 / static_cast<double>(inputs));
    for (std::size_t i = 0; i < w.size(); ++i)
        w.data()[i] = scale == 0 ? T(0) : static_cast<T>(scale * normal(o.seed, i));
    return tape.parameter(w, o.name + ".weights", where);
}

template <class T>
Var initial_bias(Tape& tape, std::size_t outputs, const LinearOptions& o, Location where) {
    auto b = xt::xarray<T>::from_shape({outputs});
    b.fill(T(0));
    return tape.parameter(b, o.name + ".bias", where);
}

} // namespace

Linear::Linear(Tape& tape, std::size_t inputs, std::size_t outputs, LinearOptions options, Location where) {
    if (!is_floating(options.dtype)) throw Error("Linear: the dtype must be float32 or float64", where);
    const bool single = options.dtype == DType::float32;
    weights_ = single ? initial_weights<float>(tape, inputs, outputs, options, where)
                      : initial_weights<double>(tape, inputs, outputs, options, where);
    bias_ = single ? initial_bias<float>(tape, outputs, options, where)
                   : initial_bias<double>(tape, outputs, options, where);
}

Var Linear::operator()(Operand x) const {
    const At at(x);
    return matmul(x, weights_) + bias_;
}

} // namespace xgrad::models
