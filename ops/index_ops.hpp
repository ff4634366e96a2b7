#pragma once

#include <cstring>

#include <fmt/format.h>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/index.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/strided.hpp>

namespace xgrad {

/// The text about a label out of range, and where it stands.
inline std::string label_fault(const Shape& labels, std::size_t classes, std::int64_t value, std::uint64_t position) {
    const std::string at = labels.position(position);
    if (classes == 0)
        return fmt::format("label {} at position {} is out of range; there are no classes to choose from", value, at);
    return fmt::format("label {} at position {} is out of range; there are {} classes, labels go from 0 to {}", value,
                       at, classes, classes - 1);
}

template <class T>
void pick_kernel(const Tile& t) {
    const T* x = static_cast<const T*>(t.in[0]);
    const auto* labels = static_cast<const std::int64_t*>(t.in[1]);
    T* out = static_cast<T*>(t.out);
    for (std::size_t r = 0; r < t.rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        const std::int64_t label = labels[row * t.in_stride[1]];
        if (static_cast<std::uint64_t>(label) >= t.inner) {
            t.fault->report(t.first_row + r);
            out[r] = T(0);
        } else
            out[r] = x[row * t.in_stride[0] + label];
    }
}

template <class T>
void one_hot_kernel(const Tile& t) {
    const auto* labels = static_cast<const std::int64_t*>(t.in[0]);
    T* out = static_cast<T*>(t.out);
    for (std::size_t i = 0; i < t.rows * t.cols; ++i)
        out[i] = T(0);
    for (std::size_t r = 0; r < t.rows; ++r) {
        const std::int64_t label = labels[static_cast<std::int64_t>(r) * t.in_stride[0]];
        if (static_cast<std::uint64_t>(label) >= t.cols)
            t.fault->report(t.first_row + r);
        else
            out[static_cast<std::int64_t>(r) * t.out_stride + label] = T(1);
    }
}

template <class T>
void unpick_kernel(const Tile& t) {
    const T* x = static_cast<const T*>(t.in[0]);
    const auto* labels = static_cast<const std::int64_t*>(t.in[1]);
    for (std::size_t r = 0; r < t.rows; ++r) {
        const auto row = static_cast<std::int64_t>(r);
        T* out = static_cast<T*>(t.out) + row * t.out_stride;
        for (std::size_t c = 0; c < t.cols; ++c)
            out[c] = T(0);
        const std::int64_t label = labels[row * t.in_stride[1]];
        if (static_cast<std::uint64_t>(label) >= t.cols)
            t.fault->report(t.first_row + r);
        else
            out[label] = x[row * t.in_stride[0]];
    }
}

/// Zeros, with one number of each row where pick takes it: the adjoint of pick.
struct Unpick {
    static constexpr auto name = "unpick";
    static constexpr bool leading_axes = true;
    static constexpr int fault_input = 1;
    std::size_t classes;

    Shape shape(Types in) const {
        Shape result = in[1].shape;
        result.append(static_cast<std::int64_t>(classes));
        return result;
    }
    static std::size_t row_count(Types in) { return in[1].shape.numel(); }
    static Kernel kernel(Types in) {
        return detail::visit(in[0].dtype, [](auto zero) -> Kernel { return unpick_kernel<decltype(zero)>; });
    }
    std::string fault(Types in, std::int64_t value, std::uint64_t position) const {
        return label_fault(in[1].shape, classes, value, position);
    }
    void add(ConstArrays in, Array sums) const {
        const auto* labels = in[1].pointer<std::int64_t>();
        detail::visit(sums.dtype(), [&](auto zero) {
            using T = decltype(zero);
            const T* x = in[0].pointer<T>();
            T* row = sums.pointer<T>();
            for (std::size_t r = 0; r < in[1].shape().numel(); ++r, row += classes) {
                if (static_cast<std::uint64_t>(labels[r]) >= classes)
                    throw Error(label_fault(in[1].shape(), classes, labels[r], r));
                row[labels[r]] = static_cast<T>(row[labels[r]] + x[r]);
            }
        });
    }
    static auto vjp(Var g, Var, Var, Var labels) { return std::array{pick(g, labels), Var{}}; }
    Var jvp(std::span<const Var> tangents, Var, std::span<const Var> x) const {
        return tangents[0].valid() ? record(*this, tangents[0], x[1]) : Var{};
    }
    bool operator==(const Unpick&) const = default;
};

struct Pick {
    static constexpr auto name = "pick";
    static constexpr bool leading_axes = true;
    static constexpr int fault_input = 1;

    static Shape shape(Types in) {
        const Shape &x = in[0].shape, &labels = in[1].shape;
        Shape rows;
        for (std::size_t i = 0; i + 1 < x.rank(); ++i)
            rows.append(static_cast<std::int64_t>(x[i]));
        if (in[0].dtype == DType::int64 && is_floating(in[1].dtype))
            throw Error(fmt::format("{} {} were given as labels; x comes first, and the labels second: pick(x, labels)",
                                    xgrad::name(in[1].dtype), labels.str()));
        if (in[1].dtype != DType::int64)
            throw Error(fmt::format("labels are {} {}; they must be int64", xgrad::name(in[1].dtype), labels.str()));
        if (x.rank() == 0 || rows != labels)
            throw Error(fmt::format("one label is needed for each row: x is {}, labels are {}, they must be {}",
                                    x.str(), labels.str(), rows.str()));
        return labels;
    }
    static std::size_t row_count(Types in) { return in[1].shape.numel(); }
    static Kernel kernel(Types in) {
        return detail::visit(in[0].dtype, [](auto zero) -> Kernel { return pick_kernel<decltype(zero)>; });
    }
    static std::string fault(Types in, std::int64_t value, std::uint64_t position) {
        return label_fault(in[1].shape, in[0].shape.back(), value, position);
    }
    static auto vjp(Var g, Var, Var x, Var labels) {
        return std::array{record(Unpick{x.shape().back()}, g, labels), Var{}};
    }
    static Var jvp(std::span<const Var> tangents, Var, std::span<const Var> x) { return pick(tangents[0], x[1]); }
};

struct OneHot {
    static constexpr auto name = "one_hot";
    static constexpr bool leading_axes = true;
    static constexpr bool zero_derivative = true;
    static constexpr int fault_input = 0;
    std::size_t classes;
    DType to;

    Shape shape(Types in) const {
        if (in[0].dtype != DType::int64)
            throw Error(
                fmt::format("labels are {} {}; they must be int64", xgrad::name(in[0].dtype), in[0].shape.str()));
        Shape result = in[0].shape;
        result.append(static_cast<std::int64_t>(classes));
        return result;
    }
    DType dtype(Types) const { return to; }
    static std::size_t row_count(Types in) { return in[0].shape.numel(); }
    Kernel kernel(Types) const {
        return detail::visit(to, [](auto zero) -> Kernel { return one_hot_kernel<decltype(zero)>; });
    }
    std::string fault(Types in, std::int64_t value, std::uint64_t position) const {
        return label_fault(in[0].shape, classes, value, position);
    }
    bool operator==(const OneHot&) const = default;
};

} // namespace xgrad
