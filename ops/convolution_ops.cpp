// Convolution as products of matrices: the elements under each window become a column (of a piece of one image that
// fits into the second cache), and the weights a matrix.

#include <xgrad/ops/convolution_ops.hpp>

#include <algorithm>

#include <xgrad/core/base/blas.hpp>
#include <xgrad/core/threads.hpp>
#include <xgrad/ops/window_kernels.hpp>

namespace xgrad {
namespace {

/// Some of the windows of an image, those of its columns of matrices: whole lines of them, or a part of one line. A
/// line has all windows that differ only along the last axis.
struct Piece {
    std::int64_t begin, end;  // lines
    std::int64_t left, right; // windows of each
    std::int64_t first;       // of all windows of the image
    std::size_t windows() const { return static_cast<std::size_t>((end - begin) * (right - left)); }
};

/// The extents of a convolution, and the matrices of one image and one group.
struct Geometry {
    Sliding planes, rows, columns;
    std::size_t images, groups, in, out; // channels of one group
    std::size_t window, places, plane,
        image; // elements of a window, windows of an image, elements of an image's channel
    DType dtype;
    std::int64_t lines_at_once, windows_at_once; // of a piece

    Geometry(const Slidings& axes, std::int64_t groups, const Shape& x, const Shape& weights, DType dtype)
        : planes(axes[0]), rows(axes[1]), columns(axes[2]), images(x[0]), groups(static_cast<std::size_t>(groups)),
          in(weights[1]), out(weights[0] / static_cast<std::size_t>(groups)), window(product(&Sliding::window)),
          places(product(&Sliding::count)), plane(static_cast<std::size_t>(rows.extent * columns.extent)),
          image(product(&Sliding::extent)), dtype(dtype) {
        // As many windows as have columns that fit into the second cache. A line is divided if it is far longer.
        constexpr std::size_t cache = 256 << 10, too_long = 4;
        const std::size_t of_a_window = depth() * size_of(dtype),
                          of_a_line = std::max<std::size_t>(1, of_a_window * static_cast<std::size_t>(columns.count));
        lines_at_once = is_image() ? lines() : std::max<std::int64_t>(1, static_cast<std::int64_t>(cache / of_a_line));
        windows_at_once = is_image() || of_a_line <= too_long * cache
                              ? columns.count
                              : std::max<std::int64_t>(64, static_cast<std::int64_t>(cache / of_a_window));
    }

    std::size_t product(std::int64_t Sliding::*extent) const {
        return static_cast<std::size_t>(planes.*extent * (rows.*extent) * (columns.*extent));
    }
    std::size_t depth() const { return in * window; } // rows of the matrix of columns
    std::int64_t lines() const { return planes.count * rows.count; }
    /// Windows that stand in the same order as the image's own elements need not be copied.
    bool is_image() const { return planes.is_identity() && rows.is_identity() && columns.is_identity(); }
    bool worth_threads() const { return images * groups * places * depth() * out > 200000; }

