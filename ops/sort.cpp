#include <xgrad/ops/sort.hpp>

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/index_ops.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/scan_ops.hpp>

namespace xgrad {
namespace {

/// Which elements of each row come first, second ... in order: the first `count` of them.
template <SortOrder order>
struct ArgSort {
    static constexpr auto name = "argsort";
    static constexpr bool leading_axes = true;
    std::size_t count;

    Shape shape(Types in) const {
        Shape result = in[0].shape;
        result[result.rank() - 1] = count;
        return result;
    }
    static DType dtype(Types) { return DType::int64; }
    static std::size_t row_count(Types in) { return rows_of(in[0].shape); }
    static Kernel kernel(Types in) {
        return detail::visit(in[0].dtype, [](auto zero) -> Kernel { return rows<decltype(zero)>; });
    }
    std::string str() const { return fmt::format("{}", order == SortOrder::ascending ? "ascending" : "descending"); }
    bool operator==(const ArgSort&) const = default;

  private:
    template <class T>
    static bool is_before(T a, T b) {
        return order == SortOrder::ascending ? a < b || (a == a && b != b) : a > b || (a != a && b == b);
    }

    template <class T>
    static void rows(const Tile& t) {
        const auto n = static_cast<std::int64_t>(t.inner);
        for (std::size_t r = 0; r < t.rows; ++r) {
            const auto row = static_cast<std::int64_t>(r);
            const T* x = static_cast<const T*>(t.in[0]) + row * t.in_stride[0];
            std::int64_t *out = static_cast<std::int64_t*>(t.out) + row * t.out_stride, *end = out + t.cols;
            const auto comes_before = [x](std::int64_t i, std::int64_t j) {
                return is_before(x[i], x[j]) || (!is_before(x[j], x[i]) && i < j);
            };
            std::iota(out, end, std::int64_t{0});
            if (end - out == n) {
                std::sort(out, end, comes_before);
                continue;
            }
            if (out == end) continue;
            // A heap of the first ones so far, the last of them on top.
            std::make_heap(out, end, comes_before);
            for (std::int64_t i = end - out; i < n; ++i) {
                if (!comes_before(i, *out)) continue;
                std::pop_heap(out, end, comes_before);
                end[-1] = i;
                std::push_heap(out, end, comes_before);
            }
            std::sort_heap(out, end, comes_before);
        }
    }
};

/// The indices of the first `count` elements along the axis.
Var first_indices(const Operand& x, std::int64_t axis, SortOrder order, std::size_t count) {
    const Var rows = swap_axes(x, axis, -1);
    return swap_axes(order == SortOrder::ascending ? record(ArgSort<SortOrder::ascending>{count}, rows)
                                                   : record(ArgSort<SortOrder::descending>{count}, rows),
                     axis, -1);
}

std::int64_t axis_of(const char* op, const Operand& x, std::int64_t axis) {
    return detail::normalized_axes(op, x, Dims(axis))[0];
}

} // namespace

Var argsort(Operand x, std::int64_t axis, SortOrder order) {
    const Call call("argsort", x.where);
    const std::int64_t a = axis_of("argsort", x, axis);
    return first_indices(x, a, order, x.shape()[static_cast<std::size_t>(a)]);
}

Var sort(Operand x, std::int64_t axis, SortOrder order) {
    const Call call("sort", x.where);
    const std::int64_t a = axis_of("sort", x, axis);
    return take_along_axis(x, argsort(x, a, order), a);
}

TopK top_k(Operand x, std::int64_t k, std::int64_t axis, SortOrder order) {
    const Call call("top_k", x.where);
    const std::int64_t a = axis_of("top_k", x, axis);
    const auto extent = static_cast<std::int64_t>(x.shape()[static_cast<std::size_t>(a)]);
    if (k < 0 || k > extent)
        throw Error(fmt::format("top_k: k is {}, and axis {} of shape {} has {} elements; k must be from 0 to {}", k,
                                axis, x.shape().str(), extent, extent),
                    x.where);
    const Var indices = first_indices(x, a, order, static_cast<std::size_t>(k));
    return {take_along_axis(x, indices, a), indices};
}

} // namespace xgrad
