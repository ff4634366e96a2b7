#pragma once
// Functions of Vars with a derivative of their own: one that is given, or the usual one from values computed anew.

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
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
[[nodiscard]] Var record_custom(const std::function<Var()>& f, std::span<const Operand> x, const CustomRule& rule);
/// f(x) as a node that recomputes what its derivative needs.
[[nodiscard]] Var record_checkpoint(const std::function<Var()>& f, std::span<const Operand> x);

/// A function of one to six Vars; what it is called with becomes Operands there, which have the line of that call.
template <class F, class Record>
class RecordedFunction {
  public:
    RecordedFunction(F f, Record record) : f_(std::move(f)), record_(std::move(record)) {}

    [[nodiscard]] Var operator()(const Operand& a) const { return call(a); }
    [[nodiscard]] Var operator()(const Operand& a, const Operand& b) const { return call(a, b); }
    [[nodiscard]] Var operator()(const Operand& a, const Operand& b, const Operand& c) const { return call(a, b, c); }
    [[nodiscard]] Var operator()(const Operand& a, const Operand& b, const Operand& c, const Operand& d) const {
        return call(a, b, c, d);
    }
    [[nodiscard]] Var operator()(const Operand& a, const Operand& b, const Operand& c, const Operand& d,
                                 const Operand& e) const {
        return call(a, b, c, d, e);
    }
    [[nodiscard]] Var operator()(const Operand& a, const Operand& b, const Operand& c, const Operand& d,
                                 const Operand& e, const Operand& f) const {
        return call(a, b, c, d, e, f);
    }

  private:
    template <class... X>
    [[nodiscard]] Var call(const X&... x) const {
        const std::array<Operand, sizeof...(X)> operands{x...};
        return record_([&]() -> Var { return f_(x.var...); }, operands);
    }
    F f_;
    Record record_;
};

} // namespace detail

/// f with the vjp `rule(g, y, x...)`, which returns the adjoint of each x as an op's vjp does: for straight-through
/// estimators, clipped gradients, derivatives in closed form. f itself may use ops without a derivative. Forward mode
/// follows from the rule, which must be linear in g for it.
/// All that f differentiates by is its arguments; that it uses a parameter which is none of them is an error.
///
///     auto rounded = xg::custom_vjp([](xg::Var x) { return round(x); },
///                                   [](xg::Var g, xg::Var, xg::Var) { return g; });
///     xg::Var y = rounded(x);
template <class F, class Rule>
auto custom_vjp(F f, Rule rule) {
    const auto record = [shared = std::make_shared<const Rule>(std::move(rule))]<std::size_t N>(
                            const std::function<Var()>& call, const std::array<Operand, N>& x) {
        constexpr bool fits = detail::takes_inputs<Rule, N> || detail::takes_span<Rule>;
        static_assert(fits,
                      "custom_vjp: the rule takes the adjoint, the output and each argument, as in [](Var g, Var y, "
                      "Var x) for one argument, and returns the adjoint of each");
        if constexpr (fits)
            return detail::record_custom(call, x, {shared, detail::call_rule<Rule, N>});
        else
            return Var();
    };
    return detail::RecordedFunction<F, decltype(record)>(std::move(f), record);
}

/// f whose intermediate values are not kept for the backward pass but computed again there: less memory for one more
/// forward pass (rematerialization; Griewank 1992). The value and the gradients, of what f captures as well, are the
/// same.
///
///     xg::Var y = xg::checkpoint([&](xg::Var x) { return relu(matmul(x, w)); })(x);
template <class F>
auto checkpoint(F f) {
    return detail::RecordedFunction<F, decltype(&detail::record_checkpoint)>(std::move(f), detail::record_checkpoint);
}

} // namespace xgrad
#pragma GCC visibility pop
