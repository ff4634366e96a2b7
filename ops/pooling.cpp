// Recording pools: how the windows slide.

#include <xgrad/ops/pooling_ops.hpp>

#include <limits>

#include <fmt/format.h>

#include <xgrad/ops/reduce.hpp>

namespace xgrad {
namespace {

constexpr std::array spatial = {"L", "H, W", "D, H, W"};

/// The windows along each axis. The elements of an image with its padding can be counted.
template <std::size_t N>
std::array<Sliding, N> windows(const char* op, const Operand& x, const PerAxis<N>& window, const PerAxis<N>& given,
                               const Padding<N>& padding, const PerAxis<N>& dilation, bool ceil_mode) {
    const Shape& shape = x.shape();
    const PerAxis<N> stride = given == 0 ? window : given;
    auto fail = [&](const std::string& what) {
        throw Error(fmt::format("{}: {}; x is {} {}", op, what, name(x.dtype()), shape.str()), x.where);
    };
    if (shape.rank() < N || !is_floating(x.dtype()))
        fail(fmt::format("x must be (N, C, {0}) or (C, {0}), of float32 or float64", spatial[N - 1]));
    if (!are_within(window, 1) || !are_within(stride, 1) || !are_within(dilation, 1))
        fail(fmt::format("windows {}, strides {} and dilations {} must be positive, and none more than 2^31",
                         text_of(window.each()), text_of(stride.each()), text_of(dilation.each())));
    std::array<Sliding, N> result;
    Dims padded;
    for (std::size_t axis = 0; axis < N; ++axis) {
        const auto extent = static_cast<std::int64_t>(shape[shape.rank() - N + axis]);
        const Sides& sides = padding[axis];
        for (const std::int64_t side : {sides.before, sides.after})
            if (side < 0 || side > window[axis] / 2)
                fail(fmt::format("a padding of {} was given; it must be from 0 to half the window, {}", side,
                                 window[axis] / 2));
        const auto along = slide(extent, window[axis], stride[axis], sides, dilation[axis], padding.is_same(),
                                 ceil_mode);
        if (!along)
            fail(fmt::format("a window that reaches over {} does not fit into {} with padding {}",
                             reach_of(window[axis], dilation[axis]), extent, text_of(sides)));
        result[axis] = *along;
        padded.push_back(add_sat(along->padding.before, along->reach()));
    }
    checked_shape(op, padded, x.where);
    return result;
}

template <std::size_t N>
std::array<Sliding, N> windows_of_max_pool(const Operand& x, const PerAxis<N>& window, const MaxPoolOptions<N>& o) {
    const auto result = windows(MaxPool<N>::name, x, window, o.stride, o.padding, o.dilation, o.ceil_mode);
    std::int64_t elements = 1;
    for (const Sliding& axis : result)
        elements *= axis.extent;
    if (elements > std::numeric_limits<std::int32_t>::max())
        throw Error(fmt::format("{}: images of more than 2^31 elements are not supported; x is {}", MaxPool<N>::name,
                                x.shape().str()),
                    x.where);
    return result;
}

template <std::size_t N>
Var max_pool(const Operand& x, const PerAxis<N>& window, const MaxPoolOptions<N>& options) {
    return record(MaxPool<N>{windows_of_max_pool(x, window, options)}, x, x);
}

template <std::size_t N>
MaxPoolResult max_pool_with_indices(const Operand& x, const PerAxis<N>& window, const MaxPoolOptions<N>& options) {
    const auto axes = windows_of_max_pool(x, window, options);
    return {record(MaxPool<N>{axes}, x, x), record(MaxPoolIndices<N>{axes}, x)};
}

template <std::size_t N>
Var avg_pool(const Operand& x, const PerAxis<N>& window, const AvgPoolOptions<N>& o) {
    const auto axes = windows(AvgPool<N>::name, x, window, o.stride, o.padding, o.dilation, o.ceil_mode);
    return record(AvgPool<N>{axes, o.count_include_pad}, x);
}

} // namespace

Var max_pool1d(Operand x, PerAxis<1> window, const MaxPool1dOptions& options) { return max_pool(x, window, options); }
Var max_pool2d(Operand x, PerAxis<2> window, const MaxPool2dOptions& options) { return max_pool(x, window, options); }
Var max_pool3d(Operand x, PerAxis<3> window, const MaxPool3dOptions& options) { return max_pool(x, window, options); }

MaxPoolResult max_pool1d_with_indices(Operand x, PerAxis<1> window, const MaxPool1dOptions& options) {
    return max_pool_with_indices(x, window, options);
}
MaxPoolResult max_pool2d_with_indices(Operand x, PerAxis<2> window, const MaxPool2dOptions& options) {
    return max_pool_with_indices(x, window, options);
}
MaxPoolResult max_pool3d_with_indices(Operand x, PerAxis<3> window, const MaxPool3dOptions& options) {
    return max_pool_with_indices(x, window, options);
}

Var avg_pool1d(Operand x, PerAxis<1> window, const AvgPool1dOptions& options) { return avg_pool(x, window, options); }
Var avg_pool2d(Operand x, PerAxis<2> window, const AvgPool2dOptions& options) { return avg_pool(x, window, options); }
Var avg_pool3d(Operand x, PerAxis<3> window, const AvgPool3dOptions& options) { return avg_pool(x, window, options); }

Var global_avg_pool1d(Operand x) { return mean(x, -1, keepdims); }
Var global_max_pool1d(Operand x) { return max(x, -1, keepdims); }
Var global_avg_pool2d(Operand x) { return mean(x, {-2, -1}, keepdims); }
Var global_max_pool2d(Operand x) { return max(x, {-2, -1}, keepdims); }
Var global_avg_pool3d(Operand x) { return mean(x, {-3, -2, -1}, keepdims); }
Var global_max_pool3d(Operand x) { return max(x, {-3, -2, -1}, keepdims); }

} // namespace xgrad
