#pragma once
// What an op is. An op is a plain struct; what it has decides its form (see the table in README.md), and a table of
// functions made from it here, its OpInfo, is all that the tape and the compiler ever ask (see graph/op_info.hpp).

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <xgrad/core/graph/op_info.hpp>
#include <xgrad/core/graph/rules.hpp>
#include <xgrad/core/graph/traits.hpp>
#include <xgrad/core/shape.hpp>
#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {
namespace detail {

template <class Op>
concept HasForward = requires {
    &Op::forward;
}
|| requires(const Op& op) { op.forward(1.0); }
|| requires(const Op& op) { op.forward(1.0, 1.0); }
|| requires(const Op& op) { op.forward(1.0, 1.0, 1.0); }
|| requires(const Op& op) { op.forward(true, 1.0, 1.0); };
template <class Op>
concept IsReduction = requires(double a) {
    Op::identity;
    Op::combine(a, a);
};
template <class Op>
concept IsView = requires(const Op& op, const Layout& in, Layout& out) {
    { op.map(in, out) } -> std::convertible_to<bool>;
};
template <class Op>
concept IsOpaque = requires(const Op& op, ConstArrays in, Array out) {
    op.eval(in, out);
};
template <class Op>
concept IsRowwise = requires(const Op& op, Types inputs) {
    { op.kernel(inputs) } -> std::convertible_to<Kernel>;
    { op.row_count(inputs) } -> std::convertible_to<std::size_t>;
};
template <class Op>
concept IsContraction = requires(const Op& op) {
    { op.contraction() } -> std::convertible_to<Contraction>;
};

/// A reduction op together with the axes it reduces; the result keeps them with extent 1.
template <class Op>
struct Reduced {
    Op op;
    Dims axes;
    bool operator==(const Reduced& other) const requires(std::is_empty_v<Op> || std::equality_comparable<Op>) {
        if constexpr (!std::is_empty_v<Op>)
            if (!(op == other.op)) return false;
        return axes == other.axes;
    }
    std::size_t hash() const { return axes.hash(); }
};

template <class Op>
std::size_t hash_of(const Op& op) {
    if constexpr (requires {
                      { op.hash() } -> std::convertible_to<std::size_t>;
                  })
        return op.hash();
    else if constexpr (std::has_unique_object_representations_v<Op> && !std::is_empty_v<Op>)
        return std::hash<std::string_view>{}({reinterpret_cast<const char*>(&op), sizeof(Op)});
    else
        return 0;
}

template <class Op>
constexpr const char* name_of() {
    if constexpr (requires { std::string_view(Op::name).data(); })
        return std::string_view(Op::name).data();
    else
        return "op";
}

/// What all forms share: how the struct is kept, compared and printed.
template <class Op>
void describe_struct(OpInfo& info) {
    info.empty = std::is_empty_v<Op>;
    info.size = sizeof(Op);
    info.align = alignof(Op);
    info.copy = [](void* to, const void* from) { ::new (to) Op(*static_cast<const Op*>(from)); };
    if constexpr (!std::is_trivially_destructible_v<Op>) info.destroy = [](void* op) { static_cast<Op*>(op)->~Op(); };
    info.equal = [](const void* a, const void* b) {
        if constexpr (std::is_empty_v<Op>)
            return true;
        else if constexpr (std::equality_comparable<Op>)
            return *static_cast<const Op*>(a) == *static_cast<const Op*>(b);
        else
            return false; // without operator== two nodes are never the same
    };
    info.hash = [](const void* op) { return hash_of(*static_cast<const Op*>(op)); };
    if constexpr (requires(const Op& op) {
                      { op.str() } -> std::convertible_to<std::string>;
                  })
        info.describe = [](const void* op) { return static_cast<const Op*>(op)->str(); };
}

template <class Op>
ElementwiseForm elementwise_form();
template <class Op>
ReductionForm reduction_form();
template <class Op>
constexpr bool may_throw();
template <class Op>
constexpr int arity_of();

Type infer_elementwise(const char* op, const ElementwiseForm& form, Types inputs);
Type infer_reduction(const char* op, const ReductionForm& form, const Dims& axes, Types inputs);

template <class Op>
const Op& struct_of(const Op& node) {
    return node;
}
template <class Op>
const Op& struct_of(const Reduced<Op>& node) {
    return node.op;
}

template <class Op>
concept VjpTakesAxes = IsReduction<Op> && requires(const Op& op, Var v, Dims axes) {
    { op.vjp(v, v, v, axes) } -> std::same_as<Var>;
};

/// How Op is differentiated, which a Node keeps; `Inputs` is how many it has, or 0.
template <class Op, class Node, std::size_t Inputs>
void describe_derivative(OpInfo& info) {
    info.zero_derivative = has_zero_derivative<Op>();
    if constexpr (requires { Op::nondiff; }) info.nondiff = Op::nondiff;
    // A reduction's vjp sees the adjoint and the output with the reduced axes kept, so they broadcast against x.
    if constexpr (VjpTakesAxes<Op>)
        info.vjp = [](const void* op, Var g, Var y, std::span<const Var> x, std::span<Var> result) {
            const Node& node = *static_cast<const Node*>(op);
            return scatter(node.op.vjp(g, y, x[0], node.axes), result);
        };
    else if constexpr (HasVjp<Op>) {
        constexpr bool fits = vjp_fits<Op, Inputs>();
        static_assert(fits,
                      "an op's vjp takes the adjoint, the output and each input, as in vjp(Var g, Var y, Var x) for "
                      "one input, and returns the adjoint of each");
        if constexpr (fits)
            info.vjp = [](const void* op, Var g, Var y, std::span<const Var> x, std::span<Var> result) {
                return call_vjp(name_of<Op>(), VjpOf<Op>{struct_of(*static_cast<const Node*>(op))}, g, y, x, result);
            };
    }
    if constexpr (requires(const Op& op, Var v, std::span<const Var> x, std::span<const char> w) {
                      op.vjp_of_wanted(v, v, x, w);
                  }) {
        info.vjp_of_wanted = [](const void* op, Var g, Var y, std::span<const Var> x, std::span<const char> wanted,
                                std::span<Var> result) {
            return scatter(static_cast<const Op*>(op)->vjp_of_wanted(g, y, x, wanted), result);
        };
        info.vjp = [](const void* op, Var g, Var y, std::span<const Var> x, std::span<Var> result) {
            std::vector<char> wanted;
            for (const Var& input : x)
                wanted.push_back(is_floating(input.dtype()));
            return scatter(static_cast<const Op*>(op)->vjp_of_wanted(g, y, x, wanted), result);
        };
    }
    static_assert(!HasVjp<Op> || !has_zero_derivative<Op>(), "an op whose zero_derivative is true has no vjp");
    if constexpr (HasJvp<Op>) {
        constexpr bool fits = requires(const Op& op, std::span<const Var> t, Var y) {
            { op.jvp(t, y, t) } -> std::same_as<Var>;
        };
        static_assert(
            fits, "an op's jvp takes the tangents of its inputs, the output and the inputs, as in jvp(std::span<const "
                  "Var> tangents, Var y, std::span<const Var> x), and returns a Var");
        if constexpr (fits)
            info.jvp = [](const void* op, std::span<const Var> t, Var y, std::span<const Var> x) {
                return struct_of(*static_cast<const Node*>(op)).jvp(t, y, x);
            };
    }
}

/// The number of inputs if the form fixes it, else 0.
template <class Op>
constexpr std::size_t fixed_inputs() {
    if constexpr (!IsView<Op> && !IsRowwise<Op> && !IsContraction<Op> && !IsOpaque<Op> && HasForward<Op>)
        return static_cast<std::size_t>(arity_of<Op>());
    else
        return 0;
}

template <class Op>
OpInfo make_info() {
    OpInfo info;
    info.name = name_of<Op>();
    info.symbol = formula_symbol<Op>;
    describe_struct<Op>(info);
    describe_derivative<Op, Op, fixed_inputs<Op>()>(info);
    if constexpr (IsView<Op>) info.linear = true;
    describe_traits<Op>(info);
    info.throws = may_throw<Op>();

    auto infer_by_shape = [](const void* op, Types inputs) {
        const Op& o = *static_cast<const Op*>(op);
        Type type{.dtype = inputs.empty() ? DType::float32 : inputs[0].dtype, .shape = Shape()};
        if constexpr (requires {
                          { o.shape(inputs) } -> std::convertible_to<Shape>;
                      })
            type.shape = o.shape(inputs);
        if constexpr (requires {
                          { o.dtype(inputs) } -> std::convertible_to<DType>;
                      })
            type.dtype = o.dtype(inputs);
        return type;
    };

    if constexpr (IsReduction<Op>) {
        static_assert(!IsReduction<Op>, "record a reduction with xgrad::reduce(op, x, axes, keepdims)");
    } else if constexpr (IsView<Op>) {
        info.infer = infer_by_shape;
        info.view = [](const void* op, const Layout& in, Layout& out) {
            return static_cast<bool>(static_cast<const Op*>(op)->map(in, out));
        };
    } else if constexpr (IsRowwise<Op>) {
        info.infer = infer_by_shape;
        info.rowwise = [](const void* op, Types in) -> Kernel { return static_cast<const Op*>(op)->kernel(in); };
        info.row_count = [](const void* op, Types in) -> std::size_t {
            return static_cast<const Op*>(op)->row_count(in);
        };
    } else if constexpr (IsContraction<Op>) {
        info.infer = infer_by_shape;
        info.contraction = [](const void* op) -> Contraction { return static_cast<const Op*>(op)->contraction(); };
    } else if constexpr (IsOpaque<Op>) {
        info.infer = infer_by_shape;
        info.eval = [](const void* op, ConstArrays in, Array out) { static_cast<const Op*>(op)->eval(in, out); };
    } else {
        static_assert(HasForward<Op>, "an op has forward(x...), or map(in, out), or eval(in, out); see the guide");
        static const ElementwiseForm form = elementwise_form<Op>();
        info.elementwise = &form;
        info.diagonal = true;
        info.infer = [](const void*, Types inputs) { return infer_elementwise(name_of<Op>(), form, inputs); };
    }
    return info;
}

template <class Op>
OpInfo make_reduction_info() {
    using Node = Reduced<Op>;
    OpInfo info;
    info.name = name_of<Op>();
    describe_struct<Node>(info);
    static const ReductionForm form = reduction_form<Op>();
    info.reduction = &form;
    info.infer = [](const void* op, Types inputs) {
        return infer_reduction(name_of<Op>(), form, static_cast<const Node*>(op)->axes, inputs);
    };
    info.axes = [](const void* op) { return &static_cast<const Node*>(op)->axes; };
    info.describe = [](const void* op) { return static_cast<const Node*>(op)->axes.str(); };
    if constexpr (requires { Op::linear; }) info.linear = Op::linear;
    info.throws = may_throw<Op>();
    describe_derivative<Op, Node, 1>(info);
    return info;
}

/// The operands stay where the user's call made them; copies of them are dear.
[[nodiscard]] Var record_node(const OpInfo& info, const void* op, std::span<const Operand* const> operands);
[[nodiscard]] Var record_reduction(const OpInfo& info, const void* op, const Operand& x, bool keepdims);
Dims normalized_axes(const char* op, const Operand& x, const Dims& axes);

} // namespace detail

