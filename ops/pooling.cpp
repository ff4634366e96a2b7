#include <xgrad/ops/pooling_ops.hpp>

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include <xgrad/core/structural.hpp>
#include <xgrad/core/threads.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/window_kernels.hpp>

namespace xgrad {
namespace {

Shape with_last(Shape shape, std::int64_t height, std::int64_t width) {
    shape[shape.rank() - 2] = static_cast<std::size_t>(height);
    shape[shape.rank() - 1] = static_cast<std::size_t>(width);
    return shape;
}

/// Calls f(plane) for each of the leading axes' places.
void for_each_plane(const Shape& image, auto f) {
    const std::size_t size = image.back() * image[image.rank() - 2];
    if (image.numel() == 0) return;
    const std::size_t planes = image.numel() / size;
    constexpr std::size_t worth_threads = 16384, of_a_task = 4096; // elements
    const std::size_t group = image.numel() < worth_threads ? planes : std::min(planes, of_a_task / size + 1);
    detail::for_each_task((planes + group - 1) / group, [&](std::size_t task, std::size_t) {
        for (std::size_t plane = task * group; plane < std::min(planes, (task + 1) * group); ++plane)
            f(plane);
    });
}

/// Calls f(window, from, first, last) for window row i and each of the windows' elements that is not in the padding: window j
/// from first up to last has it at from + j * stride.
template <class F>
void for_each_element(const Sliding& rows, const Sliding& columns, std::int64_t i, F f) {
    for (std::int64_t u = 0; u < rows.window; ++u) {
        const std::int64_t row = rows.at(i, u);
        if (row < 0 || row >= rows.extent) continue;
        for (std::int64_t v = 0; v < columns.window; ++v)
            f(row * columns.extent + columns.at(0, v), columns.first(v), columns.last(v));
    }
}

/// Memory of one thread; it is kept.
template <class T>
T* room(std::size_t size) {
    static thread_local std::vector<T> memory;
    if (memory.size() < size) memory.resize(size);
    return memory.data();
}

/// The plane with its padding around it, of minus infinities.
template <class T>
Channel<const T> padded(const Sliding& rows, const Sliding& columns, const T* x) {
    if (rows.inside() && columns.inside()) return {x, columns.extent};
    const std::int64_t leading = columns.padding + columns.reach(), height = rows.padding + rows.reach();
    T* to = room<T>(static_cast<std::size_t>(leading * height));
    std::fill_n(to, leading * height, -std::numeric_limits<T>::infinity());
    to += rows.padding * leading + columns.padding;
    for (std::int64_t row = 0; row < rows.extent; ++row)
        std::copy_n(x + row * columns.extent, columns.extent, to + row * leading);
    return {to, leading};
}

/// Where each window of the plane has its maximum, or -1.
template <class T>
const simd::Integer<T>* places_of_maxima(const Sliding& rows, const Sliding& columns, const T* x) {
    auto* places = room<simd::Integer<T>>(static_cast<std::size_t>(rows.count * columns.count));
    window_kernels<T>().places(rows, columns, padded(rows, columns, x), places);
    return places;
}

} // namespace

Shape MaxPool::shape(Types in) const { return with_last(in[1].shape, rows.count, columns.count); }

void MaxPool::eval(ConstArrays in, Array out) const {
    const Shape& image = in[1].shape();
    const auto from = static_cast<std::size_t>(rows.extent * columns.extent),
               to = static_cast<std::size_t>(rows.count * columns.count);
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *v = in[0].pointer<T>(), *x = in[1].pointer<T>();
        T* y = out.pointer<T>();
        for_each_plane(image, [&](std::size_t plane) {
            const T* values = v + plane * from;
            T* result = y + plane * to;
            if (v == x) return window_kernels<T>().maxima(rows, columns, padded(rows, columns, values), result);
            const auto* places = places_of_maxima(rows, columns, x + plane * from);
            for (std::size_t i = 0; i < to; ++i)
                result[i] = places[i] < 0 ? T(0) : values[places[i]];
        });
    });
}

