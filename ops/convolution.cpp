// Convolution as products of matrices: the elements under each window become a column (of a piece of one image that fits into
// the second cache), and the weights a matrix.

#include <xgrad/ops/convolution_ops.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/blas.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/core/threads.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/window_kernels.hpp>

namespace xgrad {
namespace {

std::int64_t signed_extent(const Shape& shape, std::size_t axis) { return static_cast<std::int64_t>(shape[axis]); }

/// The extents of a convolution, and the matrices of one image and one group.
struct Geometry {
    Sliding rows, columns;
    std::size_t images, groups, in, out; // channels of one group
    std::size_t window, places, image;   // elements of a window, windows of an image, elements of an image's channel
    DType dtype;

    Geometry(const Sliding& rows, const Sliding& columns, std::int64_t groups, const Shape& x, const Shape& weights,
             DType dtype)
        : rows(rows), columns(columns), images(x[0]), groups(static_cast<std::size_t>(groups)), in(weights[1]),
          out(weights[0] / static_cast<std::size_t>(groups)), window(weights[2] * weights[3]),
          places(static_cast<std::size_t>(rows.count * columns.count)),
          image(static_cast<std::size_t>(rows.extent * columns.extent)), dtype(dtype) {}

    std::size_t depth() const { return in * window; } // rows of the matrix of columns
    std::size_t element() const { return size_of(dtype); }
    /// Windows that stand in the same order as the image's own elements need not be copied.
    bool is_image() const {
        return window == 1 && rows.stride == 1 && columns.stride == 1 && rows.padding == 0 && columns.padding == 0;
    }
    /// Rows of windows whose columns fit into the second cache.
    std::int64_t piece() const {
        if (is_image()) return rows.count;
        constexpr std::size_t cache = 256 << 10;
        const std::size_t row_bytes = depth() * static_cast<std::size_t>(columns.count) * element();
        return std::clamp<std::int64_t>(static_cast<std::int64_t>(cache / std::max<std::size_t>(1, row_bytes)), 1,
                                        std::max<std::int64_t>(1, rows.count));
    }
    /// Elements of one channel in the matrix of columns of those rows of windows
    std::size_t channel_columns(std::int64_t begin, std::int64_t end) const {
        return window * static_cast<std::size_t>((end - begin) * columns.count);
    }
    std::size_t piece_columns() const { return static_cast<std::size_t>(piece() * columns.count); }
    bool worth_threads() const { return images * groups * places * depth() * out > 200000; }
};

/// Memory for the columns of one thread; it is kept.
std::byte* room(std::size_t bytes) {
    static thread_local std::vector<std::byte> memory;
    if (memory.size() < bytes) memory.resize(bytes);
    return memory.data();
}

template <class T>
void to_columns(const Geometry& g, const T* image, std::int64_t begin, std::int64_t end, T* columns) {
    for (std::size_t c = 0; c < g.in; ++c, image += g.image, columns += g.channel_columns(begin, end))
        window_kernels<T>().to_columns(g.rows, g.columns, {image, g.columns.extent}, begin, end, columns);
}

/// Adds what stands in the columns where it came from.
template <class T>
void add_columns(const Geometry& g, const T* columns, std::int64_t begin, std::int64_t end, T* image) {
    for (std::size_t c = 0; c < g.in; ++c, image += g.image, columns += g.channel_columns(begin, end))
        window_kernels<T>().add_columns(g.rows, g.columns, columns, begin, end, {image, g.columns.extent});
}

void share_out(const Geometry& g, std::size_t tasks, auto task) {
    if (g.worth_threads() && tasks > 1)
        detail::for_each_task(tasks, [&](std::size_t i, std::size_t) { task(i); });
    else
        for (std::size_t i = 0; i < tasks; ++i)
            task(i);
}

/// Calls f(begin, end, columns, leading) for the pieces of one image and group, with its columns.
template <class T, class F>
void for_each_piece(const Geometry& g, const T* image, F f) {
    if (g.is_image()) return f(std::int64_t{0}, g.rows.count, image, g.places);
    T* columns = reinterpret_cast<T*>(room(g.depth() * g.piece_columns() * sizeof(T)));
    for (std::int64_t begin = 0; begin < g.rows.count; begin += g.piece()) {
        const std::int64_t end = std::min(begin + g.piece(), g.rows.count);
        to_columns(g, image, begin, end, columns);
        f(begin, end, static_cast<const T*>(columns), static_cast<std::size_t>((end - begin) * g.columns.count));
    }
}

} // namespace

Shape Convolution::shape(Types in) const { return Shape(in[0].shape[0], in[1].shape[0], rows.count, columns.count); }

void Convolution::eval(ConstArrays in, Array out) const {
    const Geometry g(rows, columns, groups, in[0].shape(), in[1].shape(), out.dtype());
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *x = in[0].pointer<T>(), *w = in[1].pointer<T>();
        T* y = out.pointer<T>();
        share_out(g, g.images * g.groups, [&](std::size_t task) {
            const std::size_t group = task % g.groups;
            T* to = y + task * g.out * g.places;
            for_each_piece(g, x + task * g.in * g.image,
                           [&](std::int64_t begin, std::int64_t, const T* columns, std::size_t n) {
                               gemm({.dtype = g.dtype,
                                     .m = g.out,
                                     .n = n,
                                     .k = g.depth(),
                                     .transpose_a = false,
                                     .transpose_b = false,
                                     .a = w + group * g.out * g.depth(),
                                     .lda = g.depth(),
                                     .b = columns,
                                     .ldb = n,
                                     .c = to + begin * this->columns.count,
                                     .ldc = g.places});
                           });
        });
    });
}

