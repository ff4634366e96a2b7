#include <xgrad/ops/scatter.hpp>

#include <algorithm>
#include <vector>

#include <xgrad/core/graph/graph.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/gather_ops.hpp>
#include <xgrad/ops/scan_ops.hpp>

namespace xgrad {
namespace {

constexpr std::int64_t none = -1;

/// The number as a Var of x's dtype, in a shape.
Var number_like(Var x, double number, const Shape& shape) {
    const GraphUse graph(x);
    return broadcast_to(graph->var(graph->operand(Operand(number), x.dtype())), shape);
}

Var take_at_places(Var x, Var indices, std::int64_t axis) { return record(TakeAlongAxis{axis}, x, indices); }

/// Calls f(i, place) for each index in row-major order, `place` the element of an array of that shape which it says.
template <class F>
void for_each_place(const char* op, const ConstArray& indices, const Shape& shape, std::int64_t axis, F f) {
    const CheckedIndices checked(op, indices, shape[static_cast<std::size_t>(axis)], axis);
    for_each_index(checked, indices.shape(), shape, axis, f);
}

/// x, then out[place] = f(out[place], update) for each update.
template <class F>
void combine_updates(const char* op, ConstArrays in, Array out, std::int64_t axis, F f) {
    detail::visit(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *x = in[0].pointer<T>(), *updates = in[1].pointer<T>();
        T* y = out.pointer<T>();
        std::copy_n(x, out.shape().numel(), y);
        for_each_place(op, in[2], out.shape(), axis,
                       [&](std::size_t i, std::int64_t place) { y[place] = f(y[place], updates[i]); });
    });
}

/// For each index, whether it is the last one for its place.
struct LastWrites {
    static constexpr auto name = "scatter";
    std::int64_t axis;
    Shape to;

    static Shape shape(Types in) { return in[0].shape; }
    static DType dtype(Types) { return DType::uint8; }
    void eval(ConstArrays in, Array out) const {
        std::vector<std::int64_t> last(to.numel(), none);
        auto* holds = out.pointer<std::uint8_t>();
        for_each_place(name, in[0], to, axis, [&](std::size_t i, std::int64_t place) {
            std::int64_t& before = last[static_cast<std::size_t>(place)];
            if (before != none) holds[before] = 0;
            holds[i] = 1;
            before = static_cast<std::int64_t>(i);
        });
    }
    std::size_t hash() const { return to.hash() ^ static_cast<std::size_t>(axis); }
    bool operator==(const LastWrites&) const = default;
};

struct Scatter { // x, updates, indices
    static constexpr auto name = "scatter";
    static constexpr bool linear = true;
    std::int64_t axis;

    static Shape shape(Types in) { return in[0].shape; }
    void eval(ConstArrays in, Array out) const {
        combine_updates(name, in, out, axis, [](auto, auto update) { return update; });
    }
    std::array<Var, 3> vjp(Var g, Var, Var x, Var, Var indices) const {
        const Var last = record(LastWrites{axis, x.shape()}, indices);
        return {record(*this, g, number_like(g, 0, indices.shape()), indices),
                where(last, take_at_places(g, indices, axis), 0), Var{}};
    }
    bool operator==(const Scatter&) const = default;
};

template <bool Largest>
struct ScatterExtreme { // x, updates, indices
    static constexpr auto name = Largest ? "scatter_max" : "scatter_min";
    std::int64_t axis;

    static Shape shape(Types in) { return in[0].shape; }
    void eval(ConstArrays in, Array out) const {
        combine_updates(name, in, out, axis, [](auto a, auto b) {
            return (Largest ? b > a : b < a) || (b != b && a == a) ? b : a; // a NaN stays
        });
    }
    std::array<Var, 3> vjp(Var g, Var y, Var x, Var updates, Var indices) const {
        const Var of_x = cast(x == y, x.dtype()),
                  of_updates = cast(updates == take_at_places(y, indices, axis), x.dtype());
        const Var share = g / (of_x + record(ScatterAdd{axis, x.shape()}, of_updates, indices));
        return {of_x * share, of_updates * take_at_places(share, indices, axis), Var{}};
    }
    bool operator==(const ScatterExtreme&) const = default;
};

/// For each index, the one before it that says the same place (or after it, with `reverse`), counted in row-major
/// order, or none.
struct Neighbours {
    static constexpr auto name = "scatter_multiply";
    std::int64_t axis, reverse;
    Shape to;