std::array<Var, 2> MaxPool::vjp(Var g, Var, Var, Var x) const {
    return {record(MaxPoolSpread{rows, columns}, g, x), Var{}};
}
Var MaxPool::jvp(std::span<const Var> tangents, Var, std::span<const Var> inputs) const {
    return tangents[0].valid() ? record(*this, tangents[0], inputs[1]) : Var{};
}

void MaxPoolSpread::eval(ConstArrays in, Array out) const {
    const auto from = static_cast<std::size_t>(rows.extent * columns.extent),
               to = static_cast<std::size_t>(rows.count * columns.count);
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *g = in[0].pointer<T>(), *x = in[1].pointer<T>();
        T* y = out.pointer<T>();
        for_each_plane(out.shape(), [&](std::size_t plane) {
            T* sums = y + plane * from;
            const T* adjoints = g + plane * to;
            std::fill_n(sums, from, T(0));
            const auto* places = places_of_maxima(rows, columns, x + plane * from);
            for (std::size_t i = 0; i < to; ++i)
                if (places[i] >= 0) sums[places[i]] += adjoints[i];
        });
    });
}

std::array<Var, 2> MaxPoolSpread::vjp(Var u, Var, Var, Var x) const {
    return {record(MaxPool{rows, columns}, u, x), Var{}};
}
Var MaxPoolSpread::jvp(std::span<const Var> tangents, Var, std::span<const Var> inputs) const {
    return tangents[0].valid() ? record(*this, tangents[0], inputs[1]) : Var{};
}

namespace {

/// How many elements the windows along one axis have a mean over: those inside, or all up to the end of the padding.
std::vector<double> counts(const Sliding& s, bool include_padding) {
    std::vector<double> result;
    for (std::int64_t i = 0; i < s.count; ++i) {
        const std::int64_t begin = s.at(i, 0), end = std::min(begin + s.window, s.extent + s.padding);
        result.push_back(static_cast<double>(
            include_padding ? end - begin : std::min(end, s.extent) - std::max<std::int64_t>(begin, 0)));
    }
    return result;
}

} // namespace

Shape AvgPool::shape(Types in) const { return with_last(in[0].shape, rows.count, columns.count); }

void AvgPool::eval(ConstArrays in, Array out) const {
    const auto from = static_cast<std::size_t>(rows.extent * columns.extent),
               to = static_cast<std::size_t>(rows.count * columns.count);
    const std::vector<double> high = counts(rows, include_padding != 0), wide = counts(columns, include_padding != 0);
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* x = in[0].pointer<T>();
        T* y = out.pointer<T>();
        for_each_plane(in[0].shape(), [&](std::size_t plane) {
            const T* image = x + plane * from;
            for (std::int64_t i = 0; i < rows.count; ++i) {
                T* means = y + plane * to + static_cast<std::size_t>(i * columns.count);
                std::fill_n(means, columns.count, T(0));
                for_each_element(rows, columns, i, [&](std::int64_t at, std::int64_t first, std::int64_t last) {
                    for (std::int64_t j = first; j < last; ++j)
                        means[j] += image[at + j * columns.stride];
                });
                for (std::int64_t j = 0; j < columns.count; ++j)
                    means[j] /= static_cast<T>(high[static_cast<std::size_t>(i)] * wide[static_cast<std::size_t>(j)]);
            }
        });
    });
}

Var AvgPool::vjp(Var g, Var, Var) const { return record(AvgPoolSpread{rows, columns, include_padding}, g); }

Shape AvgPoolSpread::shape(Types in) const { return with_last(in[0].shape, rows.extent, columns.extent); }

void AvgPoolSpread::eval(ConstArrays in, Array out) const {
    const auto from = static_cast<std::size_t>(rows.count * columns.count),
               to = static_cast<std::size_t>(rows.extent * columns.extent);
    const std::vector<double> high = counts(rows, include_padding != 0), wide = counts(columns, include_padding != 0);
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* g = in[0].pointer<T>();
        T* y = out.pointer<T>();
        for_each_plane(out.shape(), [&](std::size_t plane) {
            T* image = y + plane * to;
            std::fill_n(image, to, T(0));
            std::vector<T> shares(static_cast<std::size_t>(columns.count));
            for (std::int64_t i = 0; i < rows.count; ++i) {
                const T* adjoints = g + plane * from + static_cast<std::size_t>(i * columns.count);
                for (std::size_t j = 0; j < shares.size(); ++j)
                    shares[j] = adjoints[j] / static_cast<T>(high[static_cast<std::size_t>(i)] * wide[j]);
                for_each_element(rows, columns, i, [&](std::int64_t at, std::int64_t first, std::int64_t last) {
                    for (std::int64_t j = first; j < last; ++j)
                        image[at + j * columns.stride] += shares[static_cast<std::size_t>(j)];
                });
            }
        });
    });
}