std::array<Var, 2> Convolution::vjp(Var g, Var, Var x, Var weights) const {
    return {record(ConvolutionImages{rows, columns, groups}, g, weights),
            record(ConvolutionWeights{rows, columns, groups}, x, g)};
}

Shape ConvolutionImages::shape(Types in) const {
    return Shape(in[0].shape[0], signed_extent(in[1].shape, 1) * groups, rows.extent, columns.extent);
}

void ConvolutionImages::eval(ConstArrays in, Array out) const {
    const Geometry g(rows, columns, groups, out.shape(), in[1].shape(), out.dtype());
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *y = in[0].pointer<T>(), *w = in[1].pointer<T>();
        T* x = out.pointer<T>();
        share_out(g, g.images * g.groups, [&](std::size_t task) {
            const std::size_t group = task % g.groups;
            T* to = x + task * g.in * g.image;
            const bool direct = g.is_image();
            T* columns = direct ? to : reinterpret_cast<T*>(room(g.depth() * g.piece_columns() * sizeof(T)));
            if (!direct) std::fill_n(to, g.in * g.image, T(0));
            for (std::int64_t begin = 0; begin < rows.count; begin += g.piece()) {
                const std::int64_t end = std::min(begin + g.piece(), rows.count);
                const auto n = static_cast<std::size_t>((end - begin) * this->columns.count);
                gemm({.dtype = g.dtype,
                      .m = g.depth(),
                      .n = n,
                      .k = g.out,
                      .transpose_a = true,
                      .transpose_b = false,
                      .a = w + group * g.out * g.depth(),
                      .lda = g.depth(),
                      .b = y + task * g.out * g.places + begin * this->columns.count,
                      .ldb = g.places,
                      .c = columns,
                      .ldc = n});
                if (!direct) add_columns(g, columns, begin, end, to);
            }
        });
    });
}

std::array<Var, 2> ConvolutionImages::vjp(Var g, Var, Var y, Var weights) const {
    return {record(Convolution{rows, columns, groups}, g, weights),
            record(ConvolutionWeights{rows, columns, groups}, g, y)};
}

Shape ConvolutionWeights::shape(Types in) const {
    return Shape(in[1].shape[1], signed_extent(in[0].shape, 1) / groups, rows.window, columns.window);
}

