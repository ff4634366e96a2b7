#include <xgrad/ops/pooling_ops.hpp>

#include <algorithm>
#include <limits>
#include <vector>

#include <xgrad/core/threads.hpp>
#include <xgrad/ops/window_kernels.hpp>

namespace xgrad {
namespace {

/// The windows that differ only along the last axis.
struct WindowLine {
    std::int64_t d, r;
    std::size_t index;
};

/// The windows of an image, an array of the last three axes (of extent 1 where there are fewer).
struct PooledImages {
    Sliding planes, rows, columns;
    std::size_t images, elements, windows; // of an image

    PooledImages(const Slidings& axes, const Shape& x)
        : planes(axes[0]), rows(axes[1]), columns(axes[2]), elements(product(&Sliding::extent)),
          windows(product(&Sliding::count)) {
        images = elements == 0 ? 0 : x.numel() / elements;
    }

    std::size_t product(std::int64_t Sliding::*extent) const {
        return static_cast<std::size_t>(planes.*extent * (rows.*extent) * (columns.*extent));
    }
    std::int64_t lines() const { return planes.count * rows.count; }

    /// Calls f(image) for each, on several threads if it is worth it.
    void for_each_image(auto f) const {
        constexpr std::size_t worth_threads = 16384, of_a_task = 4096; // elements
        const std::size_t group = images * elements < worth_threads ? images
                                                                    : std::min(images, of_a_task / elements + 1);
        if (images == 0) return;
        detail::for_each_task((images + group - 1) / group, [&](std::size_t task, std::size_t) {
            for (std::size_t image = task * group; image < std::min(images, (task + 1) * group); ++image)
                f(image);
        });
    }

    /// Calls f(line) for the lines of windows, which have a place in planes.count and one in rows.count.
    template <class F>
    void for_each_line(F f) const {
        for (std::int64_t d = 0; d < planes.count; ++d)
            for (std::int64_t r = 0; r < rows.count; ++r)
                f(WindowLine{d, r, static_cast<std::size_t>(d * rows.count + r)});
    }

    /// Calls f(at, first, last) for each element of the windows of a line that is not in the padding: window j from
    /// first up to last has it at place at + j * stride.
    template <class F>
    void for_each_element(const WindowLine& line, F f) const {
        for (std::int64_t w = 0; w < planes.window; ++w) {
            if (!planes.has(line.d, w)) continue;
            for (std::int64_t u = 0; u < rows.window; ++u) {
                if (!rows.has(line.r, u)) continue;
                const std::int64_t row = (planes.at(line.d, w) * rows.extent + rows.at(line.r, u)) * columns.extent;
                for (std::int64_t v = 0; v < columns.window; ++v)
                    f(row + columns.at(0, v), columns.first(v), columns.last(v));
            }
        }
    }
};

/// Memory of one thread; it is kept.
template <class T>
T* room(std::size_t size) {
    static thread_local std::vector<T> memory;
    if (memory.size() < size) memory.resize(size);
    return memory.data();
}

/// What the kernels of max pools need to know.
class MaxPoolPlan {
  public:
    explicit MaxPoolPlan(const PooledImages& p) : p_(p) {
        inside_ = p.planes.inside() && p.rows.inside() && p.columns.inside();
        if (!inside_) {
            width_ = p.columns.padding.before + p.columns.reach();
            height_ = p.rows.padding.before + p.rows.reach();
            depth_ = p.planes.padding.before + p.planes.reach();
        }
        for (std::int64_t w = 0; w < p.planes.window; ++w)
            for (std::int64_t u = 0; u < p.rows.window; ++u)
                add(w * p.planes.dilation, u * p.rows.dilation, row_, place_row_);
        for (std::int64_t d = 0; d < p.planes.count; ++d)
            for (std::int64_t r = 0; r < p.rows.count; ++r) {
                add(p.planes.at(d, 0), p.rows.at(r, 0), line_, place_line_);
                first_.push_back(first_inside(d, r));
            }
        lines_ = {p.lines(),          p.planes.window * p.rows.window,
                  line_.data(),       row_.data(),
                  place_line_.data(), place_row_.data(),
                  first_.data(),      inside_};
    }
    MaxPoolPlan(const MaxPoolPlan&) = delete;

    template <class T>
    void maxima(const T* image, T* out) const {
        window_kernels<T>().maxima(lines_, p_.columns, padded(image), out);
    }
    /// Where each window of the image has its maximum, or -1.
    template <class T>
    const simd::Integer<T>* places(const T* image) const {
        auto* result = room<simd::Integer<T>>(p_.windows);
        window_kernels<T>().places(lines_, p_.columns, padded(image), result);
        return result;
    }