Var AvgPoolSpread::vjp(Var u, Var, Var) const { return record(AvgPool{rows, columns, include_padding}, u); }

// --- Recording -----------------------------------------------------------------------------------------------------

namespace {

struct Windows {
    Sliding rows, columns;
};

Windows windows(const char* op, const Operand& x, HeightWidth window, HeightWidth given, HeightWidth padding,
                HeightWidth dilation, bool ceil_mode) {
    const Shape& shape = x.shape();
    const HeightWidth stride = given == HeightWidth(0) ? window : given;
    auto fail = [&](const std::string& what) {
        throw Error(fmt::format("{}: {}; x is {} {}", op, what, name(x.dtype()), shape.str()), x.where);
    };
    if (shape.rank() < 2 || !is_floating(x.dtype())) fail("x must be (N, C, H, W) or (C, H, W), of float32 or float64");
    if (!are_within(window, 1) || !are_within(stride, 1) || !are_within(dilation, 1))
        fail(fmt::format("windows ({}, {}), strides ({}, {}) and dilations ({}, {}) must be positive, and none more "
                         "than 2^31",
                         window.height, window.width, stride.height, stride.width, dilation.height, dilation.width));
    auto slide = [&](std::size_t axis, std::int64_t window, std::int64_t stride, std::int64_t padding,
                     std::int64_t dilation) {
        const auto extent = static_cast<std::int64_t>(shape[axis]);
        if (padding < 0 || padding > window / 2)
            fail(fmt::format("a padding of {} was given; it must be from 0 to half the window, {}", padding,
                             window / 2));
        const std::int64_t reach = reach_of(window, dilation), left = extent + 2 * padding - reach;
        if (left < 0)
            fail(fmt::format("a window that reaches over {} does not fit into {} with padding {}", reach, extent,
                             padding));
        std::int64_t count = (left + (ceil_mode ? stride - 1 : 0)) / stride + 1;
        if (ceil_mode && (count - 1) * stride >= extent + padding) --count; // the last one would stand in the padding
        return Sliding{extent, window, stride, padding, dilation, count};
    };
    const Windows result{slide(shape.rank() - 2, window.height, stride.height, padding.height, dilation.height),
                         slide(shape.rank() - 1, window.width, stride.width, padding.width, dilation.width)};
    auto padded = [](const Sliding& s) { return s.padding + s.reach(); };
    checked_shape(op, {padded(result.rows), padded(result.columns)}, x.where);
    return result;
}

} // namespace

Var max_pool2d(Operand x, HeightWidth window, const MaxPool2dOptions& o) {
    const auto [rows, columns] = windows("max_pool2d", x, window, o.stride, o.padding, o.dilation, o.ceil_mode);
    if (rows.extent * columns.extent > std::numeric_limits<std::int32_t>::max())
        throw Error(
            fmt::format("max_pool2d: images of more than 2^31 elements are not supported; x is {}", x.shape().str()),
            x.where);
    return record(MaxPool{rows, columns}, x, x);
}

Var avg_pool2d(Operand x, HeightWidth window, const AvgPool2dOptions& o) {
    const auto [rows, columns] = windows("avg_pool2d", x, window, o.stride, o.padding, 1, o.ceil_mode);
    return record(AvgPool{rows, columns, o.count_include_pad}, x);
}

Var global_avg_pool2d(Operand x) {
    const Call call("global_avg_pool2d", x.where);
    return mean(x, {-2, -1}, keepdims);
}

Var global_max_pool2d(Operand x) {
    const Call call("global_max_pool2d", x.where);
    return max(x, {-2, -1}, keepdims);
}

} // namespace xgrad
