#pragma once

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/shape_ops.hpp>

namespace xgrad {

/// Indices from 0 on, of indices that may be negative. The first that is out of range is an error: its text names it
/// and its place.
class CheckedIndices {
  public:
    CheckedIndices(const char* op, const ConstArray& indices, std::size_t extent, std::int64_t axis)
        : data_(indices.pointer<std::int64_t>()), extent_(static_cast<std::int64_t>(extent)) {
        for (std::size_t i = 0; i < indices.shape().numel(); ++i)
            if (data_[i] < -extent_ || data_[i] >= extent_) fail(op, indices.shape(), i, axis);
    }
    std::int64_t operator[](std::size_t i) const { return data_[i] < 0 ? data_[i] + extent_ : data_[i]; }

  private:
    [[noreturn]] void fail(const char* op, const Shape& shape, std::size_t i, std::int64_t axis) const;
    const std::int64_t* data_;
    std::int64_t extent_;
};

inline void require_indices(const Type& indices) {
    if (indices.dtype != DType::int64)
        throw Error(
            fmt::format("the indices are {} {}; they must be int64", xgrad::name(indices.dtype), indices.shape.str()));
}

/// The extents before, at and after the axis of an array.
struct AroundAxis {
    std::size_t outer = 1, extent, inner = 1;
    AroundAxis(const Shape& shape, std::int64_t axis) : extent(shape[static_cast<std::size_t>(axis)]) {
        for (std::size_t i = 0; i < shape.rank(); ++i)
            (static_cast<std::int64_t>(i) < axis ? outer : inner) *= static_cast<std::int64_t>(i) == axis ? 1
                                                                                                          : shape[i];
    }
};

struct Take {
    static constexpr auto name = "take";
    static constexpr bool linear = true;
    std::int64_t axis;

    Shape shape(Types in) const {
        require_indices(in[1]);
        const Shape& x = in[0].shape;
        Shape result;
        for (std::size_t i = 0; i < x.rank(); ++i)
            if (static_cast<std::int64_t>(i) != axis)
                result.append(static_cast<std::int64_t>(x[i]));
            else
                for (const std::size_t extent : in[1].shape)
                    result.append(static_cast<std::int64_t>(extent));
        return result;
    }
    void eval(ConstArrays in, Array out) const {
        const AroundAxis x(in[0].shape(), axis);
        const CheckedIndices indices(name, in[1], x.extent, axis);
        const std::size_t count = in[1].shape().numel(), bytes = x.inner * size_of(out.dtype());
        const auto* from = static_cast<const std::byte*>(in[0].data);
        auto* to = static_cast<std::byte*>(out.data);
        if (bytes == 0) return;
        for (std::size_t a = 0; a < x.outer; ++a, from += x.extent * bytes)
            for (std::size_t i = 0; i < count; ++i, to += bytes)
                std::memcpy(to, from + static_cast<std::size_t>(indices[i]) * bytes, bytes);
    }
    std::array<Var, 2> vjp(Var g, Var, Var x, Var indices) const;
    Var vmap(const BatchedInputs& in) const;
    std::string str() const { return fmt::format("along {}", axis); }
    bool operator==(const Take&) const = default;
};

template <class T>
void take_rows_kernel(const Tile& t);

/// Take along the first axis: rows, read by the loop that works on them.
struct TakeRows {
    static constexpr auto name = "take";
    static constexpr bool linear = true;
    static constexpr unsigned whole = 1; // the table
    static constexpr int fault_input = 1;
    std::size_t extent;

    static Shape shape(Types in) { return Take{0}.shape(in); }
    static std::size_t row_count(Types in) { return in[1].shape.numel(); }
    static Kernel kernel(Types in);
    std::string fault(Types in, std::int64_t value, std::uint64_t position) const;
    auto vjp(Var g, Var, Var x, Var indices) const;
    static Var vmap(const BatchedInputs& in) { return Take{0}.vmap(in); }
    bool operator==(const TakeRows&) const = default;
};

/// Zeros, with slices added where take takes them: its adjoint.
struct AddSlices {
    static constexpr auto name = "add_slices";
    static constexpr bool linear = true;
    std::int64_t axis;
    Shape to;

