#pragma once
// The templates of Tape and Var; included by tape.hpp.

#include <algorithm>
#include <type_traits>
#include <utility>

#include <xgrad/core/tape.hpp>

namespace xgrad {

namespace detail {

inline Step to_step(Step step) { return step; }
inline Step to_step(Var output) { return {.outputs = {output}, .updates = {}}; }
inline Step to_step(std::vector<Var> outputs) { return {.outputs = std::move(outputs), .updates = {}}; }
template <std::size_t N>
Step to_step(const std::array<Var, N>& outputs) {
    return {.outputs = {outputs.begin(), outputs.end()}, .updates = {}};
}

template <class F, std::size_t... I>
constexpr bool takes_vars(std::index_sequence<I...>) {
    return std::is_invocable_v<F&, decltype((void)I, Var{})...>;
}

template <class F, std::size_t N = 0>
constexpr std::size_t arity() {
    static_assert(N <= 16, "a traced function takes up to 16 arguments of type xgrad::Var and returns a Step or Vars");
    if constexpr (takes_vars<F>(std::make_index_sequence<N>{}))
        return N;
    else
        return arity<F, N + 1>();
}

} // namespace detail

template <class F>
Function Tape::function(F trace, Location where) {
    constexpr std::size_t n = detail::arity<F>();
    return make_function(
        n,
        [trace = std::move(trace)](const std::vector<Var>& inputs) mutable {
            return [&]<std::size_t... I>(std::index_sequence<I...>) { return detail::to_step(trace(inputs[I]...)); }
            (std::make_index_sequence<n>{});
        },
        where);
}

template <class T>
auto Var::value(Location where) const {
    const Call call("value", where);
    return tape(where).evaluate(*this, where).template array<T>(0, where);
}

template <class T>
T Var::scalar(Location where) const {
    const Call call("scalar", where);
    return tape(where).evaluate(*this, where).template scalar<T>(0, where);
}

} // namespace xgrad
