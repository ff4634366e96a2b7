// Recording convolutions: what fits together, and how the windows slide.

#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/ops/convolution_ops.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>

namespace xgrad {
namespace {

std::int64_t signed_extent(const Shape& shape, std::size_t axis) { return static_cast<std::int64_t>(shape[axis]); }

constexpr std::array spatial = {"L", "H, W", "D, H, W"}, of_window = {"l", "h, w", "d, h, w"};

/// What convolutions of N dimensions and their adjoints have in common: their operands and options are checked.
template <std::size_t N>
struct Request {
    const char* name;
    const Operand &x, &weights;
    PerAxis<N> stride, dilation;
    Padding<N> padding;
    std::int64_t groups;

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(fmt::format("{}: {}; x is {} {}, the weights are {} {}", name, what, xgrad::name(x.dtype()),
                                x.shape().str(), xgrad::name(weights.dtype()), weights.shape().str()),
                    x.where);
    }

    void check() const {
        const std::size_t rank = x.shape().rank();
        if ((rank != N + 1 && rank != N + 2) || weights.shape().rank() != N + 2)
            fail(fmt::format("x must be (N, C, {0}) or (C, {0}), and the weights (K, C / groups, {1})", spatial[N - 1],
                             of_window[N - 1]));
        if (!is_floating(x.dtype()) || !is_floating(weights.dtype()))
            fail("both must be float32, or both float64; cast what is neither");
        if (x.dtype() != weights.dtype()) fail(detail::advice_to_cast(x.dtype(), weights.dtype()));
        bool good = are_within(stride, 1) && are_within(dilation, 1) && groups >= 1;
        for (const Sides& sides : padding.each())
            good = good && are_within(HeightWidth(sides.before, sides.after), 0);
        if (!good)
            fail(fmt::format("strides {}, dilations {} and groups {} must be positive, paddings {} not negative, and "
                             "none more than 2^31",
                             text_of(stride.each()), text_of(dilation.each()), groups, text_of(padding.each())));
        for (std::size_t axis = 0; axis < N; ++axis)
            if (window(axis) == 0) fail("the windows are empty");
    }

    /// That x has as many channels as the weights say. Which of the two is wrong, only the user knows.
    void check_channels(std::int64_t of_weights, const char* layout) const {
        if (of_weights == channels()) return;
        const bool one = x.shape().rank() == N + 1;
        std::string advice;
        if (one && of_weights == 1)
            advice = "; several of one channel need an axis for it: expand_dims(x, 1)";
        else if (signed_extent(x.shape(), x.shape().rank() - 1) == of_weights)
            advice = fmt::format("; where the channels stand last, moveaxis(x, -1, {}) puts them first", one ? 0 : 1);
        fail(fmt::format("x has {} channels as {}, and the weights {} are for {}{}", channels(),
                         fmt::format("({}C, {})", one ? "" : "N, ", spatial[N - 1]), layout, of_weights, advice));
    }

    std::int64_t window(std::size_t axis) const { return signed_extent(weights.shape(), 2 + axis); }
    std::int64_t extent(std::size_t axis) const { return signed_extent(x.shape(), x.shape().rank() - N + axis); }
    std::int64_t channels() const { return signed_extent(x.shape(), x.shape().rank() - N - 1); }