  private:
    void add(std::int64_t plane, std::int64_t row, std::vector<std::int64_t>& padded,
             std::vector<std::int64_t>& plain) const {
        padded.push_back((plane * height_ + row) * width_);
        plain.push_back((plane * p_.rows.extent + row) * p_.columns.extent);
    }

    std::int64_t first_inside(std::int64_t d, std::int64_t r) const {
        for (std::int64_t w = 0; w < p_.planes.window; ++w)
            for (std::int64_t u = 0; u < p_.rows.window; ++u)
                if (p_.planes.has(d, w) && p_.rows.has(r, u))
                    return (p_.planes.at(d, w) * p_.rows.extent + p_.rows.at(r, u)) * p_.columns.extent;
        return -1;
    }

    /// The image with its padding around it, of minus infinities.
    template <class T>
    const T* padded(const T* x) const {
        if (inside_) return x;
        const std::int64_t width = p_.columns.extent;
        T* to = room<T>(static_cast<std::size_t>(width_ * height_ * depth_));
        std::fill_n(to, width_ * height_ * depth_, -std::numeric_limits<T>::infinity());
        to += (p_.planes.padding.before * height_ + p_.rows.padding.before) * width_ + p_.columns.padding.before;
        for (std::int64_t plane = 0; plane < p_.planes.extent; ++plane)
            for (std::int64_t row = 0; row < p_.rows.extent; ++row, x += width)
                std::copy_n(x, width, to + (plane * height_ + row) * width_);
        return to;
    }

    const PooledImages& p_;
    bool inside_;
    std::int64_t width_ = p_.columns.extent, height_ = p_.rows.extent, depth_ = p_.planes.extent; // with padding
    std::vector<std::int64_t> line_, row_, place_line_, place_row_, first_;
    Lines lines_;
};

/// Over how many elements the windows along one axis have a mean: those inside, or all up to the end of the padding. 1
/// for none, so that the mean of nothing is 0.
std::vector<double> counts(const Sliding& s, bool include_padding) {
    const std::int64_t least = include_padding ? -s.padding.before : 0,
                       most = s.extent + (include_padding ? s.padding.after : 0);
    std::vector<double> result;
    for (std::int64_t i = 0; i < s.count; ++i) {
        // Elements first up to last of the window are from least up to most.
        const std::int64_t begin = s.at(i, 0), d = s.dilation;
        const std::int64_t first = begin >= least ? 0 : (least - begin + d - 1) / d,
                           last = begin >= most ? 0 : std::min(s.window, (most - begin + d - 1) / d);
        result.push_back(static_cast<double>(std::max<std::int64_t>(1, last - first)));
    }
    return result;
}

/// How many elements the windows have a mean over: window j of a line over lines[line] * columns[j].
struct Counts {
    std::vector<double> lines, columns;
    Counts(const PooledImages& p, bool include_padding) : columns(counts(p.columns, include_padding)) {
        const std::vector<double> rows = counts(p.rows, include_padding);
        for (const double plane : counts(p.planes, include_padding))
            for (const double row : rows)
                lines.push_back(plane * row);
    }
};

template <class T>
void average(const PooledImages& p, bool include_padding, const T* x, T* y) {
    const Counts counts(p, include_padding);
    const std::size_t width = counts.columns.size();
    const double* const columns = counts.columns.data();
    p.for_each_image([&](std::size_t index) {
        const T* image = x + index * p.elements;
        p.for_each_line([&](const WindowLine& line) {
            T* const means = y + index * p.windows + line.index * width;
            std::fill_n(means, width, T(0));
            p.for_each_element(line, [&](std::int64_t at, std::int64_t first, std::int64_t last) {
                for (std::int64_t j = first; j < last; ++j)
                    means[j] += image[at + j * p.columns.stride];
            });
            const double of_line = counts.lines[line.index];
            for (std::size_t j = 0; j < width; ++j)
                means[j] /= static_cast<T>(of_line * columns[j]);
        });
    });
}

template <class T>
void spread_averages(const PooledImages& p, bool include_padding, const T* g, T* x) {
    const Counts counts(p, include_padding);
    const std::size_t width = counts.columns.size();
    const double* const columns = counts.columns.data();
    p.for_each_image([&](std::size_t index) {
        T* image = x + index * p.elements;
        std::fill_n(image, p.elements, T(0));
        T* const shares = room<T>(width);
        p.for_each_line([&](const WindowLine& line) {
            const T* const adjoints = g + index * p.windows + line.index * width;
            const double of_line = counts.lines[line.index];
            for (std::size_t j = 0; j < width; ++j)
                shares[j] = adjoints[j] / static_cast<T>(of_line * columns[j]);
            p.for_each_element(line, [&](std::int64_t at, std::int64_t first, std::int64_t last) {
                for (std::int64_t j = first; j < last; ++j)
                    image[at + j * p.columns.stride] += shares[j];
            });
        });
    });
}

} // namespace

template <std::size_t N>
void MaxPool<N>::eval(ConstArrays in, Array out) const {
    const PooledImages p(as_three(axes), in[1].shape());
    const MaxPoolPlan plan(p);
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *v = in[0].pointer<T>(), *x = in[1].pointer<T>();
        T* y = out.pointer<T>();
        p.for_each_image([&](std::size_t image) {
            const T* values = v + image * p.elements;
            T* result = y + image * p.windows;
            if (v == x) return plan.maxima(values, result);
            const auto* places = plan.places(x + image * p.elements);
            for (std::size_t i = 0; i < p.windows; ++i)
                result[i] = places[i] < 0 ? T(0) : values[places[i]];
        });
    });
}
template <std::size_t N>
std::array<Var, 2> MaxPool<N>::vjp(Var g, Var, Var, Var x) const {
    return {record(MaxPoolSpread<N>{axes}, g, x), Var{}};
}
template <std::size_t N>
Var MaxPool<N>::jvp(std::span<const Var> tangents, Var, std::span<const Var> inputs) const {
    return tangents[0].valid() ? record(*this, tangents[0], inputs[1]) : Var{};
}

