#pragma once
// What convolution and pooling do with the elements under sliding windows of one channel, for each instruction set.

#include <utility>

#include <xgrad/core/kernels/elementwise.hpp>
#include <xgrad/ops/sliding.hpp>

namespace xgrad {

/// A plane of an image: element (r, c) is at origin[r * leading + c].
template <class T>
struct Plane {
    T* origin;
    std::int64_t leading;
};

/// Lines of windows, which share all but their place in a line, and the rows of elements that they show. Row u of line
/// i begins at line[i] + row[u] in an image with its padding around it, and at place_line[i] + place_row[u] in one
/// without.
struct Lines {
    std::int64_t count, window; // window: the rows of a window
    const std::int64_t *line, *row, *place_line, *place_row;
    const std::int64_t* first; // for each line, where the first row begins that is not padding; -1: none
    bool inside;               // no window shows padding
};

template <class T>
struct WindowKernels {
    using Index = simd::Integer<T>;
    /// The matrix of the windows of rows [begin, end): a row of it for each element of the window, `step` elements
    /// after the one before. Padding is 0.
    void (*to_columns)(const Sliding& rows, const Sliding& columns, Plane<const T> image, std::int64_t begin,
                       std::int64_t end, T* out, std::int64_t step);
    /// Adds such a matrix to the elements that it shows.
    void (*add_columns)(const Sliding& rows, const Sliding& columns, const T* in, std::int64_t step, std::int64_t begin,
                        std::int64_t end, Plane<T> image);
    /// The largest element of each window. The image has its padding around it, of minus infinities. A NaN is the
    /// largest.
    void (*maxima)(const Lines& lines, const Sliding& columns, const T* image, T* out);
    /// And where it stands in the image without padding: the first of equal ones, the last NaN, -1 in a window of
    /// padding alone.
    void (*places)(const Lines& lines, const Sliding& columns, const T* image, Index* out);
};

template <class I>
struct WindowKernelsFor {
    static WindowKernels<float> make(float);
    static WindowKernels<double> make(double);
};

template <class T>
const WindowKernels<T>& window_kernels();

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)

namespace {

template <class T, class I>
struct Windows {
    using P = simd::Pack<T, I>;
    using Index = simd::Integer<T>;
    using At = simd::Pack<Index, I, P::size>;
    static constexpr auto lanes = static_cast<std::int64_t>(P::size);

    static XGRAD_INLINE P load(const T* x, std::int64_t n) {
        return n >= lanes ? P::load(x) : n <= 0 ? P(T(0)) : P::load_partial(x, static_cast<std::size_t>(n));
    }
    static XGRAD_INLINE void store(const P& value, T* x, std::int64_t n) {
        if (n >= lanes)
            value.store(x);
        else
            value.store_partial(x, static_cast<std::size_t>(n));
    }

    /// Calls f(where, a pack) for n elements in packs as wide as fit: of whole registers, then a half, a quarter ...
    template <class Q = P, class F>
    static XGRAD_INLINE void in_parts(std::int64_t n, std::int64_t begin, F f) {
        constexpr auto size = static_cast<std::int64_t>(Q::size);
        for (; begin + size <= n; begin += size)
            f(begin, Q());
        if constexpr (size > 1)
            if (begin < n) in_parts<typename Q::Half>(n, begin, f);
    }

    template <std::size_t... i>
    static XGRAD_INLINE P even(const P& low, const P& high, std::index_sequence<i...>) {
        return P((typename P::Vector)__builtin_shufflevector(low.v, high.v, (2 * i)...));
    }
    /// x[0], x[stride], x[2 stride], ...: n of them, at least one
    static XGRAD_INLINE P take(const T* x, std::int64_t n, std::int64_t stride) {
        if (stride == 1) return load(x, n);
        if (n > lanes) n = lanes;
        if (stride == 2)
            return even(load(x, 2 * n - 1), load(x + lanes, 2 * n - 1 - lanes), std::make_index_sequence<P::size>());
        T each[P::size] = {};
        for (std::int64_t j = 0; j < n; ++j)
            each[j] = x[j * stride];
        return P::load(each);
    }