    static Shape shape(Types in) { return in[0].shape; }
    static DType dtype(Types) { return DType::int64; }
    void eval(ConstArrays in, Array out) const {
        std::vector<std::int64_t> last(to.numel(), none);
        auto* links = out.pointer<std::int64_t>();
        for_each_place(name, in[0], to, axis, [&](std::size_t i, std::int64_t place) {
            std::int64_t& before = last[static_cast<std::size_t>(place)];
            links[i] = reverse ? none : before;
            if (reverse && before != none) links[before] = static_cast<std::int64_t>(i);
            before = static_cast<std::int64_t>(i);
        });
    }
    std::size_t hash() const { return to.hash() ^ static_cast<std::size_t>(axis * 2 + reverse); }
    bool operator==(const Neighbours&) const = default;
};

/// The neighbour of each element by those links, 0 where there is none.
Var at_links(Var x, Var links) {
    const Var flat = reshape_to(x, Shape(x.shape().numel()));
    return where(links >= 0, take(flat, maximum(links, 0), 0), 0);
}

/// Recurrence (see scan_ops.hpp) along chains of elements instead of an axis: y_i = b_i + a_i y_before(i), or with
/// `late` b_i + a_before(i) y_before(i). `before` and `after` are links to the neighbours in a chain, in the order of
/// the scan.
struct LinkedRecurrence { // a, b, before, after
    static constexpr auto name = "linked_recurrence";
    std::int64_t reverse, late;

    static Shape shape(Types in) { return in[0].shape; }
    void eval(ConstArrays in, Array out) const {
        detail::visit(out.dtype(), [&](auto zero) {
            using T = decltype(zero);
            const T *a = in[0].pointer<T>(), *b = in[1].pointer<T>();
            const auto* before = in[2].pointer<std::int64_t>();
            T* y = out.pointer<T>();
            const auto count = static_cast<std::int64_t>(out.shape().numel());
            for (std::int64_t k = 0; k < count; ++k) {
                const std::int64_t i = reverse ? count - 1 - k : k, from = before[i];
                y[i] = from == none ? b[i] : static_cast<T>(b[i] + a[late ? from : i] * y[from]);
            }
        });
    }
    std::array<Var, 4> vjp(Var g, Var y, Var a, Var, Var before, Var after) const {
        const Var t = record(LinkedRecurrence{!reverse, !late}, a, g, after, before);
        return {late ? at_links(t, after) * y : t * at_links(y, before), t, Var{}, Var{}};
    }
    bool operator==(const LinkedRecurrence&) const = default;
};

struct ScatterMultiply { // x, updates, indices
    static constexpr auto name = "scatter_multiply";
    std::int64_t axis;

    static Shape shape(Types in) { return in[0].shape; }
    void eval(ConstArrays in, Array out) const {
        combine_updates(name, in, out, axis, [](auto a, auto b) { return wrapping_multiply(a, b); });
    }
    std::array<Var, 3> vjp(Var g, Var, Var x, Var updates, Var indices) const {
        const Var before = record(Neighbours{axis, false, x.shape()}, indices),
                  after = record(Neighbours{axis, true, x.shape()}, indices);
        const auto product = [&](bool reverse, Var next, Var other) { // of the updates on that side, for the same place
            return record(LinkedRecurrence{reverse, true}, updates, cast(next < 0, x.dtype()), next, other);
        };
        return {record(*this, g, updates, indices),
                take_at_places(g * x, indices, axis) * (product(false, before, after) * product(true, after, before)),
                Var{}};
    }
    bool operator==(const ScatterMultiply&) const = default;
};

template <class Op>
Var scattered(const Operand& x, const Operand& indices, const Operand& updates, std::int64_t axis) {
    const Call call(Op::name, x.where);
    const ScatterOperands o = scatter_operands(Op::name, x, indices, updates, axis);
    return record(Op{o.axis}, x, o.updates, indices);
}

} // namespace

Var scatter(Operand x, Operand indices, Operand updates, std::int64_t axis) {
    return scattered<Scatter>(x, indices, updates, axis);
}
Var scatter_max(Operand x, Operand indices, Operand updates, std::int64_t axis) {
    return scattered<ScatterExtreme<true>>(x, indices, updates, axis);
}
Var scatter_min(Operand x, Operand indices, Operand updates, std::int64_t axis) {
    return scattered<ScatterExtreme<false>>(x, indices, updates, axis);
}
Var scatter_multiply(Operand x, Operand indices, Operand updates, std::int64_t axis) {
    return scattered<ScatterMultiply>(x, indices, updates, axis);
}

} // namespace xgrad