    /// Calls f(piece) for the pieces of an image.
    template <class F>
    void for_each_piece(F f) const {
        for (std::int64_t begin = 0; begin < lines(); begin += lines_at_once)
            for (std::int64_t left = 0; left < columns.count; left += windows_at_once)
                f(Piece{begin, std::min(begin + lines_at_once, lines()), left,
                        std::min(left + windows_at_once, columns.count), begin * columns.count + left});
    }
};

/// Memory for the columns of one thread; it is kept.
template <class T>
T* room(std::size_t size) {
    static thread_local std::vector<T> memory;
    if (memory.size() < size) memory.resize(size);
    return memory.data();
}

/// Calls f(plane of the image, rows of windows, part of the matrix) for each plane of a piece, and each plane of a
/// window that it shows there; padding(part, n) where it shows none, in n elements of each row of the matrix.
template <class C, class F, class Padding>
void for_each_plane(const Geometry& g, const Piece& piece, C* matrix, F f, Padding padding) {
    const auto step = static_cast<std::int64_t>(piece.windows());
    const std::int64_t of_a_plane = g.rows.window * g.columns.window;
    for (std::int64_t w = 0; w < g.planes.window; ++w, matrix += of_a_plane * step) {
        C* part = matrix;
        for (std::int64_t line = piece.begin; line < piece.end;) {
            const std::int64_t d = line / g.rows.count, end = std::min(piece.end, (d + 1) * g.rows.count),
                               n = (end - line) * (piece.right - piece.left);
            if (g.planes.has(d, w))
                f(g.planes.at(d, w) * static_cast<std::int64_t>(g.plane), line - d * g.rows.count,
                  end - d * g.rows.count, part);
            else
                for (std::int64_t element = 0; element < of_a_plane; ++element)
                    padding(part + element * step, n);
            part += n;
            line = end;
        }
    }
}

template <class T>
void to_columns(const Geometry& g, const T* image, const Piece& piece, T* matrix) {
    const Sliding columns = g.columns.part(piece.left, piece.right);
    const auto step = static_cast<std::int64_t>(piece.windows());
    for (std::size_t c = 0; c < g.in; ++c, image += g.image, matrix += g.window * piece.windows())
        for_each_plane(
            g, piece, matrix,
            [&](std::int64_t plane, std::int64_t begin, std::int64_t end, T* to) {
                window_kernels<T>().to_columns(g.rows, columns, {image + plane, columns.extent}, begin, end, to, step);
            },
            [](T* to, std::int64_t n) { std::fill_n(to, n, T(0)); });
}

/// Adds what stands in the columns where it came from.
template <class T>
void add_columns(const Geometry& g, const T* matrix, const Piece& piece, T* image) {
    const Sliding columns = g.columns.part(piece.left, piece.right);
    const auto step = static_cast<std::int64_t>(piece.windows());
    for (std::size_t c = 0; c < g.in; ++c, image += g.image, matrix += g.window * piece.windows())
        for_each_plane(
            g, piece, matrix,
            [&](std::int64_t plane, std::int64_t begin, std::int64_t end, const T* from) {
                window_kernels<T>().add_columns(g.rows, columns, from, step, begin, end,
                                                {image + plane, columns.extent});
            },
            [](const T*, std::int64_t) {});
}

void share_out(const Geometry& g, std::size_t tasks, auto task) {
    if (g.worth_threads() && tasks > 1)
        detail::for_each_task(tasks, [&](std::size_t i, std::size_t) { task(i); });
    else
        for (std::size_t i = 0; i < tasks; ++i)
            task(i);
}

/// Calls f(piece, columns) for the pieces of one image and group, with their columns.
template <class T, class F>
void for_each_matrix(const Geometry& g, const T* image, F f) {
    g.for_each_piece([&](const Piece& piece) {
        if (g.is_image()) return f(piece, image);
        T* columns = room<T>(g.depth() * piece.windows());
        to_columns(g, image, piece, columns);
        f(piece, static_cast<const T*>(columns));
    });
}

template <class T>
void convolve(const Geometry& g, const T* x, const T* w, T* y) {
    share_out(g, g.images * g.groups, [&](std::size_t task) {
        for_each_matrix(g, x + task * g.in * g.image, [&](const Piece& piece, const T* columns) {
            gemm({.dtype = g.dtype,
                  .m = g.out,
                  .n = piece.windows(),
                  .k = g.depth(),
                  .transpose_a = false,
                  .transpose_b = false,
                  .a = w + task % g.groups * g.out * g.depth(),
                  .lda = g.depth(),
                  .b = columns,
                  .ldb = piece.windows(),
                  .c = y + task * g.out * g.places + piece.first,
                  .ldc = g.places});
        });
    });
}

template <class T>
void convolve_images(const Geometry& g, const T* y, const T* w, T* x) {
    share_out(g, g.images * g.groups, [&](std::size_t task) {
        T* to = x + task * g.in * g.image;
        const bool direct = g.is_image();
        if (!direct) std::fill_n(to, g.in * g.image, T(0));
        g.for_each_piece([&](const Piece& piece) {
            T* columns = direct ? to : room<T>(g.depth() * piece.windows());
            gemm({.dtype = g.dtype,
                  .m = g.depth(),
                  .n = piece.windows(),
                  .k = g.out,
                  .transpose_a = true,
                  .transpose_b = false,
                  .a = w + task % g.groups * g.out * g.depth(),
                  .lda = g.depth(),
                  .b = y + task * g.out * g.places + piece.first,
                  .ldb = g.places,
                  .c = columns,
                  .ldc = piece.windows()});
            if (!direct) add_columns(g, static_cast<const T*>(columns), piece, to);
        });
    });
}

template <class T>
void convolve_weights(const Geometry& g, const T* x, const T* y, T* w) {
    // Sums over the images are made in a few fixed parts, added in their order: the result does not depend on the
    // threads.
    const std::size_t parts = std::clamp<std::size_t>(g.images, 1, 8), size = g.groups * g.out * g.depth();
    std::fill_n(w, size, T(0));
    std::vector<T> others((parts - 1) * size, T(0));
    share_out(g, parts, [&](std::size_t part) {
        T* sum = part == 0 ? w : others.data() + (part - 1) * size;
        const std::size_t first = part * g.images / parts, last = (part + 1) * g.images / parts;
        for (std::size_t task = first * g.groups; task < last * g.groups; ++task)
            for_each_matrix(g, x + task * g.in * g.image, [&](const Piece& piece, const T* columns) {
                gemm({.dtype = g.dtype,
                      .m = g.out,
                      .n = g.depth(),
                      .k = piece.windows(),
                      .transpose_a = false,
                      .transpose_b = true,
                      .a = y + task * g.out * g.places + piece.first,
                      .lda = g.places,
                      .b = columns,
                      .ldb = piece.windows(),
                      .c = sum + task % g.groups * g.out * g.depth(),
                      .ldc = g.depth(),
                      .accumulate = true});
            });
    });
    for (std::size_t i = 0; i < others.size(); ++i)
        w[i % size] += others[i];
}

std::int64_t signed_extent(const Shape& shape, std::size_t axis) { return static_cast<std::int64_t>(shape[axis]); }

/// The first two extents, and the windows' extents of that kind.
template <std::size_t N>
Shape shape_of(std::int64_t first, std::int64_t second, const std::array<Sliding, N>& axes,
               std::int64_t Sliding::*extent) {
    Shape result(first, second);
    for (const Sliding& axis : axes)
        result.append(axis.*extent);
    return result;
}

} // namespace

template <std::size_t N>
Shape Convolution<N>::shape(Types in) const {
    return shape_of(signed_extent(in[0].shape, 0), signed_extent(in[1].shape, 0), axes, &Sliding::count);
}
template <std::size_t N>
void Convolution<N>::eval(ConstArrays in, Array out) const {
    const Geometry g(as_three(axes), groups, in[0].shape(), in[1].shape(), out.dtype());
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        convolve(g, in[0].pointer<T>(), in[1].pointer<T>(), out.pointer<T>());
    });
}
template <std::size_t N>
std::array<Var, 2> Convolution<N>::vjp(Var g, Var, Var x, Var weights) const {
    return {record(ConvolutionImages<N>{axes, groups}, g, weights), record(ConvolutionWeights<N>{axes, groups}, x, g)};
}

