#include <xgrad/ops/normalization.hpp>

#include <fmt/format.h>

#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/collective.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/special.hpp>
#include <xgrad/ops/statistics.hpp>

namespace xgrad {
namespace {

Var scale_and_shift(Var y, Var scale, Var shift) {
    if (scale.valid()) y = y * scale;
    return shift.valid() ? y + shift : y;
}

} // namespace

Var normalize(Operand x, const Dims& axes, double epsilon) {
    const Call call("normalize", x.where);
    detail::require_floating("normalize", x);
    const Var centered = x - mean(x, axes, keepdims);
    return centered * rsqrt(mean(square(centered), axes, keepdims) + epsilon);
}

namespace {

/// The last axes of x, which the scale (and the shift) have the shape of.
Dims axes_of_scale(const char* op, const Operand& x, const Operand& scale, const Var& shift) {
    const Shape &shape = x.shape(), &last = scale.shape();
    const std::size_t skip = shape.rank() - last.rank();
    bool fits = last.rank() != 0 && last.rank() <= shape.rank();
    for (std::size_t axis = 0; fits && axis < last.rank(); ++axis)
        fits = last[axis] == shape[skip + axis];
    if (!fits || (shift.valid() && shift.shape() != last))
        throw Error(fmt::format("{}: x is {}, the scale {}{}; the shape of what scales and shifts must be that of x's "
                                "last axes, those to be normalized over",
                                op, shape.str(), last.str(), shift.valid() ? ", the shift " + shift.shape().str() : ""),
                    x.where);
    Dims axes;
    for (std::size_t axis = skip; axis < shape.rank(); ++axis)
        axes.push_back(static_cast<std::int64_t>(axis));
    return axes;
}

/// That what is given has one number for each channel of x (N, C, ...), of its dtype.
void require_channels(const char* op, const Operand& x, std::initializer_list<std::pair<const char*, Var>> given) {
    const Shape& shape = x.shape();
    if (shape.rank() < 2) throw Error(fmt::format("{}: x is {}; it must be (N, C, ...)", op, shape.str()), x.where);
    const Shape channels(shape[1]);
    for (const auto& [what, var] : given)
        if (var.valid() && (var.shape() != channels || var.dtype() != x.dtype()))
            throw Error(fmt::format("{}: the {} is {} {}, and x {} {}; it must be {} {}, one number for each channel",
                                    op, what, name(var.dtype()), var.shape().str(), name(x.dtype()), shape.str(),
                                    name(x.dtype()), channels.str()),
                        x.where);
}

/// (C) as (C, 1, 1...), which broadcasts against x (N, C, ...).
Var over_channels(Var v, const Shape& x) {
    if (!v.valid()) return v;
    Shape per_channel(x[1]);
    for (std::size_t axis = 2; axis < x.rank(); ++axis)
        per_channel.append(1);
    return reshape_to(v, per_channel);
}

Var normalized_groups(const char* op, const Operand& x, std::int64_t groups, Var scale, Var shift, double epsilon) {
    const Call call(op, x.where);
    const Shape& shape = x.shape();
    if (groups < 1 || static_cast<std::int64_t>(shape[1]) % groups != 0)
        throw Error(
            fmt::format("{}: {} groups do not divide the {} channels of x {}", op, groups, shape[1], shape.str()),
            x.where);
    const auto parts = static_cast<std::int64_t>(shape[0]) * groups;
    const auto size = parts == 0 ? 0 : static_cast<std::int64_t>(shape.numel()) / parts;
    if (size == 1)
        throw Error(fmt::format("{}: x is {}, with {} groups one value for each, which has no variance; use more "
                                "values or fewer groups",
                                op, shape.str(), groups),
                    x.where);
    const Var y = reshape_to(normalize(reshape_to(x, Shape(parts, size)), 1, epsilon), shape);
    return scale_and_shift(y, over_channels(scale, shape), over_channels(shift, shape));
}

} // namespace

Var layer_norm(Operand x, Operand scale, Operand shift, double epsilon) {
    const Call call("layer_norm", x.where);
    detail::require_floating("layer_norm", x);
    const Dims axes = axes_of_scale("layer_norm", x, scale, shift.var);
    return scale_and_shift(normalize(x, axes, epsilon), scale.var, shift.var);
}

Var rms_norm(Operand x, Operand scale, double epsilon) {
    const Call call("rms_norm", x.where);
    detail::require_floating("rms_norm", x);
    const Dims axes = axes_of_scale("rms_norm", x, scale, {});
    return x * rsqrt(mean(square(x), axes, keepdims) + epsilon) * scale;
}

Var group_norm(Operand x, std::int64_t groups, Var scale, Var shift, double epsilon) {
    const Call call("group_norm", x.where);
    detail::require_floating("group_norm", x);
    require_channels("group_norm", x, {{"scale", scale}, {"shift", shift}});
    return normalized_groups("group_norm", x, groups, scale, shift, epsilon);
}

Var instance_norm(Operand x, Var scale, Var shift, double epsilon) {
    const Call call("instance_norm", x.where);
    detail::require_floating("instance_norm", x);
    require_channels("instance_norm", x, {{"scale", scale}, {"shift", shift}});
    const auto channels = static_cast<std::int64_t>(x.shape()[1]);
    return normalized_groups("instance_norm", x, std::max<std::int64_t>(1, channels), scale, shift, epsilon);
}

BatchNormResult batch_norm(Operand x, Var running_mean, Var running_variance, Var scale, Var shift,
                           const BatchNormOptions& o) {
    const Call call("batch_norm", x.where);
    detail::require_floating("batch_norm", x);
    require_channels(
        "batch_norm", x,
        {{"running mean", running_mean}, {"running variance", running_variance}, {"scale", scale}, {"shift", shift}});
    const Shape& shape = x.shape();
    const Shape channels(shape[1]);
    if (!o.training && (!running_mean.valid() || !running_variance.valid()))
        throw Error("batch_norm: without training it needs a running mean and a running variance, and was given none",
                    x.where);

    auto over_channels = [&](Var v) { return xgrad::over_channels(v, shape); };
    if (!o.training) {
        const Var y = (x - over_channels(running_mean)) * rsqrt(over_channels(running_variance) + o.epsilon);
        return {scale_and_shift(y, over_channels(scale), over_channels(shift)), running_mean, running_variance};
    }
    Dims axes(0);
    for (std::size_t axis = 2; axis < shape.rank(); ++axis)
        axes.push_back(static_cast<std::int64_t>(axis));
    const std::size_t parts = o.group ? participants(*o.group, x.where) : 1;
    const auto count = static_cast<double>(parts * shape.numel() / std::max<std::size_t>(1, shape[1]));
    if (count <= 1)
        throw Error(
            fmt::format(
                "batch_norm: x is {}, one value for each channel, which has no variance; train with more than one",
                shape.str()),
            x.where);
    const auto mean_of = [&](Var v) {
        const Var own = xgrad::mean(v, axes, keepdims);
        return o.group ? all_mean(own, *o.group) : own;
    };
    const Var mean = mean_of(x.var), centered = x - mean, variance = mean_of(square(centered));
    BatchNormResult result{
        scale_and_shift(centered * rsqrt(variance + o.epsilon), over_channels(scale), over_channels(shift)), {}, {}};
    auto moved = [&](Var running, Var batch) {
        return running.valid() ? (1 - o.momentum) * running + o.momentum * reshape_to(stop_gradient(batch), channels)
                               : running;
    };
    result.mean = moved(running_mean, mean);
    result.variance = moved(running_variance, variance * (count / (count - 1)));
    return result;
}

Var embedding(Operand table, Operand indices) {
    const Call call("embedding", table.where);
    if (table.dtype() == DType::int64 && indices.var.valid() && is_floating(indices.dtype()))
        throw Error(fmt::format("embedding: {} {} were given as indices of int64 {}; the table comes first: "
                                "embedding(table, indices)",
                                name(indices.dtype()), indices.shape().str(), table.shape().str()),
                    table.where);
    if (table.shape().rank() != 2)
        throw Error(fmt::format("embedding: the table is {}; it must be (count, width)", table.shape().str()),
                    table.where);
    return take(table, indices, 0);
}

} // namespace xgrad
