#include <xgrad/models/layers.hpp>

#include <tuple>

#include <fmt/format.h>

#include <xgrad/models/parameter_pair.hpp>

namespace xgrad::models {

namespace {

template <std::size_t N>
constexpr const char* convolution_name = N == 1   ? "Convolution1d"
                                         : N == 2 ? "Convolution"
                                                  : "Convolution3d";

template <std::size_t N>
Var convolved(const ConvolutionOptions<N>& options, const auto&... operands) {
    if constexpr (N == 1)
        return conv1d(operands..., options);
    else if constexpr (N == 2)
        return conv2d(operands..., options);
    else
        return conv3d(operands..., options);
}

/// Of a normalization: each of their numbers goes into one.
std::pair<Var, Var> scale_and_shift(Tape& tape, const Shape& shape, const NormLayerOptions& o, Location where) {
    return parameter_pair(tape, {}, o, {"scale", shape, o.scale}, {"shift", shape, o.shift}, where);
}

/// A state of one number everywhere.
Var running(Tape& tape, const Shape& shape, double number, DType dtype, const std::string& name, Location where) {
    const auto filled = [&](auto zero) {
        auto array = xt::xarray<decltype(zero)>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
        array.fill(static_cast<decltype(zero)>(number));
        return tape.state(array, name, where);
    };
    return dtype == DType::float32 ? filled(0.0f) : filled(0.0);
}

} // namespace

template <std::size_t N>
ConvolutionOfAxes<N>::ConvolutionOfAxes(Tape& tape, std::size_t inputs, std::size_t outputs, PerAxis<N> window,
                                        ConvolutionOfAxesOptions<N> o, Location where)
    : geometry_(o.geometry) {
    const Call call(convolution_name<N>, where);
    const auto groups = static_cast<std::size_t>(o.geometry.groups);
    if (o.geometry.groups < 1 || inputs % groups != 0 || outputs % groups != 0 || window.least() < 1)
        throw Error(
            fmt::format(
                "{}: {} inputs and {} outputs in {} groups, windows {}; the groups must divide both, and all must be "
                "positive",
                convolution_name<N>, inputs, outputs, o.geometry.groups, Dims(window.each()).str()),
            where);
    Shape shape(outputs, inputs / groups);
    for (const std::int64_t extent : window.each())
        shape.append(extent, where);
    std::tie(weights_, bias_) = parameter_pair(tape, fans_of(shape), o, {"weights", shape, o.weights},
                                               {"bias", Shape(outputs), o.bias}, where);
}

template <std::size_t N>
Var ConvolutionOfAxes<N>::operator()(Operand x) const {
    const Call call(convolution_name<N>, x.where);
    return bias_.valid() ? convolved(geometry_, x, weights_, bias_) : convolved(geometry_, x, weights_);
}

template class ConvolutionOfAxes<1>;
template class ConvolutionOfAxes<2>;
template class ConvolutionOfAxes<3>;

BatchNorm::BatchNorm(Tape& tape, std::size_t channels, NormLayerOptions o, Location where) : options_(std::move(o)) {
    const Call call("BatchNorm", where);
    if (options_.name.empty()) options_.name = "batch_norm";
    const Shape shape(channels);
    std::tie(scale_, shift_) = scale_and_shift(tape, shape, options_, where);
    mean_ = running(tape, shape, 0, options_.dtype, options_.name + ".mean", where);
    variance_ = running(tape, shape, 1, options_.dtype, options_.name + ".variance", where);
}

Var BatchNorm::operator()(Operand x, bool training) {
    const Call call("BatchNorm", x.where);
    const BatchNormResult result = batch_norm(
        x, mean_, variance_, scale_, shift_,
        {.training = training, .momentum = options_.momentum, .epsilon = options_.epsilon, .group = options_.group});
    if (!training) return result.y;
    updates_ = {{mean_, result.mean}, {variance_, result.variance}};
    for (const Update& update : updates_)
        mean_.tape().update_with(result.y, update);
    return result.y;
}

LayerNorm::LayerNorm(Tape& tape, const Shape& shape, NormLayerOptions o, Location where) : epsilon_(o.epsilon) {
    const Call call("LayerNorm", where);
    if (o.name.empty()) o.name = "layer_norm";
    std::tie(scale_, shift_) = scale_and_shift(tape, shape, o, where);
}

Var LayerNorm::operator()(Operand x) const {
    const Call call("LayerNorm", x.where);
    return layer_norm(x, scale_, shift_, epsilon_);
}

Embedding::Embedding(Tape& tape, std::size_t count, std::size_t width, EmbeddingOptions o, Location where) {
    const Call call("Embedding", where);
    const Fans fans = fans_of(Shape(width, count));
    table_ = parameter(tape, Shape(count, width), o.table,
                       {.fans = fans, .seed = o.seed, .dtype = o.dtype, .name = o.name + ".table"}, where);
}

Var Embedding::operator()(Operand indices) const {
    const Call call("Embedding", indices.where);
    return embedding(table_, indices);
}

} // namespace xgrad::models