    static XGRAD_INLINE void clear(T* to, std::int64_t n) {
        in_parts(n, 0, [&](std::int64_t j, auto q) XGRAD_LAMBDA_INLINE { decltype(q)(T(0)).store(to + j); });
    }

    /// For each element of the window, calls f(matrix, before, n, image, first, last): of its part of the matrix, the
    /// rows
    /// [before, before + n) show elements of the image, from there on, in columns first up to last; the others show
    /// padding.
    template <class C, class Element, class F>
    static XGRAD_INLINE void for_each_element(const Sliding& rows, const Sliding& columns, Plane<Element> image,
                                              std::int64_t begin, std::int64_t end, C* matrix, std::int64_t step, F f) {
        for (std::int64_t u = 0; u < rows.window; ++u)
            for (std::int64_t v = 0; v < columns.window; ++v, matrix += step) {
                const std::int64_t last = columns.last(v), to = clamp(rows.last(u), begin, end),
                                   first = clamp(columns.first(v), 0, last), from = clamp(rows.first(u), begin, to);
                if (first == last || from == to)
                    f(matrix, std::int64_t{0}, std::int64_t{0}, image.origin, std::int64_t{0}, std::int64_t{0});
                else
                    f(matrix, from - begin, to - from,
                      image.origin + rows.at(from, u) * image.leading + columns.at(first, v), first, last);
            }
    }
    static XGRAD_INLINE std::int64_t clamp(std::int64_t x, std::int64_t low, std::int64_t high) {
        return x < low ? low : x > high ? high : x;
    }

    static void to_columns(const Sliding& rows, const Sliding& columns, Plane<const T> image, std::int64_t begin,
                           std::int64_t end, T* out, std::int64_t row) {
        const std::int64_t stride = columns.stride, count = columns.count, step = rows.stride * image.leading;
        for_each_element(rows, columns, image, begin, end, out, row,
                         [&](T* to, std::int64_t before, std::int64_t n, const T* from, std::int64_t first,
                             std::int64_t last) XGRAD_LAMBDA_INLINE {
                             clear(to, before * count);
                             clear(to + (before + n) * count, (end - begin - before - n) * count);
                             to += before * count;
                             if (last - first != count)
                                 for (std::int64_t r = 0; r < n; ++r) {
                                     clear(to + r * count, first);
                                     clear(to + r * count + last, count - last);
                                 }
                             to += first;
                             if (stride == 1)
                                 in_parts(last - first, 0, [&](std::int64_t j, auto q) XGRAD_LAMBDA_INLINE {
                                     for (std::int64_t r = 0; r < n; ++r)
                                         decltype(q)::load(from + r * step + j).store(to + r * count + j);
                                 });
                             else
                                 for (std::int64_t r = 0; r < n; ++r)
                                     for (std::int64_t j = 0; j < last - first; j += lanes)
                                         store(take(from + r * step + j * stride, last - first - j, stride),
                                               to + r * count + j, last - first - j);
                         });
    }

    static void add_columns(const Sliding& rows, const Sliding& columns, const T* in, std::int64_t row,
                            std::int64_t begin, std::int64_t end, Plane<T> image) {
        const std::int64_t stride = columns.stride, count = columns.count, step = rows.stride * image.leading;
        for_each_element(rows, columns, image, begin, end, in, row,
                         [&](const T* from, std::int64_t before, std::int64_t n, T* to, std::int64_t first,
                             std::int64_t last) XGRAD_LAMBDA_INLINE {
                             from += before * count + first;
                             if (stride == 1)
                                 in_parts(last - first, 0, [&](std::int64_t j, auto q) XGRAD_LAMBDA_INLINE {
                                     using Q = decltype(q);
                                     for (std::int64_t r = 0; r < n; ++r) {
                                         T* const at = to + r * step + j;
                                         (Q::load(at) + Q::load(from + r * count + j)).store(at);
                                     }
                                 });
                             else
                                 for (std::int64_t r = 0; r < n; ++r)
                                     for (std::int64_t j = 0; j < last - first; ++j)
                                         to[r * step + j * stride] += from[r * count + j];
                         });
    }