    /// Records op of x, one image as a batch of one.
    template <class Op>
    Var record_batch(const Op& op) const {
        if (x.shape().rank() == N + 2) return record(op, x.var, weights);
        Dims batch(1), image;
        for (const std::size_t extent : x.shape())
            batch.push_back(static_cast<std::int64_t>(extent));
        const Var y = record(op, reshape_to(x, Shape(batch)), weights);
        for (std::size_t axis = 1; axis < y.shape().rank(); ++axis)
            image.push_back(signed_extent(y.shape(), axis));
        return reshape_to(y, Shape(image));
    }
};

template <std::size_t N>
Var convolution(const Operand& x, const Operand& weights, const ConvolutionOptions<N>& o) {
    const Call call(Convolution<N>::name, x.where);
    const Request<N> r{Convolution<N>::name, x, weights, o.stride, o.dilation, o.padding, o.groups};
    r.check();
    const Shape& w = weights.shape();
    if (r.channels() % o.groups != 0 || signed_extent(w, 0) % o.groups != 0)
        r.fail(fmt::format("the groups must divide the {} channels of x and the {} of the result, and are {}",
                           r.channels(), w[0], o.groups));
    r.check_channels(mul_sat(signed_extent(w, 1), o.groups), "(K, C / groups, ...)");
    Convolution<N> op{{}, o.groups};
    for (std::size_t axis = 0; axis < N; ++axis) {
        const auto windows = slide(r.extent(axis), r.window(axis), o.stride[axis], o.padding[axis], o.dilation[axis],
                                   o.padding.is_same());
        if (!windows)
            r.fail(fmt::format("a window that reaches over {} does not fit into {} with padding {}",
                               reach_of(r.window(axis), o.dilation[axis]), r.extent(axis), text_of(o.padding[axis])));
        op.axes[axis] = *windows;
    }
    return r.record_batch(op);
}

template <std::size_t N>
Var convolution(const Operand& x, const Operand& weights, const Operand& bias, const ConvolutionOptions<N>& o) {
    const Call call(Convolution<N>::name, x.where);
    const Var y = convolution(x, weights, o);
    if (bias.is_number) return y + bias;
    const Type wanted{y.dtype(), Shape(weights.shape()[0])}, given{bias.dtype(), bias.shape()};
    if (given != wanted)
        throw Error(fmt::format("{}: the bias is {} {}; it must be {} {}, one number for each output channel of the "
                                "weights {}",
                                Convolution<N>::name, name(given.dtype), given.shape.str(), name(wanted.dtype),
                                wanted.shape.str(), weights.shape().str()),
                    bias.where);
    Shape per_channel(bias.shape()[0]);
    for (std::size_t axis = 0; axis < N; ++axis)
        per_channel.append(1);
    return y + reshape_to(bias, per_channel);
}

template <std::size_t N>
Var transposed_convolution(const Operand& x, const Operand& weights, const ConvolutionTransposeOptions<N>& o) {
    constexpr auto name = std::array{"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"}[N - 1];
    const Call call(name, x.where);
    const Request<N> r{name, x, weights, o.stride, o.dilation, o.padding, o.groups};
    r.check();
    const Shape& w = weights.shape();
    if (r.channels() % o.groups != 0)
        r.fail(fmt::format("the groups must divide the {} channels of x, and are {}", r.channels(), o.groups));
    r.check_channels(signed_extent(w, 0), "(K, C / groups, ...)");
    if (o.padding.is_same() && o.output_padding != 0)
        r.fail(fmt::format("an output padding {} was given with same_padding, which has its extent by itself",
                           text_of(o.output_padding.each())));
    ConvolutionImages<N> op{{}, o.groups};
    Dims result(x.shape().rank() == N + 2 ? signed_extent(x.shape(), 0) : 1, mul_sat(signed_extent(w, 1), o.groups));
    for (std::size_t axis = 0; axis < N; ++axis) {
        const std::int64_t count = r.extent(axis), reach = reach_of(r.window(axis), o.dilation[axis]),
                           more = o.output_padding[axis];
        Sides padding = o.padding[axis];
        std::int64_t extent = 0;
        if (o.padding.is_same()) { // the extent that a convolution takes to `count`
            extent = mul_sat(count, o.stride[axis]);
            const std::int64_t total = std::max<std::int64_t>(0, reach - o.stride[axis]);
            padding = Sides(total / 2, total - total / 2);
        } else
            extent = add_sat(add_sat(mul_sat(count - 1, o.stride[axis]), reach),
                             add_sat(more, -(padding.before + padding.after)));
        if (more < 0 || more >= std::max(o.stride[axis], o.dilation[axis]) || extent < 1)
            r.fail(fmt::format("padding {} and output padding {} do not fit: the output padding must be less than the "
                               "stride or the dilation, and something must be left of the result",
                               text_of(padding), more));
        op.axes[axis] = {extent, r.window(axis), o.stride[axis], padding, o.dilation[axis], count};
        result.push_back(extent);
    }
    checked_shape(name, result, x.where);
    return r.record_batch(op);
}

} // namespace

Var conv1d(Operand x, Operand weights, const Conv1dOptions& options) { return convolution(x, weights, options); }
Var conv2d(Operand x, Operand weights, const Conv2dOptions& options) { return convolution(x, weights, options); }
Var conv3d(Operand x, Operand weights, const Conv3dOptions& options) { return convolution(x, weights, options); }

Var conv1d(Operand x, Operand weights, Operand bias, const Conv1dOptions& options) {
    return convolution(x, weights, bias, options);
}
Var conv2d(Operand x, Operand weights, Operand bias, const Conv2dOptions& options) {
    return convolution(x, weights, bias, options);
}
Var conv3d(Operand x, Operand weights, Operand bias, const Conv3dOptions& options) {
    return convolution(x, weights, bias, options);
}

Var conv_transpose1d(Operand x, Operand weights, const ConvTranspose1dOptions& options) {
    return transposed_convolution(x, weights, options);
}
Var conv_transpose2d(Operand x, Operand weights, const ConvTranspose2dOptions& options) {
    return transposed_convolution(x, weights, options);
}
Var conv_transpose3d(Operand x, Operand weights, const ConvTranspose3dOptions& options) {
    return transposed_convolution(x, weights, options);
}

} // namespace xgrad
