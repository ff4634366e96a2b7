#pragma once

#include <cstring>

#include <xgrad/core/kernels/tables.hpp>
#include <xgrad/core/simd/simd.hpp>

namespace xgrad {

template <class I>
struct MoveKernelsFor {
    static MoveKernels make(std::size_t element_bytes);
};

#if !defined(XGRAD_BUILDING) || defined(XGRAD_KERNELS)
namespace {

template <class T, class I>
void move_rows(const Tile& t) {
    for (std::size_t r = 0; r < t.rows; ++r) {
        T* out = static_cast<T*>(t.out) + static_cast<std::int64_t>(r) * t.out_stride;
        const T* in = static_cast<const T*>(t.in[0]) + static_cast<std::int64_t>(r) * t.in_stride[0];
        for (std::size_t c = 0; c < t.cols; ++c)
            out[c] = in[c];
    }
}

template <class T, class I>
void spread_rows(const Tile& t) {
    for (std::size_t r = 0; r < t.rows; ++r) {
        T* out = static_cast<T*>(t.out) + static_cast<std::int64_t>(r) * t.out_stride;
        const T value = static_cast<const T*>(t.in[0])[static_cast<std::int64_t>(r) * t.in_stride[0]];
        for (std::size_t c = 0; c < t.cols; ++c)
            out[c] = value;
    }
}

template <class T, class I>
void gather_rows(const Tile& t) {
    const GatherMap& map = *static_cast<const GatherMap*>(t.op);
    std::size_t left = t.rows * t.cols;
    if (left == 0) return;
    T* out = static_cast<T*>(t.out);
    const T* const base = static_cast<const T*>(t.in[0]);
    if (map.rank == 0) {
        for (std::size_t i = 0; i < left; ++i)
            out[i] = *base;
        return;
    }
    // Where the first element of these rows stands.
    std::size_t at[8] = {}, rest = t.first_row * t.cols;
    std::int64_t offset = 0;
    for (std::size_t d = map.rank; d-- > 0;) {
        at[d] = rest % map.extents[d];
        rest /= map.extents[d];
        offset += static_cast<std::int64_t>(at[d]) * map.strides[d];
    }
    const std::size_t inner = map.rank - 1;
    const std::int64_t stride = map.strides[inner];
    for (;;) {
        const std::size_t run = map.extents[inner] - at[inner];
        const std::size_t n = run < left ? run : left;
        const T* in = base + offset;
        if (stride == 1)
            for (std::size_t i = 0; i < n; ++i)
                out[i] = in[i];
        else if (stride == 0) {
            const T value = *in;
            for (std::size_t i = 0; i < n; ++i)
                out[i] = value;
        } else
            for (std::size_t i = 0; i < n; ++i)
                out[i] = in[static_cast<std::int64_t>(i) * stride];
        out += n;
        left -= n;
        if (left == 0) return;
        offset -= static_cast<std::int64_t>(at[inner]) * stride;
        at[inner] = 0;
        for (std::size_t d = inner; d-- > 0;) {
            offset += map.strides[d];
            if (++at[d] < map.extents[d]) break;
            offset -= static_cast<std::int64_t>(at[d]) * map.strides[d];
            at[d] = 0;
        }
    }
}

template <class T, class I>
MoveKernels moves() {
    return {move_rows<T, I>, spread_rows<T, I>, gather_rows<T, I>};
}

} // namespace

template <class I>
MoveKernels MoveKernelsFor<I>::make(std::size_t element_bytes) {
    if (element_bytes == 1) return moves<std::uint8_t, I>();
    if (element_bytes == 4) return moves<std::uint32_t, I>();
    return moves<std::uint64_t, I>();
}
#endif

} // namespace xgrad
