#pragma once
// The derivative rules of an op's struct, vjp and jvp: whether they fit the op, and how they are called.

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad::detail {

template <class Op>
concept HasVjp = requires {
    &Op::vjp;
}
|| requires(const Op& op, Var v) { op.vjp(v, v, v); }
|| requires(const Op& op, Var v) { op.vjp(v, v, v, v); };
template <class Op>
concept HasJvp = requires {
    &Op::jvp;
};

/// Whether Op says that its derivative is zero everywhere.
template <class Op>
constexpr bool has_zero_derivative() {
    if constexpr (requires { Op::zero_derivative; })
        return Op::zero_derivative;
    else
        return false;
}

/// What a vjp may return: a Var, or an array, a tuple or a vector of them.
template <class R>
struct HoldsAdjoints : std::is_same<R, Var> {};
template <class... R>
struct HoldsAdjoints<std::tuple<R...>> : std::conjunction<std::is_same<R, Var>...> {};
template <class R>
    requires requires(const R& r) {
        { *r.begin() } -> std::convertible_to<Var>;
    }
struct HoldsAdjoints<R> : std::true_type {};

/// Puts what a vjp returned into `result`, as far as there is room, and tells how many adjoints that were.
template <class R>
std::size_t scatter(const R& adjoints, std::span<Var> result) {
    std::size_t given = 0;
    auto put = [&](const Var& adjoint) {
        if (given < result.size()) result[given] = adjoint;
        ++given;
    };
    if constexpr (std::is_same_v<R, Var>)
        put(adjoints);
    else if constexpr (requires { adjoints.begin(); })
        for (const Var& adjoint : adjoints)
            put(adjoint);
    else
        std::apply([&](const auto&... adjoint) { (put(adjoint), ...); }, adjoints);
    return given;
}

template <class Vjp, class... X>
constexpr bool is_vjp_of() {
    if constexpr (std::is_invocable_v<const Vjp&, Var, Var, X...>)
        return HoldsAdjoints<std::remove_cvref_t<std::invoke_result_t<const Vjp&, Var, Var, X...>>>::value;
    else
        return false;
}
template <std::size_t>
using EachVar = Var;
template <class Vjp, std::size_t... I>
constexpr bool takes_each(std::index_sequence<I...>) {
    return is_vjp_of<Vjp, EachVar<I>...>();
}
/// Whether vjp(g, y, x...) is a rule for N inputs, or vjp(g, y, x) one for a span of them.
template <class Vjp, std::size_t N>
constexpr bool takes_inputs = takes_each<Vjp>(std::make_index_sequence<N>{});
template <class Vjp>
constexpr bool takes_span = is_vjp_of<Vjp, std::span<const Var>>();

/// An op's vjp as a function.
template <class Op>
struct VjpOf {
    const Op& op;
    template <class... X>
    auto operator()(Var g, Var y, const X&... x) const requires requires {
        op.vjp(g, y, x...);
    }
    { return op.vjp(g, y, x...); }
};

/// Whether Op has a vjp for so many inputs; for any, if the number is not known and 0.
template <class Op, std::size_t Inputs>
constexpr bool vjp_fits() {
    using Vjp = VjpOf<Op>;
    if constexpr (Inputs != 0)
        return takes_inputs<Vjp, Inputs> || takes_span<Vjp>;
    else
        return takes_inputs<Vjp, 1> || takes_inputs<Vjp, 2> || takes_inputs<Vjp, 3> || takes_inputs<Vjp, 4> ||
               takes_span<Vjp>;
}

/// Throws: the vjp takes another number of inputs than the op was recorded with.
[[noreturn]] void fail_vjp_inputs(const char* op, std::size_t inputs);

/// The adjoints that the vjp gives, in `result`, and their number.
template <class Vjp>
std::size_t call_vjp(const char* op, const Vjp& vjp, Var g, Var y, std::span<const Var> x, std::span<Var> result) {
    if constexpr (takes_inputs<Vjp, 1>)
        if (x.size() == 1) return scatter(vjp(g, y, x[0]), result);
    if constexpr (takes_inputs<Vjp, 2>)
        if (x.size() == 2) return scatter(vjp(g, y, x[0], x[1]), result);
    if constexpr (takes_inputs<Vjp, 3>)
        if (x.size() == 3) return scatter(vjp(g, y, x[0], x[1], x[2]), result);
    if constexpr (takes_inputs<Vjp, 4>)
        if (x.size() == 4) return scatter(vjp(g, y, x[0], x[1], x[2], x[3]), result);
    if constexpr (takes_span<Vjp>)
        return scatter(vjp(g, y, x), result);
    else
        fail_vjp_inputs(op, x.size());
}

} // namespace xgrad::detail
#pragma GCC visibility pop
