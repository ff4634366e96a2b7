#pragma once
// Elements at regular places of a larger array: what slices show, and where their adjoints and concatenations put them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <xgrad/core/graph/op_info.hpp>

namespace xgrad {

inline void fill_zeros(Array array) { std::memset(array.data, 0, array.shape().numel() * size_of(array.dtype())); }

/// Rows of fewer elements are gone along column by column.
inline constexpr std::size_t short_row = 4;

/// The places start + step * i, along each axis, of the elements of an array of shape `extents` in one of shape
/// `whole`.
class StridedPlaces {
  public:
    StridedPlaces(const Shape& extents, const Shape& whole, const Dims& start, const Dims& step);

    /// Calls put(out[its place], in[i]) for each element i of a dense array.
    template <class T, class F>
    void each(const T* in, T* out, F put) const {
        if (empty_) return;
        out += offset_;
        std::array<std::size_t, max_rank> at{};
        const std::size_t plane = extents_[rank_ - 1] * extents_[rank_ - 2];
        for (;; in += plane) {
            each_of_plane(in, out, put);
            std::size_t axis = rank_ - 2;
            for (;;) {
                if (axis-- == 0) return;
                out += strides_[axis];
                if (++at[axis] < extents_[axis]) break;
                out -= strides_[axis] * static_cast<std::int64_t>(extents_[axis]);
                at[axis] = 0;
            }
        }
    }

  private:
    /// The last two axes. Where rows are short, columns are gone along, block by block of rows so that both arrays stay
    /// in the cache.
    template <class T, class F>
    void each_of_plane(const T* in, T* out, F put) const {
        constexpr std::size_t block = 512;
        const std::size_t rows = extents_[rank_ - 2], cols = extents_[rank_ - 1];
        const std::int64_t down = strides_[rank_ - 2], along = strides_[rank_ - 1];
        if (cols >= short_row || cols >= rows) {
            for (std::size_t r = 0; r < rows; ++r, in += cols, out += down)
                run(in, 1, out, along, cols, put);
            return;
        }
        for (std::size_t first = 0; first < rows; first += block)
            for (std::size_t c = 0; c < cols; ++c)
                run(in + first * cols + c, cols,
                    out + static_cast<std::int64_t>(first) * down + static_cast<std::int64_t>(c) * along, down,
                    std::min(block, rows - first), put);
    }
    template <class T, class F>
    static void run(const T* in, std::size_t in_stride, T* out, std::int64_t out_stride, std::size_t n, F put) {
        if (in_stride == 1 && out_stride == 1)
            for (std::size_t i = 0; i < n; ++i)
                put(out[i], in[i]);
        else
            for (std::size_t i = 0; i < n; ++i, in += in_stride, out += out_stride)
                put(*out, *in);
    }

    bool empty_;
    std::size_t rank_ = 0; // at least two; neighbours that run on are one axis
    std::array<std::size_t, max_rank + 2> extents_{};
    std::array<std::int64_t, max_rank + 2> strides_{};
    std::int64_t offset_ = 0;
};

/// Puts the elements of `in`, dense and of shape `extents`, to where start + step * i points in `out`.
template <class T>
void copy_strided(const Shape& extents, const Shape& whole, const Dims& start, const Dims& step, const T* in, T* out) {
    StridedPlaces(extents, whole, start, step).each(in, out, [](T& to, const T& from) { to = from; });
}

/// Rows of `cols` elements that lie end to end, to where rows are `out_stride` apart. Of short rows, columns are gone
/// along.
template <class T>
void copy_rows(const T* in, std::size_t rows, std::size_t cols, T* out, std::size_t out_stride) {
    constexpr std::size_t long_row = 64;
    if (rows == 1 || cols >= long_row)
        for (std::size_t r = 0; r < rows; ++r)
            std::copy_n(in + r * cols, cols, out + r * out_stride);
    else if (cols >= short_row)
        for (std::size_t r = 0; r < rows; ++r, in += cols, out += out_stride)
            for (std::size_t c = 0; c < cols; ++c)
                out[c] = in[c];
    else
        for (std::size_t c = 0; c < cols; ++c)
            for (std::size_t r = 0; r < rows; ++r)
                out[r * out_stride + c] = in[r * cols + c];
}

} // namespace xgrad
