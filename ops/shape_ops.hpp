#pragma once

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/structural_ops.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad {

struct Transpose {
    static constexpr auto name = "transpose";
    Dims axes; // the result's axis i is x's axis axes[i]

    Shape shape(Types x) const {
        Shape result = x[0].shape;
        for (std::size_t i = 0; i < axes.size(); ++i)
            result[i] = x[0].shape[static_cast<std::size_t>(axes[i])];
        return result;
    }
    bool map(const Layout& in, Layout& out) const {
        out.offset = in.offset;
        for (std::size_t i = 0; i < axes.size(); ++i)
            out.strides[i] = in.strides[static_cast<std::size_t>(axes[i])];
        return true;
    }
    Var vjp(Var g, Var, Var) const {
        Dims inverse = axes;
        for (std::size_t i = 0; i < axes.size(); ++i)
            inverse[static_cast<std::size_t>(axes[i])] = static_cast<std::int64_t>(i);
        return transpose(g, inverse);
    }
    std::size_t hash() const { return axes.hash(); }
    std::string str() const { return axes.str(); }
    bool operator==(const Transpose&) const = default;
};

struct Slice {
    static constexpr auto name = "slice";
    Shape to;
    Dims start, step;

    Shape shape(Types) const { return to; }
    bool map(const Layout& in, Layout& out) const {
        out.offset = in.offset;
        for (std::size_t i = 0; i < to.rank(); ++i) {
            out.offset += start[i] * in.strides[i];
            out.strides[i] = step[i] * in.strides[i];
        }
        return true;
    }
    Var vjp(Var g, Var, Var x) const { return detail::embed(g, x.shape(), start, step); }
    std::size_t hash() const { return to.hash() ^ (start.hash() * 31) ^ (step.hash() * 17); }
    std::string str() const { return fmt::format("from {} by {}", start.str(), step.str()); }
    bool operator==(const Slice&) const = default;
};

/// Copies the elements of `in`, dense and of shape `extents`, to where start + step * i points in `out` (or, the other way
/// round, from there).
template <class T>
void copy_strided(const Shape& extents, const Shape& whole, const Dims& start, const Dims& step, const T* in, T* out) {
    const Layout plain = Layout::contiguous(whole);
    const std::size_t rank = extents.rank();
    if (extents.numel() == 0) return;
    std::array<std::size_t, max_rank> at{};
    std::int64_t offset = 0;
    std::array<std::int64_t, max_rank> strides{};
    for (std::size_t i = 0; i < rank; ++i) {
        offset += start[i] * plain.strides[i];
        strides[i] = step[i] * plain.strides[i];
    }
    const std::size_t inner = rank == 0 ? 1 : extents[rank - 1];
    const std::int64_t stride = rank == 0 ? 1 : strides[rank - 1];
    for (;;) {
        for (std::size_t i = 0; i < inner; ++i)
            out[offset + static_cast<std::int64_t>(i) * stride] = *in++;
        std::size_t axis = rank;
        for (;;) {
            if (axis <= 1) return;
            --axis;
            const std::size_t outer = axis - 1;
            offset += strides[outer];
            if (++at[outer] < extents[outer]) break;
            offset -= strides[outer] * static_cast<std::int64_t>(extents[outer]);
            at[outer] = 0;
        }
    }
}

template <class F>
void with_element(DType dtype, F f) {
    switch (size_of(dtype)) {
    case 1: return f(std::uint8_t{});
    case 4: return f(std::uint32_t{});
    default: return f(std::uint64_t{});
    }
}

struct Embed {
    static constexpr auto name = "embed";
    static constexpr bool linear = true;
    Shape to;
    Dims start, step;

    Shape shape(Types) const { return to; }
    void eval(ConstArrays in, Array out) const {
        with_element(out.dtype(), [&](auto zero) {
            using T = decltype(zero);
            T* data = static_cast<T*>(out.data);
            std::fill(data, data + to.numel(), zero);
            copy_strided(in[0].shape(), to, start, step, static_cast<const T*>(in[0].data), data);
        });
    }
    Var vjp(Var g, Var, Var x) const { return detail::strided(g, x.shape(), start, step); }
    std::size_t hash() const { return to.hash() ^ (start.hash() * 31) ^ (step.hash() * 17); }
    std::string str() const { return fmt::format("from {} by {}", start.str(), step.str()); }
    bool operator==(const Embed&) const = default;
};

struct Concatenate {
    static constexpr auto name = "concatenate";
    static constexpr bool linear = true;
    std::int64_t axis;

    Shape shape(Types x) const {
        const auto a = static_cast<std::size_t>(axis);
        Shape result = x[0].shape;
        auto extent = static_cast<std::int64_t>(result[a]);
        for (std::size_t i = 1; i < x.size(); ++i) {
            Shape other = x[i].shape;
            const bool same_rank = other.rank() == result.rank();
            if (same_rank) other[a] = result[a];
            if (x[i].dtype != x[0].dtype)
                throw Error(fmt::format("dtypes differ, {} and {}; cast one of them", xgrad::name(x[0].dtype),
                                        xgrad::name(x[i].dtype)));
            if (other != result)
                throw Error(fmt::format("shapes {} and {} differ in more than axis {}; all other extents must be equal",
                                        x[0].shape.str(), x[i].shape.str(), axis));
            extent = add_sat(extent, static_cast<std::int64_t>(x[i].shape[a]));
        }
        result[a] = static_cast<std::size_t>(extent);
        return result;
    }
    void eval(ConstArrays in, Array out) const {
        Dims start, step;
        for (std::size_t i = 0; i < out.shape().rank(); ++i)
            start.push_back(0), step.push_back(1);
        const auto a = static_cast<std::size_t>(axis);
        for (const ConstArray& part : in) {
            with_element(out.dtype(), [&](auto zero) {
                using T = decltype(zero);
                copy_strided(part.shape(), out.shape(), start, step, static_cast<const T*>(part.data),
                             static_cast<T*>(out.data));
            });
            start[a] += static_cast<std::int64_t>(part.shape()[a]);
        }
    }
    std::vector<Var> vjp(Var g, Var, std::span<const Var> x) const {
        std::vector<Var> result;
        std::int64_t at = 0;
        for (const Var& part : x) {
            const auto extent = static_cast<std::int64_t>(part.shape()[static_cast<std::size_t>(axis)]);
            result.push_back(slice(g, axis, at, at + extent));
            at += extent;
        }
        return result;
    }
    std::string str() const { return fmt::format("along {}", axis); }
    bool operator==(const Concatenate&) const = default;
};

} // namespace xgrad
