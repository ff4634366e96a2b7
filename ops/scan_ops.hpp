#pragma once
// All of these work along the last axis.

#include <array>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/index_ops.hpp>
#include <xgrad/ops/scan.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad {

/// What runs along: float32 is carried in float64.
template <class T>
using running_t = std::conditional_t<std::is_same_v<T, float>, double, T>;

/// Integers wrap around.
template <class T>
T wrapping_add(T a, T b) {
    if constexpr (std::is_integral_v<T>)
        return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
    else
        return a + b;
}
template <class T>
T wrapping_multiply(T a, T b) {
    if constexpr (std::is_integral_v<T>)
        return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    else
        return a * b;
}

/// Calls f(row, i, before) for each element in its order, `before` the index of the one before it, or -1.
template <class F>
void along_rows(const Tile& t, bool reverse, F f) {
    const auto n = static_cast<std::int64_t>(t.cols);
    for (std::int64_t r = 0; r < static_cast<std::int64_t>(t.rows); ++r)
        for (std::int64_t k = 0; k < n; ++k) {
            const std::int64_t i = reverse ? n - 1 - k : k;
            f(r, i, k == 0 ? -1 : reverse ? i + 1 : i - 1);
        }
}

/// The rows of an op along the last axis.
inline std::size_t rows_of(const Shape& shape) {
    std::size_t rows = 1;
    for (std::size_t i = 0; i + 1 < shape.rank(); ++i)
        rows *= shape[i];
    return rows;
}

struct CumSum {
    static constexpr auto name = "cumsum";
    static constexpr bool leading_axes = true;
    static constexpr bool linear = true;
    bool reverse = false;

    static Shape shape(Types in) { return in[0].shape; }
    static std::size_t row_count(Types in) { return rows_of(in[0].shape); }
    static Kernel kernel(Types in) {
        return detail::visit(in[0].dtype, [](auto zero) -> Kernel {
            using T = decltype(zero);
            return [](const Tile& t) {
                running_t<T> total{};
                along_rows(t, static_cast<const CumSum*>(t.op)->reverse,
                           [&](std::int64_t r, std::int64_t i, std::int64_t before) {
                               const auto x = static_cast<running_t<T>>(
                                   static_cast<const T*>(t.in[0])[r * t.in_stride[0] + i]);
                               total = before < 0 ? x : wrapping_add(total, x);
                               static_cast<T*>(t.out)[r * t.out_stride + i] = static_cast<T>(total);
                           });
            };
        });
    }
    Var vjp(Var g, Var, Var) const { return record(CumSum{!reverse}, g); }
    std::string str() const { return reverse ? "from the end" : ""; }
    bool operator==(const CumSum&) const = default;
};

/// y_i = b_i + a_i y_{i-1}, or with `late` b_i + a_{i-1} y_{i-1}; backwards with i + 1 for i - 1.
struct Recurrence {
    static constexpr auto name = "recurrence";
    static constexpr bool leading_axes = true;
    bool reverse = false, late = false;

    static Shape shape(Types in) { return in[0].shape; }
    static std::size_t row_count(Types in) { return rows_of(in[0].shape); }
    static Kernel kernel(Types in) {
        return detail::visit(in[0].dtype, [](auto zero) -> Kernel {
            using T = decltype(zero);
            return [](const Tile& t) {
                const Recurrence& op = *static_cast<const Recurrence*>(t.op);
                running_t<T> y{};
                along_rows(t, op.reverse, [&](std::int64_t r, std::int64_t i, std::int64_t before) {
                    const T* a = static_cast<const T*>(t.in[0]) + r * t.in_stride[0];
                    const auto b = static_cast<running_t<T>>(static_cast<const T*>(t.in[1])[r * t.in_stride[1] + i]);
                    y = before < 0
                            ? b
                            : wrapping_add(b, wrapping_multiply(static_cast<running_t<T>>(a[op.late ? before : i]), y));
                    static_cast<T*>(t.out)[r * t.out_stride + i] = static_cast<T>(y);
                });
            };
        });
    }
    std::array<Var, 2> vjp(Var g, Var y, Var a, Var) const;
    std::string str() const {
        return fmt::format("{}{}", reverse ? "from the end" : "from the start", late ? ", late" : "");
    }
    bool operator==(const Recurrence&) const = default;
};

/// Each element's neighbour before it in the order of a scan, 0 for the first.
inline Var shifted(Var x, bool reverse) {
    const Shape& shape = x.shape();
    const auto n = static_cast<std::int64_t>(shape.back());
    if (n == 0) return x;
    Dims start, step;
    for (std::size_t i = 0; i < shape.rank(); ++i)
        start.push_back(i + 1 == shape.rank() && !reverse ? 1 : 0), step.push_back(1);
    return detail::embed(reverse ? slice(x, -1, 1, n) : slice(x, -1, 0, n - 1), shape, start, step);
}

inline std::array<Var, 2> Recurrence::vjp(Var g, Var y, Var a, Var) const {
    const Var t = record(Recurrence{!reverse, !late}, a, g);
    return {late ? shifted(t, !reverse) * y : t * shifted(y, reverse), t};
}

struct CumProd {
    static constexpr auto name = "cumprod";
    static constexpr bool leading_axes = true;
    bool reverse = false, exclusive = false; // exclusive: without the element itself

    static Shape shape(Types in) { return in[0].shape; }
    static std::size_t row_count(Types in) { return rows_of(in[0].shape); }
    static Kernel kernel(Types in) {
        return detail::visit(in[0].dtype, [](auto zero) -> Kernel {
            using T = decltype(zero);
            return [](const Tile& t) {
                const CumProd& op = *static_cast<const CumProd*>(t.op);
                running_t<T> product{};
                along_rows(t, op.reverse, [&](std::int64_t r, std::int64_t i, std::int64_t before) {
                    const T* x = static_cast<const T*>(t.in[0]) + r * t.in_stride[0];
                    if (before < 0) product = 1;
                    if (!op.exclusive || before >= 0)
                        product = wrapping_multiply(product, static_cast<running_t<T>>(x[op.exclusive ? before : i]));
                    static_cast<T*>(t.out)[r * t.out_stride + i] = static_cast<T>(product);
                });
            };
        });
    }
    Var vjp(Var g, Var, Var x) const {
        // What stands before x_i, times the sum of g_k times what stands between x_i and k.
        const Var after = record(Recurrence{!reverse, true}, x, exclusive ? shifted(g, !reverse) : g);
        return record(CumProd{reverse, true}, x) * after;
    }
    std::string str() const {
        return fmt::format("{}{}", reverse ? "from the end" : "from the start", exclusive ? ", exclusive" : "");
    }
    bool operator==(const CumProd&) const = default;
};

} // namespace xgrad
