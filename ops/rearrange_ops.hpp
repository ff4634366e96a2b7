#pragma once

#include <algorithm>

#include <fmt/format.h>

#include <xgrad/ops/index_ops.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/shape_ops.hpp>

namespace xgrad {

/// Embed with another value than 0 around.
struct Pad {
    static constexpr auto name = "pad";
    Shape to;
    Dims start, step;
    double value;

    Shape shape(Types) const { return to; }
    void eval(ConstArrays in, Array out) const {
        detail::visit(out.dtype(), [&](auto zero) -> Kernel {
            using T = decltype(zero);
            std::fill_n(out.pointer<T>(), to.numel(), static_cast<T>(value));
            copy_strided(in[0].shape(), to, start, step, in[0].pointer<T>(), out.pointer<T>());
            return nullptr;
        });
    }
    Var vjp(Var g, Var, Var x) const { return detail::strided(g, x.shape(), start, step); }
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var>) const {
        return detail::embed(tangents[0], to, start, step);
    }
    Var vmap(const BatchedInputs& in) const {
        return record(Pad{in.batch_of(to), with_first(0, start), with_first(1, step), value}, in.x[0]);
    }
    std::size_t hash() const { return to.hash() ^ (start.hash() * 31); }
    std::string str() const { return fmt::format("from {} with {}", start.str(), value); }
    bool operator==(const Pad&) const = default;
};

/// The diagonal of two axes; from_diagonal puts it back among zeros.
struct Diagonal {
    static constexpr auto name = "diagonal";
    std::int64_t offset;
    std::size_t a, b;

    Shape shape(Types in) const {
        const Shape& x = in[0].shape;
        Shape result;
        for (std::size_t i = 0; i < x.rank(); ++i)
            if (i != a && i != b) result.append(static_cast<std::int64_t>(x[i]));
        const auto rows = static_cast<std::int64_t>(x[a]), cols = static_cast<std::int64_t>(x[b]);
        result.append(
            std::max<std::int64_t>(0, offset >= 0 ? std::min(rows, cols - offset) : std::min(rows + offset, cols)));
        return result;
    }
    bool map(const Layout& in, Layout& out) const {
        out.shape = shape(std::array{Type{.shape = in.shape}});
        out.offset = in.offset;
        if (out.shape.back() != 0) out.offset += offset >= 0 ? offset * in.strides[b] : -offset * in.strides[a];
        std::size_t next = 0;
        for (std::size_t i = 0; i < in.shape.rank(); ++i)
            if (i != a && i != b) out.strides[next++] = in.strides[i];
        out.strides[next] = in.strides[a] + in.strides[b];
        return true;
    }
    Var vjp(Var g, Var, Var x) const;
    Var vmap(const BatchedInputs& in) const { return record(Diagonal{offset, a + 1, b + 1}, in.x[0]); }
    std::string str() const { return fmt::format("{} of axes {} and {}", offset, a, b); }
    bool operator==(const Diagonal&) const = default;
};

struct FromDiagonal {
    static constexpr auto name = "from_diagonal";
    static constexpr bool linear = true;
    Shape to;
    Diagonal of;

    Shape shape(Types) const { return to; }
    void eval(ConstArrays in, Array out) const {
        fill_zeros(out);
        add(in, out);
    }
    void add(ConstArrays in, Array sums) const {
        Layout layout;
        of.map(Layout::contiguous(to), layout);
        const Shape& extents = in[0].shape();
        detail::visit(sums.dtype(), [&](auto zero) {
            using T = decltype(zero);
            T* const to_data = sums.pointer<T>();
            const T* from = in[0].pointer<T>();
            for (std::size_t i = 0; i < extents.numel(); ++i) {
                T& sum = to_data[layout.place_of(i)];
                sum = static_cast<T>(sum + from[i]);
            }
        });
    }
    Var vjp(Var g, Var, Var) const { return record(of, g); }
    Var vmap(const BatchedInputs& in) const {
        return record(FromDiagonal{in.batch_of(to), {of.offset, of.a + 1, of.b + 1}}, in.x[0]);
    }
    std::size_t hash() const { return to.hash() ^ static_cast<std::size_t>(of.offset); }
    std::string str() const { return of.str(); }
    bool operator==(const FromDiagonal&) const = default;
};

inline Var Diagonal::vjp(Var g, Var, Var x) const { return record(FromDiagonal{x.shape(), *this}, g); }

/// Zeros on one side of a diagonal of the last two axes.
struct Triangle {
    static constexpr auto name = "triangle";
    static constexpr bool linear = true;
    std::int64_t k;
    std::size_t height;
    bool lower;

    static Shape shape(Types in) { return in[0].shape; }
    static std::size_t row_count(Types in) {
        std::size_t rows = 1;
        for (std::size_t i = 0; i + 1 < in[0].shape.rank(); ++i)
            rows *= in[0].shape[i];
        return rows;
    }
    static Kernel kernel(Types in) {
        return detail::visit(in[0].dtype, [](auto zero) -> Kernel {
            using T = decltype(zero);
            return [](const Tile& t) {
                const Triangle& op = *static_cast<const Triangle*>(t.op);
                const auto cols = static_cast<std::int64_t>(t.cols);
                for (std::size_t r = 0; r < t.rows; ++r) {
                    const auto row = static_cast<std::int64_t>(r);
                    const T* x = static_cast<const T*>(t.in[0]) + row * t.in_stride[0];
                    T* out = static_cast<T*>(t.out) + row * t.out_stride;
                    const std::int64_t diagonal = static_cast<std::int64_t>((t.first_row + r) % op.height) + op.k;
                    for (std::int64_t c = 0; c < cols; ++c)
                        out[c] = (op.lower ? c <= diagonal : c >= diagonal) ? x[c] : T(0);
                }
            };
        });
    }
    Var vjp(Var g, Var, Var) const { return record(*this, g); }
    std::string str() const { return fmt::format("{} {}", lower ? "lower" : "upper", k); }
    std::size_t hash() const { return static_cast<std::size_t>(k) * 2 + lower; }
    bool operator==(const Triangle&) const = default;
};

} // namespace xgrad