/// The one table of an op.
template <class Op>
const OpInfo& info() {
    static const OpInfo table = detail::make_info<Op>();
    return table;
}

/// Records `op` on the tape of its operands and returns its node; the node that stands if the same was recorded before.
/// A Var or a number becomes an Operand at the call, and has the line of that.
template <class Op>
[[nodiscard]] Var record(const Op& op, const Operand& a) {
    const Operand* const all[] = {&a};
    return detail::record_node(info<Op>(), &op, all);
}
template <class Op>
[[nodiscard]] Var record(const Op& op, const Operand& a, const Operand& b) {
    const Operand* const all[] = {&a, &b};
    return detail::record_node(info<Op>(), &op, all);
}
template <class Op>
[[nodiscard]] Var record(const Op& op, const Operand& a, const Operand& b, const Operand& c) {
    const Operand* const all[] = {&a, &b, &c};
    return detail::record_node(info<Op>(), &op, all);
}
template <class Op>
[[nodiscard]] Var record(const Op& op, const Operand& a, const Operand& b, const Operand& c, const Operand& d) {
    const Operand* const all[] = {&a, &b, &c, &d};
    return detail::record_node(info<Op>(), &op, all);
}
/// Of more, as in record(op, {a, b, c, d, e}).
template <class Op>
[[nodiscard]] Var record(const Op& op, std::span<const Operand> x) {
    std::vector<const Operand*> all;
    for (const Operand& operand : x)
        all.push_back(&operand);
    return detail::record_node(info<Op>(), &op, all);
}
template <class Op>
[[nodiscard]] Var record(const Op& op, std::initializer_list<Operand> x) {
    return record(op, std::span<const Operand>(x.begin(), x.size()));
}

/// The one table of a reduction.
template <class Op>
const OpInfo& reduction_info() {
    static const OpInfo table = detail::make_reduction_info<Op>();
    return table;
}

struct KeepDims {
    bool keep = false;
};
inline constexpr KeepDims keepdims{true};

/// Records a reduction over `axes` (none given: all of them).
template <class Op>
[[nodiscard]] Var reduce(const Op& op, const Operand& x, const Dims& axes = {}, KeepDims keep = {}) {
    const detail::Reduced<Op> node{op, detail::normalized_axes(detail::name_of<Op>(), x, axes)};
    return detail::record_reduction(reduction_info<Op>(), &node, x, keep.keep);
}

} // namespace xgrad
#pragma GCC visibility pop

#include <xgrad/core/graph/forms.hpp>