void ConvolutionWeights::eval(ConstArrays in, Array out) const {
    const Geometry g(rows, columns, groups, in[0].shape(), out.shape(), out.dtype());
    // Sums over the images are made in a few fixed parts, added in their order: the result does not depend on the threads.
    const std::size_t parts = std::clamp<std::size_t>(g.images, 1, 8), size = out.shape().numel();
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *x = in[0].pointer<T>(), *y = in[1].pointer<T>();
        T* w = out.pointer<T>();
        std::fill_n(w, size, T(0));
        std::vector<T> others((parts - 1) * size, T(0));
        share_out(g, parts, [&](std::size_t part) {
            T* sum = part == 0 ? w : others.data() + (part - 1) * size;
            const std::size_t first = part * g.images / parts, last = (part + 1) * g.images / parts;
            for (std::size_t task = first * g.groups; task < last * g.groups; ++task)
                for_each_piece(g, x + task * g.in * g.image,
                               [&](std::int64_t begin, std::int64_t, const T* columns, std::size_t n) {
                                   gemm({.dtype = g.dtype,
                                         .m = g.out,
                                         .n = g.depth(),
                                         .k = n,
                                         .transpose_a = false,
                                         .transpose_b = true,
                                         .a = y + task * g.out * g.places + begin * this->columns.count,
                                         .lda = g.places,
                                         .b = columns,
                                         .ldb = n,
                                         .c = sum + task % g.groups * g.out * g.depth(),
                                         .ldc = g.depth(),
                                         .accumulate = true});
                               });
        });
        for (std::size_t i = 0; i < others.size(); ++i)
            w[i % size] += others[i];
    });
}

std::array<Var, 2> ConvolutionWeights::vjp(Var g, Var, Var x, Var y) const {
    return {record(ConvolutionImages{rows, columns, groups}, y, g), record(Convolution{rows, columns, groups}, x, g)};
}

// --- Recording -----------------------------------------------------------------------------------------------------

namespace {

[[noreturn]] void fail(const char* op, const Operand& x, const Operand& weights, const std::string& what) {
    throw Error(fmt::format("{}: {}; x is {} {}, the weights are {} {}", op, what, name(x.dtype()), x.shape().str(),
                            name(weights.dtype()), weights.shape().str()),
                x.where);
}

void check_operands(const char* op, const Operand& x, const Operand& weights, std::int64_t groups, HeightWidth stride,
                    HeightWidth padding, HeightWidth dilation) {
    const std::size_t rank = x.shape().rank();
    if ((rank != 3 && rank != 4) || weights.shape().rank() != 4)
        fail(op, x, weights, "x must be (N, C, H, W) or (C, H, W), and the weights (K, C / groups, h, w)");
    if (x.dtype() != weights.dtype() || !is_floating(x.dtype()))
        fail(op, x, weights, "both must be float32, or both float64; cast one of them");
    if (!are_within(stride, 1) || !are_within(dilation, 1) || !are_within(padding, 0) || groups < 1)
        fail(op, x, weights,
             fmt::format("strides ({}, {}), dilations ({}, {}) and groups {} must be positive, paddings ({}, {}) not "
                         "negative, and none more than 2^31",
                         stride.height, stride.width, dilation.height, dilation.width, groups, padding.height,
                         padding.width));
    if (weights.shape()[2] == 0 || weights.shape()[3] == 0) fail(op, x, weights, "the windows are empty");
}

/// One image becomes a batch of one for f.
template <class F>
Var in_batches(const Operand& x, F f) {
    if (x.shape().rank() == 4) return f(x.var);
    Shape batch(1);
    for (const std::size_t extent : x.shape())
        batch.append(static_cast<std::int64_t>(extent));
    const Var y = f(reshape_to(x, batch));
    return reshape_to(y, Shape(y.shape()[1], y.shape()[2], y.shape()[3]));
}

} // namespace