template <std::size_t N>
void MaxPoolSpread<N>::eval(ConstArrays in, Array out) const {
    const PooledImages p(as_three(axes), out.shape());
    const MaxPoolPlan plan(p);
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *g = in[0].pointer<T>(), *x = in[1].pointer<T>();
        T* y = out.pointer<T>();
        p.for_each_image([&](std::size_t image) {
            T* sums = y + image * p.elements;
            const T* adjoints = g + image * p.windows;
            std::fill_n(sums, p.elements, T(0));
            const auto* places = plan.places(x + image * p.elements);
            for (std::size_t i = 0; i < p.windows; ++i)
                if (places[i] >= 0) sums[places[i]] += adjoints[i];
        });
    });
}
template <std::size_t N>
std::array<Var, 2> MaxPoolSpread<N>::vjp(Var u, Var, Var, Var x) const {
    return {record(MaxPool<N>{axes}, u, x), Var{}};
}
template <std::size_t N>
Var MaxPoolSpread<N>::jvp(std::span<const Var> tangents, Var, std::span<const Var> inputs) const {
    return tangents[0].valid() ? record(*this, tangents[0], inputs[1]) : Var{};
}

template <std::size_t N>
void MaxPoolIndices<N>::eval(ConstArrays in, Array out) const {
    const PooledImages p(as_three(axes), in[0].shape());
    const MaxPoolPlan plan(p);
    for_floating(in[0].dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* x = in[0].pointer<T>();
        auto* y = out.pointer<std::int64_t>();
        p.for_each_image([&](std::size_t image) {
            std::copy_n(plan.places(x + image * p.elements), p.windows, y + image * p.windows);
        });
    });
}

template <std::size_t N>
void AvgPool<N>::eval(ConstArrays in, Array out) const {
    const PooledImages p(as_three(axes), in[0].shape());
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        average(p, include_padding != 0, in[0].pointer<T>(), out.pointer<T>());
    });
}
template <std::size_t N>
Var AvgPool<N>::vjp(Var g, Var, Var) const {
    return record(AvgPoolSpread<N>{axes, include_padding}, g);
}

template <std::size_t N>
void AvgPoolSpread<N>::eval(ConstArrays in, Array out) const {
    const PooledImages p(as_three(axes), out.shape());
    for_floating(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        spread_averages(p, include_padding != 0, in[0].pointer<T>(), out.pointer<T>());
    });
}
template <std::size_t N>
Var AvgPoolSpread<N>::vjp(Var u, Var, Var) const {
    return record(AvgPool<N>{axes, include_padding}, u);
}

template struct MaxPool<1>;
template struct MaxPool<2>;
template struct MaxPool<3>;
template struct MaxPoolSpread<1>;
template struct MaxPoolSpread<2>;
template struct MaxPoolSpread<3>;
template struct MaxPoolIndices<1>;
template struct MaxPoolIndices<2>;
template struct MaxPoolIndices<3>;
template struct AvgPool<1>;
template struct AvgPool<2>;
template struct AvgPool<3>;
template struct AvgPoolSpread<1>;
template struct AvgPoolSpread<2>;
template struct AvgPoolSpread<3>;

} // namespace xgrad