    /// Calls f(first window, n, best, at) for each line of windows in pieces of a vector. at: where `places`, else as
    /// it is.
    template <bool places, class F>
    static XGRAD_INLINE void for_each_maximum(const Lines& lines, const Sliding& columns, const T* image, F f) {
        const std::int64_t stride = columns.stride;
        Index each[P::size];
        for (std::int64_t k = 0; k < lanes; ++k)
            each[k] = static_cast<Index>(k * stride);
        const At steps = At::load(each);
        for (std::int64_t i = 0; i < lines.count; ++i) {
            const T* const line = image + lines.line[i];
            const std::int64_t place_line = lines.place_line[i];
            for (std::int64_t j = 0; j < columns.count; j += lanes) {
                const std::int64_t n = columns.count - j;
                P best(-__builtin_inf());
                At at = places ? first_inside(lines, columns, i, j, steps) : At(Index(0));
                for (std::int64_t u = 0; u < lines.window; ++u) {
                    const T* const row = line + lines.row[u];
                    const std::int64_t place_row = place_line + lines.place_row[u];
                    for (std::int64_t v = 0; v < columns.window; ++v) {
                        const std::int64_t column = columns.at(j, v);
                        const P x = take(row + column, n, stride);
                        const auto better = (x > best) | (x != x);
                        best = select(better, x, best);
                        if constexpr (places)
                            at = select(better.template as<Index>(), steps + static_cast<Index>(place_row + column),
                                        at);
                    }
                }
                f(i * columns.count + j, n, best, at);
            }
        }
    }

    /// The first element of each window that is not padding.
    static XGRAD_INLINE At first_inside(const Lines& lines, const Sliding& columns, std::int64_t i, std::int64_t j,
                                        const At& steps) {
        const std::int64_t row = lines.first[i];
        if (lines.inside) return steps + static_cast<Index>(row + columns.at(j, 0));
        Index each[P::size];
        for (std::int64_t k = 0; k < lanes; ++k) {
            const std::int64_t column = first_inside(columns, j + k);
            each[k] = static_cast<Index>(row < 0 || column < 0 ? -1 : row + column);
        }
        return At::load(each);
    }
    static XGRAD_INLINE std::int64_t first_inside(const Sliding& axis, std::int64_t i) {
        for (std::int64_t u = 0; u < axis.window; ++u)
            if (const std::int64_t at = axis.at(i, u); at >= 0) return at < axis.extent ? at : -1;
        return -1;
    }

    static void maxima(const Lines& lines, const Sliding& columns, const T* image, T* out) {
        for_each_maximum<false>(lines, columns, image,
                                [&](std::int64_t first, std::int64_t n, const P& best, const At&)
                                    XGRAD_LAMBDA_INLINE { store(best, out + first, n); });
    }
    static void places(const Lines& lines, const Sliding& columns, const T* image, Index* out) {
        for_each_maximum<true>(lines, columns, image,
                               [&](std::int64_t first, std::int64_t n, const P&, const At& at) XGRAD_LAMBDA_INLINE {
                                   if (n >= lanes)
                                       at.store(out + first);
                                   else
                                       at.store_partial(out + first, static_cast<std::size_t>(n));
                               });
    }

    static WindowKernels<T> make() { return {to_columns, add_columns, maxima, places}; }
};

} // namespace

template <class I>
WindowKernels<float> WindowKernelsFor<I>::make(float) {
    return Windows<float, I>::make();
}
template <class I>
WindowKernels<double> WindowKernelsFor<I>::make(double) {
    return Windows<double, I>::make();
}

#endif

} // namespace xgrad
