#include <xgrad/models/data/standardize.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>

namespace xgrad::data {
namespace {

/// Calls f(j, number) for each element j of each example.
template <class F>
void for_each_number(const ArraySet& set, F f) {
    const Type& type = set.feature_type();
    detail::visit(type.dtype, [&](auto zero) {
        for (std::size_t i = 0; i < set.size(); ++i) {
            const auto* row = reinterpret_cast<const decltype(zero)*>(set.features(i));
            for (std::size_t j = 0; j < type.shape.numel(); ++j)
                f(j, static_cast<double>(row[j]));
        }
    });
}

/// The shape (1, ...) of the means of such examples: 1 along the axes that are averaged over.
Shape shape_of_means(const Shape& example, const Dims& axes, Location where) {
    Shape shape(1);
    for (const std::size_t extent : example)
        shape.append(static_cast<std::int64_t>(extent), where);
    const auto rank = static_cast<std::int64_t>(shape.rank());
    bool first = false;
    for (const std::int64_t axis : axes) {
        if (axis < -rank || axis >= rank)
            throw Error(fmt::format("axis {} was given; {}", axis, axes_of_rank(shape.rank())), where);
        const auto positive = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
        shape[positive] = 1;
        first = first || positive == 0;
    }
    if (!first)
        throw Error(fmt::format("the axes {} were given; axis 0, of the examples, must be among them", axes.str()),
                    where);
    return shape;
}

xt::xarray<double> filled(const Shape& shape, double value) {
    auto array = xt::xarray<double>::from_shape(std::vector<std::size_t>(shape.begin(), shape.end()));
    array.fill(value);
    return array;
}

} // namespace

Standardize::Standardize(const Shape& example, const Dims& axes, double clip)
    : example_(example), part_(example.numel()), clip_(clip) {
    const Shape shape = shape_of_means(example, axes, {});
    mean_ = filled(shape, 0);
    scale_ = filled(shape, 1);
    const Shape means(std::span(shape.begin() + 1, shape.end()));
    const Layout layout = Layout::contiguous(means).broadcast_to(example);
    for (std::size_t j = 0; j < part_.size(); ++j)
        part_[j] = static_cast<std::size_t>(layout.place_of(j));
}

Standardize Standardize::fit(const ArraySet& training, StandardizeOptions options, Location where) {
    const Call call("fit", where);
    const Shape& example = training.feature_type().shape;
    if (training.size() == 0 || example.numel() == 0)
        throw Error(fmt::format("{} examples of shape {} were given; there must be numbers to average over",
                                training.size(), example.str()),
                    where);
    if (!(options.clip > 0)) throw Error(fmt::format("clip is {}; it must be a number above 0", options.clip), where);

    Standardize fitted(example, options.axes, options.clip);
    double *mean = fitted.mean_.data(), *scale = fitted.scale_.data();
    const std::size_t means = fitted.mean_.size();
    const double count = static_cast<double>(training.size() * example.numel()) / static_cast<double>(means);
    for_each_number(training, [&](std::size_t j, double number) { mean[fitted.part_[j]] += number; });
    for (std::size_t k = 0; k < means; ++k)
        mean[k] /= count;
    std::vector<double> variance(means);
    for_each_number(training, [&](std::size_t j, double number) {
        const double deviation = number - mean[fitted.part_[j]];
        variance[fitted.part_[j]] += deviation * deviation / count;
    });
    for (std::size_t k = 0; k < means; ++k) {
        if (!std::isfinite(variance[k]))
            throw Error(fmt::format("the numbers at {} of the means are not all finite, or too large to be squared",
                                    Shape(fitted.mean_.shape()).position(k)),
                        where);
        const bool constant = variance[k] <= 1e-14 * mean[k] * mean[k]; // what float32 cannot tell apart
        scale[k] = constant ? 0 : 1 / std::sqrt(variance[k]);
    }
    return fitted;
}

Standardize Standardize::fit(const Value& training, StandardizeOptions options, Location where) {
    const Call call("fit", where);
    return fit(ArraySet(training, where), options, where);
}

Standardize mean_image(const ArraySet& training, Location where) {
    const Call call("mean_image", where);
    Standardize fitted = Standardize::fit(training, {}, where);
    fitted.scale_.fill(1);
    return fitted;
}

void Standardize::check(const Type& x, Location where) const {
    if (x.shape.rank() != 0 && std::equal(x.shape.begin() + 1, x.shape.end(), example_.begin(), example_.end())) return;
    throw Error(fmt::format("x is {}; it was fitted on examples of shape {}, so x must be (N, ...) of these",
                            x.shape.str(), example_.str()),
                where);
}

Var Standardize::operator()(Operand x) const {
    const Call call("Standardize", x.where);
    check({x.dtype(), x.shape()}, x.where);
    const DType dtype = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
    const Var values = x.dtype() == DType::int64 ? cast(x, dtype) : x.var; // pixels are read as bytes
    Tape& tape = x.var.tape();
    const auto constant = [&](const xt::xarray<double>& numbers) {
        return dtype == DType::float64 ? tape.constant(numbers, x.where)
                                       : tape.constant(xt::xarray<float>(xt::cast<float>(numbers)), x.where);
    };
    const Var y = (values - constant(mean_)) * constant(scale_);
    return std::isinf(clip_) ? y : clip(y, -clip_, clip_);
}

template <class T>
xt::xarray<T> Standardize::apply(const Value& x, Location where) const {
    const Call call("apply", where);
    x.check();
    check(x.type(), where);
    auto y = xt::xarray<T>::from_shape(std::vector<std::size_t>(x.type().shape.begin(), x.type().shape.end()));
    detail::convert_elements(x.type().dtype, x.data(), y.size(), y.data());
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t part = part_[i % part_.size()];
        const double scaled = (static_cast<double>(y.data()[i]) - mean_.data()[part]) * scale_.data()[part];
        y.data()[i] = static_cast<T>(std::clamp(scaled, -clip_, clip_));
    }
    return y;
}
template xt::xarray<float> Standardize::apply(const Value& x, Location where) const;
template xt::xarray<double> Standardize::apply(const Value& x, Location where) const;

} // namespace xgrad::data