Var conv2d(Operand x, Operand weights, const Conv2dOptions& o) {
    const Call call("conv2d", x.where);
    check_operands("conv2d", x, weights, o.groups, o.stride, o.padding, o.dilation);
    const Shape &w = weights.shape(), &image = x.shape();
    const std::size_t rank = image.rank();
    if (mul_sat(signed_extent(w, 1), o.groups) != signed_extent(image, rank - 3) || signed_extent(w, 0) % o.groups != 0)
        fail(
            "conv2d", x, weights,
            fmt::format("the weights must have {} / {} input channels, and a number of output channels that {} divides",
                        image[rank - 3], o.groups, o.groups));
    auto slide = [&](std::size_t axis, std::int64_t window, std::int64_t stride, std::int64_t padding,
                     std::int64_t dilation) {
        const std::int64_t extent = signed_extent(image, axis), reach = reach_of(window, dilation);
        if (extent + 2 * padding < reach)
            fail("conv2d", x, weights,
                 fmt::format("a window that reaches over {} does not fit into {} with padding {}", reach, extent,
                             padding));
        return Sliding{extent, window, stride, padding, dilation, (extent + 2 * padding - reach) / stride + 1};
    };
    const Convolution op{slide(rank - 2, signed_extent(w, 2), o.stride.height, o.padding.height, o.dilation.height),
                         slide(rank - 1, signed_extent(w, 3), o.stride.width, o.padding.width, o.dilation.width),
                         o.groups};
    return in_batches(x, [&](Var images) { return record(op, images, weights); });
}

Var conv2d(Operand x, Operand weights, Operand bias, const Conv2dOptions& options) {
    const Call call("conv2d", x.where);
    const Var y = conv2d(x, weights, options);
    if (bias.is_number) return y + bias;
    if (bias.shape() != Shape(weights.shape()[0]))
        throw Error(
            fmt::format("conv2d: the bias is {}; it must be ({}), one number for each output channel of the weights {}",
                        bias.shape().str(), weights.shape()[0], weights.shape().str()),
            bias.where);
    return y + reshape_to(bias, Shape(bias.shape()[0], 1, 1));
}

Var conv_transpose2d(Operand x, Operand weights, const ConvTranspose2dOptions& o) {
    const Call call("conv_transpose2d", x.where);
    const char* name = "conv_transpose2d";
    check_operands(name, x, weights, o.groups, o.stride, o.padding, o.dilation);
    const Shape &w = weights.shape(), &image = x.shape();
    const std::size_t rank = image.rank();
    if (w[0] != image[rank - 3] || signed_extent(w, 0) % o.groups != 0)
        fail(name, x, weights,
             fmt::format("the weights must have {} channels first, which the groups {} divide", image[rank - 3],
                         o.groups));
    auto slide = [&](std::size_t axis, std::int64_t window, std::int64_t stride, std::int64_t padding,
                     std::int64_t output_padding, std::int64_t dilation) {
        const std::int64_t count = signed_extent(image, axis);
        const std::int64_t whole = add_sat(mul_sat(count - 1, stride), reach_of(window, dilation)),
                           extent = add_sat(whole, add_sat(output_padding, -2 * padding));
        if (output_padding < 0 || output_padding >= std::max(stride, dilation) || extent < 1)
            fail(name, x, weights,
                 fmt::format("padding {} and output padding {} do not fit: the output padding must be less than the "
                             "stride or the "
                             "dilation, and something must be left of the result",
                             padding, output_padding));
        return Sliding{extent, window, stride, padding, dilation, count};
    };
    const ConvolutionImages op{
        slide(rank - 2, signed_extent(w, 2), o.stride.height, o.padding.height, o.output_padding.height,
              o.dilation.height),
        slide(rank - 1, signed_extent(w, 3), o.stride.width, o.padding.width, o.output_padding.width, o.dilation.width),
        o.groups};
    const std::int64_t images = rank == 4 ? signed_extent(image, 0) : 1;
    checked_shape(name, {images, mul_sat(signed_extent(w, 1), o.groups), op.rows.extent, op.columns.extent}, x.where);
    return in_batches(x, [&](Var images) { return record(op, images, weights); });
}

} // namespace xgrad
