#pragma once

#include <xgrad/ops/index_ops.hpp>
#include <xgrad/ops/reduce_ops.hpp>
#include <xgrad/ops/scan.hpp>
#include <xgrad/ops/statistics.hpp>

namespace xgrad {

struct Prod {
    static constexpr auto name = "prod";
    static constexpr double identity = 1;
    static constexpr bool integers = true, wide = true;
    static auto combine(auto a, auto b) { return decltype(a)(a * b); }
    static Var vjp(Var g, Var, Var x, const Dims& axes) {
        return axes.empty() ? g : g * detail::product_of_others(x, axes); // a scalar has no axes
    }
};

/// The index of the largest or the smallest element of each row.
template <bool Largest>
struct ArgExtreme {
    static constexpr auto name = Largest ? "argmax" : "argmin";
    static constexpr bool leading_axes = true;
    static constexpr bool zero_derivative = true;

    static Shape shape(Types in) {
        Shape result = in[0].shape;
        result[result.rank() - 1] = 1;
        return result;
    }
    static DType dtype(Types) { return DType::int64; }
    static std::size_t row_count(Types in) { return in[0].shape.numel() / in[0].shape.back(); }
    static Kernel kernel(Types in) {
        return detail::visit(in[0].dtype, [](auto zero) -> Kernel { return rows<decltype(zero)>; });
    }

  private:
    template <class T>
    static void rows(const Tile& t) {
        for (std::size_t r = 0; r < t.rows; ++r) {
            const auto row = static_cast<std::int64_t>(r);
            const T* x = static_cast<const T*>(t.in[0]) + row * t.in_stride[0];
            std::size_t best = 0;
            for (std::size_t i = 1; i < t.inner; ++i)
                if ((Largest ? x[i] > x[best] : x[i] < x[best]) || (x[i] != x[i] && x[best] == x[best])) best = i;
            static_cast<std::int64_t*>(t.out)[row * t.out_stride] = static_cast<std::int64_t>(best);
        }
    }
};

} // namespace xgrad