    Shape shape(Types) const { return to; }
    void eval(ConstArrays in, Array out) const {
        fill_zeros(out);
        add(in, out);
    }
    void add(ConstArrays in, Array out) const {
        const AroundAxis x(to, axis);
        const CheckedIndices indices(name, in[1], x.extent, axis);
        const std::size_t count = in[1].shape().numel();
        detail::visit(out.dtype(), [&](auto zero) {
            using T = decltype(zero);
            const T* from = in[0].pointer<T>();
            T* sums = out.pointer<T>();
            for (std::size_t a = 0; a < x.outer; ++a, sums += x.extent * x.inner)
                for (std::size_t i = 0; i < count; ++i, from += x.inner) {
                    T* sum = sums + static_cast<std::size_t>(indices[i]) * x.inner;
                    for (std::size_t b = 0; b < x.inner; ++b)
                        sum[b] = static_cast<T>(sum[b] + from[b]);
                }
        });
    }
    auto vjp(Var g, Var, Var, Var indices) const { return std::array{take(g, indices, axis), Var{}}; }
    Var vmap(const BatchedInputs& in) const {
        return in.batched[1] ? Var{} : record(AddSlices{axis + 1, in.batch_of(to)}, in.x[0], in.x[1]);
    }
    std::size_t hash() const { return to.hash() ^ static_cast<std::size_t>(axis); }
    std::string str() const { return fmt::format("along {}", axis); }
    bool operator==(const AddSlices&) const = default;
};

inline auto TakeRows::vjp(Var g, Var, Var x, Var indices) const {
    return std::array{record(AddSlices{0, x.shape()}, g, indices), Var{}};
}

inline std::array<Var, 2> Take::vjp(Var g, Var, Var x, Var indices) const {
    return {record(AddSlices{axis, x.shape()}, g, indices), Var{}};
}

/// Calls f(i, at) for each index i in order, `at` where it points to in an array of shape x: along the axis the index,
/// along the others its own place.
template <class F>
void for_each_index(const CheckedIndices& indices, const Shape& shape, const Shape& x, std::int64_t axis, F f) {
    const Layout layout = Layout::contiguous(x);
    const std::int64_t along = layout.strides[static_cast<std::size_t>(axis)];
    std::array<std::int64_t, max_rank> strides = layout.strides;
    strides[static_cast<std::size_t>(axis)] = 0;
    const std::size_t count = shape.numel();
    std::array<std::size_t, max_rank> place{};
    std::int64_t base = 0;
    for (std::size_t i = 0; i < count; ++i) {
        f(i, base + indices[i] * along);
        for (std::size_t d = shape.rank(); d-- > 0;) {
            base += strides[d];
            if (++place[d] < shape[d]) break;
            base -= strides[d] * static_cast<std::int64_t>(shape[d]);
            place[d] = 0;
        }
    }
}

/// x[i, indices[i, j, k], k]; along the other axes the indices may be shorter than x.
struct TakeAlongAxis {
    static constexpr auto name = "take_along_axis";
    static constexpr bool linear = true;
    std::int64_t axis;

    static Shape shape(Types in) { return in[1].shape; }
    void eval(ConstArrays in, Array out) const {
        const Shape& x = in[0].shape();
        const CheckedIndices indices(name, in[1], x[static_cast<std::size_t>(axis)], axis);
        detail::visit_bits(out.dtype(), [&](auto zero) {
            using T = decltype(zero);
            const T* from = static_cast<const T*>(in[0].data);
            T* to = static_cast<T*>(out.data);
            for_each_index(indices, in[1].shape(), x, axis, [&](std::size_t i, std::int64_t at) { to[i] = from[at]; });
        });
    }
    std::array<Var, 2> vjp(Var g, Var, Var x, Var indices) const;
    Var vmap(const BatchedInputs& in) const { return record(TakeAlongAxis{axis + 1}, in.all(0), in.all(1)); }
    std::string str() const { return fmt::format("{}", axis); }
    bool operator==(const TakeAlongAxis&) const = default;
};

/// Zeros, with elements added where take_along_axis takes them: its adjoint.
struct ScatterAdd {
    static constexpr auto name = "scatter_add";
    static constexpr bool linear = true;
    std::int64_t axis;
    Shape to;

    Shape shape(Types) const { return to; }
    void eval(ConstArrays in, Array out) const {
        fill_zeros(out);
        add(in, out);
    }
    void add(ConstArrays in, Array out) const {
        const CheckedIndices indices(name, in[1], to[static_cast<std::size_t>(axis)], axis);
        detail::visit(out.dtype(), [&](auto zero) {
            using T = decltype(zero);
            const T* from = in[0].pointer<T>();
            T* sums = out.pointer<T>();
            for_each_index(indices, in[1].shape(), to, axis,
                           [&](std::size_t i, std::int64_t at) { sums[at] = static_cast<T>(sums[at] + from[i]); });
        });
    }
    auto vjp(Var g, Var, Var, Var indices) const { return std::array{record(TakeAlongAxis{axis}, g, indices), Var{}}; }
    Var vmap(const BatchedInputs& in) const {
        return record(ScatterAdd{axis + 1, in.batch_of(to)}, in.all(0), in.all(1));
    }
    std::size_t hash() const { return to.hash() ^ static_cast<std::size_t>(axis); }
    std::string str() const { return fmt::format("{}", axis); }
    bool operator==(const ScatterAdd&) const = default;
};

/// What scatters have in common: operands that fit together. The updates get the shape of the indices.
struct ScatterOperands {
    std::int64_t axis;
    Var updates;
};
ScatterOperands scatter_operands(const char* op, const Operand& x, const Operand& indices, const Operand& updates,
                                 std::int64_t axis);

inline std::array<Var, 2> TakeAlongAxis::vjp(Var g, Var, Var x, Var indices) const {
    return {record(ScatterAdd{axis, x.shape()}, g, indices), Var{}};
}

} // namespace xgrad
