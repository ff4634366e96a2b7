#pragma once
// Functions of one example, applied to a batch of them.

#include <array>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// An argument of vmap that is the same for all examples.
inline constexpr std::nullopt_t not_batched = std::nullopt;

struct VmapOptions {
    /// For each argument its axis of the examples (a negative one counts from the end), or not_batched. If this is
    /// empty, it is the first axis of each.
    std::vector<std::optional<std::int64_t>> in_axes = {};
};

namespace detail {

using FunctionOfExample = std::function<std::vector<Var>(std::span<const Var>)>;
[[nodiscard]] std::vector<Var> vmap(const FunctionOfExample& f, std::span<const Operand> x, const VmapOptions& options);

/// What a function of Vars may return: a Var, a std::vector or std::array of them, a std::pair or std::tuple.
template <class R>
struct SeveralVars : std::false_type {};
template <>
struct SeveralVars<std::vector<Var>> : std::true_type {};
template <std::size_t N>
struct SeveralVars<std::array<Var, N>> : std::true_type {};
template <class... V>
struct SeveralVars<std::tuple<V...>> : std::conjunction<std::is_same<V, Var>...> {};
template <>
struct SeveralVars<std::pair<Var, Var>> : std::true_type {};

template <class R>
std::vector<Var> vars_of_result(R result) {
    if constexpr (std::is_same_v<R, Var>)
        return {result};
    else if constexpr (std::is_same_v<R, std::vector<Var>>)
        return result;
    else
        return std::apply([](const auto&... var) { return std::vector<Var>{var...}; }, result);
}

template <class R>
R result_of_vars(std::vector<Var> vars) {
    if constexpr (std::is_same_v<R, Var>)
        return vars[0];
    else if constexpr (std::is_same_v<R, std::vector<Var>>)
        return vars;
    else
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return R{vars[I]...}; }
    (std::make_index_sequence<std::tuple_size_v<R>>{});
}

template <class R, class Call>
R vmap_call(const Call& call, std::span<const Operand> x, const VmapOptions& options) {
    constexpr bool fits = std::is_same_v<R, Var> || SeveralVars<R>::value;
    static_assert(fits,
                  "the function of vmap returns a Var, or a vector, an array, a pair or a tuple of Vars; it makes "
                  "no updates");
    if constexpr (fits)
        return result_of_vars<R>(
            vmap([&](std::span<const Var> one) { return vars_of_result<R>(call(one)); }, x, options));
    else
        return R();
}

template <class F, class... X>
auto vmap_each(F& f, const VmapOptions& options, const X&... x) {
    constexpr bool fits = std::is_invocable_v<F&, std::conditional_t<true, Var, X>...>;
    static_assert(fits, "the function of vmap takes as many Vars as vmap is given, as in vmap([](Var x, Var y) { ... "
                        "}, x, y)");
    if constexpr (fits) {
        using R = std::remove_cvref_t<std::invoke_result_t<F&, std::conditional_t<true, Var, X>...>>;
        const std::array<Operand, sizeof...(X)> operands{x...};
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return vmap_call<R>([&](std::span<const Var> one) { return f(one[I]...); }, operands, options);
        }
        (std::make_index_sequence<sizeof...(X)>{});
    } else
        return Var();
}

} // namespace detail

/// f, written for one example, of each example of a batch: the results along a first axis, y[i] = f(x[i]). f is called
/// once, with Vars that stand for one example; what it records is recorded again for all of them (see
/// derivative/batch.cpp), so nothing is looped over, but for a few ops that work on whole arrays. f may use other Vars,
/// which are the same for all examples, and return several: a std::vector, array, pair or tuple. It may take gradients,
/// and be one of another vmap; what is made by vmap is differentiated like everything else. Random numbers that f draws
/// are others for each example. Values are those of a loop over the examples; sums and products may be added up in
/// another order. An f that registers updates is an error.
///
///     Var losses = vmap([&](Var x, Var y) { return square(dot(w, x) - y); }, inputs, targets);
///     Var norms = vmap([](Var x) { return norm(x); }, matrix, {.in_axes = {1}});       // of the columns
template <class F>
[[nodiscard]] auto vmap(F f, const Operand& a, const VmapOptions& options = {}) {
    return detail::vmap_each(f, options, a);
}
template <class F>
[[nodiscard]] auto vmap(F f, const Operand& a, const Operand& b, const VmapOptions& options = {}) {
    return detail::vmap_each(f, options, a, b);
}
template <class F>
[[nodiscard]] auto vmap(F f, const Operand& a, const Operand& b, const Operand& c, const VmapOptions& options = {}) {
    return detail::vmap_each(f, options, a, b, c);
}
template <class F>
[[nodiscard]] auto vmap(F f, const Operand& a, const Operand& b, const Operand& c, const Operand& d,
                        const VmapOptions& options = {}) {
    return detail::vmap_each(f, options, a, b, c, d);
}
template <class F>
[[nodiscard]] auto vmap(F f, const Operand& a, const Operand& b, const Operand& c, const Operand& d, const Operand& e,
                        const VmapOptions& options = {}) {
    return detail::vmap_each(f, options, a, b, c, d, e);
}
template <class F>
[[nodiscard]] auto vmap(F f, const Operand& a, const Operand& b, const Operand& c, const Operand& d, const Operand& e,
                        const Operand& g, const VmapOptions& options = {}) {
    return detail::vmap_each(f, options, a, b, c, d, e, g);
}
/// Of any number of Vars: f takes a vector of them.
template <class F>
[[nodiscard]] auto vmap(F f, const std::vector<Var>& xs, const VmapOptions& options = {},
                        Location where = Location::current()) {
    using R = std::remove_cvref_t<std::invoke_result_t<F&, std::vector<Var>>>;
    std::vector<Operand> operands;
    for (const Var& x : xs)
        operands.emplace_back(x, where);
    return detail::vmap_call<R>([&](std::span<const Var> one) { return f(std::vector<Var>(one.begin(), one.end())); },
                                operands, options);
}
template <class F>
[[nodiscard]] auto vmap(F f, std::initializer_list<Var> xs, const VmapOptions& options = {},
                        Location where = Location::current()) {
    return xgrad::vmap(std::move(f), std::vector<Var>(xs), options, where);
}

} // namespace xgrad
#pragma GCC visibility pop
