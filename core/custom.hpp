#pragma once
// Functions of Vars with a derivative of their own: one that is given, or the usual one from values computed anew.

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <xgrad/core/op.hpp>

namespace xgrad {
namespace detail {

/// A vjp of some number of inputs, called as OpInfo::vjp is.
struct CustomRule {
    std::shared_ptr<const void> rule;
    std::size_t (*vjp)(const void* rule, Var g, Var y, std::span<const Var> x, std::span<Var> result);
};

template <class Rule, std::size_t N>
std::size_t call_rule(const void* rule, Var g, Var y, std::span<const Var> x, std::span<Var> result) {
    const Rule& vjp = *static_cast<const Rule*>(rule);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        if constexpr (takes_inputs<Rule, N>)
            return scatter(vjp(g, y, x[I]...), result);
        else
            return scatter(vjp(g, y, x), result);
    }
    (std::make_index_sequence<N>{});
}

/// f(x) as a node that differentiates by the rule.
Var record_custom(const std::function<Var()>& f, std::span<const Operand> x, const CustomRule& rule);
/// f(x) as a node that recomputes what its derivative needs.
Var record_checkpoint(const std::function<Var()>& f, std::span<const Operand> x);

template <class F, std::size_t... I>
Var call_with(const F& f, std::span<const Operand> x, std::index_sequence<I...>) {
    return f(x[I].var...);
}

} // namespace detail

/// f with the vjp `rule(g, y, x...)`, which returns the adjoint of each x as an op's vjp does: for straight-through estimators,
/// clipped gradients, derivatives in closed form. f itself may use ops without a derivative. Forward mode follows from the rule, which must be linear in g for it.
/// All that f differentiates by is its arguments; that it uses a parameter which is none of them is an error.
///
///     auto rounded = xg::custom_vjp([](xg::Var x) { return round(x); }, [](xg::Var g, xg::Var, xg::Var) { return g; });
///     xg::Var y = rounded(x);
template <class F, class Rule>
auto custom_vjp(F f, Rule rule) {
    return [f, shared = std::make_shared<const Rule>(std::move(rule))]<class... X>(const X&... x) {
        constexpr bool fits = detail::takes_inputs<Rule, sizeof...(X)> || detail::takes_span<Rule>;
        static_assert(fits,
                      "custom_vjp: the rule takes the adjoint, the output and each argument, as in [](Var g, Var y, "
                      "Var x) for one argument, and returns the adjoint of each");
        const std::array<Operand, sizeof...(X)> operands{Operand(x)...};
        if constexpr (fits) {
            const detail::CustomRule vjp{shared, detail::call_rule<Rule, sizeof...(X)>};
            return detail::record_custom(
                [&] { return detail::call_with(f, operands, std::index_sequence_for<X...>{}); }, operands, vjp);
        } else
            return Var();
    };
}

/// f whose intermediate values are not kept for the backward pass but computed again there: less memory for one more forward pass
/// (rematerialization; Griewank 1992). The value and the gradients, of what f captures as well, are the same.
///
///     xg::Var y = xg::checkpoint([&](xg::Var x) { return relu(matmul(x, w)); })(x);
template <class F>
auto checkpoint(F f) {
    return [f]<class... X>(const X&... x) {
        const std::array<Operand, sizeof...(X)> operands{Operand(x)...};
        return detail::record_checkpoint(
            [&] { return detail::call_with(f, operands, std::index_sequence_for<X...>{}); }, operands);
    };
}

} // namespace xgrad
