#pragma once

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/core/graph/requirements.hpp>
#include <xgrad/core/graph/structural_ops.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/strided.hpp>

namespace xgrad {

/// A number for a new first axis, and those of the others.
inline Dims with_first(std::int64_t first, const Dims& others) {
    Dims result = first;
    for (const std::int64_t other : others)
        result.push_back(other);
    return result;
}

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
    Var vmap(const BatchedInputs& in) const {
        return detail::strided(in.x[0], in.batch_of(to), with_first(0, start), with_first(1, step));
    }
    std::size_t hash() const { return to.hash() ^ (start.hash() * 31) ^ (step.hash() * 17); }
    std::string str() const { return fmt::format("from {} by {}", start.str(), step.str()); }
    bool operator==(const Slice&) const = default;
};

struct Embed {
    static constexpr auto name = "embed";
    static constexpr bool linear = true;
    Shape to;
    Dims start, step;

    Shape shape(Types) const { return to; }
    void eval(ConstArrays in, Array out) const {
        detail::visit_bits(out.dtype(), [&](auto zero) {
            using T = decltype(zero);
            T* data = static_cast<T*>(out.data);
            std::fill(data, data + to.numel(), zero);
            copy_strided(in[0].shape(), to, start, step, static_cast<const T*>(in[0].data), data);
        });
    }
    void add(ConstArrays in, Array sums) const {
        detail::visit(sums.dtype(), [&](auto zero) {
            using T = decltype(zero);
            StridedPlaces(in[0].shape(), to, start, step)
                .each(in[0].pointer<T>(), sums.pointer<T>(), [](T& sum, const T& x) { sum = static_cast<T>(sum + x); });
        });
    }
    Var vjp(Var g, Var, Var x) const { return detail::strided(g, x.shape(), start, step); }
    Var vmap(const BatchedInputs& in) const {
        return detail::embed(in.x[0], in.batch_of(to), with_first(0, start), with_first(1, step));
    }
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
                throw Error(fmt::format("dtypes differ, {} and {}; {}", xgrad::name(x[0].dtype),
                                        xgrad::name(x[i].dtype), detail::advice_to_cast(x[0].dtype, x[i].dtype)));
            if (other != result)
                throw Error(fmt::format("shapes {} and {} differ in more than axis {}; all other extents must be equal",
                                        x[0].shape.str(), x[i].shape.str(), axis));
            extent = add_sat(extent, static_cast<std::int64_t>(x[i].shape[a]));
        }
        result[a] = static_cast<std::size_t>(extent);
        return result;
    }
    void eval(ConstArrays in, Array out) const {
        const auto a = static_cast<std::size_t>(axis);
        std::size_t outer = 1, inner = 1;
        for (std::size_t i = 0; i < out.shape().rank(); ++i)
            if (i != a) (i < a ? outer : inner) *= out.shape()[i];
        const std::size_t width = out.shape()[a] * inner;
        if (outer * width == 0) return;
        // A few rows of all parts at a time, so that those of the result stay in the cache until they are full.
        const std::size_t block = std::max<std::size_t>(16, 4096 / width);
        detail::visit_bits(out.dtype(), [&](auto zero) {
            using T = decltype(zero);
            for (std::size_t first = 0; first < outer; first += block) {
                T* to = static_cast<T*>(out.data) + first * width;
                for (const ConstArray& part : in) {
                    const std::size_t cols = part.shape()[a] * inner;
                    copy_rows(static_cast<const T*>(part.data) + first * cols, std::min(block, outer - first), cols, to,
                              width);
                    to += cols;
                }
            }
        });
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
    Var vmap(const BatchedInputs& in) const {
        std::vector<Operand> parts;
        for (std::size_t k = 0; k < in.x.size(); ++k)
            parts.emplace_back(in.all(k));
        return record(Concatenate{axis + 1}, std::span<const Operand>(parts));
    }
    std::string str() const { return fmt::format("along {}", axis); }
    bool operator==(const Concatenate&) const = default;
};

} // namespace xgrad