template <std::size_t N>
Shape ConvolutionImages<N>::shape(Types in) const {
    return shape_of(signed_extent(in[0].shape, 0), signed_extent(in[1].shape, 1) * groups, axes, &Sliding::extent);
}
template <std::size_t N>
void ConvolutionImages<N>::eval(ConstArrays in, Array out) const {
    const Geometry g(as_three(axes), groups, out.shape(), in[1].shape(), out.dtype());
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        convolve_images(g, in[0].pointer<T>(), in[1].pointer<T>(), out.pointer<T>());
    });
}
template <std::size_t N>
std::array<Var, 2> ConvolutionImages<N>::vjp(Var g, Var, Var y, Var weights) const {
    return {record(Convolution<N>{axes, groups}, g, weights), record(ConvolutionWeights<N>{axes, groups}, g, y)};
}

template <std::size_t N>
Shape ConvolutionWeights<N>::shape(Types in) const {
    return shape_of(signed_extent(in[1].shape, 1), signed_extent(in[0].shape, 1) / groups, axes, &Sliding::window);
}
template <std::size_t N>
void ConvolutionWeights<N>::eval(ConstArrays in, Array out) const {
    const Geometry g(as_three(axes), groups, in[0].shape(), out.shape(), out.dtype());
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        convolve_weights(g, in[0].pointer<T>(), in[1].pointer<T>(), out.pointer<T>());
    });
}
template <std::size_t N>
std::array<Var, 2> ConvolutionWeights<N>::vjp(Var g, Var, Var x, Var y) const {
    return {record(ConvolutionImages<N>{axes, groups}, y, g), record(Convolution<N>{axes, groups}, x, g)};
}

template struct Convolution<1>;
template struct Convolution<2>;
template struct Convolution<3>;
template struct ConvolutionImages<1>;
template struct ConvolutionImages<2>;
template struct ConvolutionImages<3>;
template struct ConvolutionWeights<1>;
template struct ConvolutionWeights<2>;
template struct ConvolutionWeights<3>;

} // namespace xgrad
