#pragma once

#include <functional>
#include <type_traits>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// When a search for a solution ends. That it does not, in so many steps, is an error when the program runs.
struct ImplicitOptions {
    /// Of the last step, beside 1 + max |x|; 0 stands for 1e-10 in float64 and 1e-5 in float32.
    double tolerance = 0;
    std::size_t max_iterations = 100;
};

namespace detail {
using VarFunction = std::function<Var(Var)>;
[[nodiscard]] Var root(const VarFunction& f, const Operand& x0, const ImplicitOptions& options);
[[nodiscard]] Var fixed_point(const VarFunction& f, const Operand& x0, const ImplicitOptions& options);
[[nodiscard]] Var argmin(const VarFunction& f, const Operand& x0, const ImplicitOptions& options);
[[nodiscard]] Var implicit_root(const VarFunction& f, const Operand& x);
/// What f is called with beside x.
template <class F, class... Args>
concept TakesArguments = sizeof...(Args) != 0 && (std::is_convertible_v<const Args&, Var> && ...) &&
                         std::is_invocable_r_v<Var, F&, Var, std::conditional_t<true, Var, Args>...>;

template <class F>
VarFunction var_function(F f) {
    constexpr bool fits = std::is_invocable_r_v<Var, F&, Var>;
    static_assert(fits, "the function of root, fixed_point, argmin and implicit_root takes a Var and returns one");
    if constexpr (fits)
        return f;
    else
        return {};
}
} // namespace detail

/// x, which some solver has found, as the solution of f(x) = 0: f gives as many elements as x has, in any shape. The value
/// is x; the derivatives are those of the solution as a function of what f uses, by the implicit function theorem:
///     dx/dc = -(df/dx)^-1 df/dc
/// from the solution alone, however it was found, and of any order. Nothing goes through x itself. df/dx is made and
/// factorized as a matrix, of n x n for n elements; that it has no inverse is an error when the derivative runs.
/// Krantz and Parks, The Implicit Function Theorem; as jax.lax.custom_root, jaxopt.implicit_diff.custom_root
template <class F>
[[nodiscard]] Var implicit_root(F f, const Operand& x) {
    return detail::implicit_root(detail::var_function(std::move(f)), x);
}

/// The searches below take what f uses beside x as further arguments, too: root(f, x0, a, b) is that of f(x, a, b).

/// x with f(x) = 0, by Newton's method from x0, whose steps are halved until max |f| falls; x0 float32 or float64, f(x)
/// of its shape. Differentiable as implicit_root, not by x0.
///     xg::Var root2 = xg::root([&](xg::Var x) { return square(x) - a; }, tape.constant(1.0));
template <class F>
[[nodiscard]] Var root(F f, const Operand& x0, const ImplicitOptions& options = {}) {
    return detail::root(detail::var_function(std::move(f)), x0, options);
}

/// x with x = f(x), by x <- f(x) from x0: where f is a contraction. Differentiable as implicit_root of x - f(x).
template <class F>
[[nodiscard]] Var fixed_point(F f, const Operand& x0, const ImplicitOptions& options = {.max_iterations = 10000}) {
    return detail::fixed_point(detail::var_function(std::move(f)), x0, options);
}

/// An x where f, of one element, has a minimum: by Newton's method from x0 with the Hessian as a matrix, to which a
/// multiple of the identity is added until a step goes down (Levenberg; Nocedal and Wright, Numerical Optimization, 3.4).
/// Differentiable as implicit_root of df/dx. Minima where the Hessian has no inverse are not found to the tolerance: an
/// error.
template <class F>
    requires std::is_invocable_v<F&, Var> // else it is the position of the least element of an array
[[nodiscard]] Var argmin(F f, const Operand& x0, const ImplicitOptions& options = {}) {
    return detail::argmin(detail::var_function(std::move(f)), x0, options);
}

template <class F, class... Args>
    requires detail::TakesArguments<F, Args...>
[[nodiscard]] Var root(F f, const Operand& x0, const Args&... args) {
    return root([&](Var x) -> Var { return f(x, args...); }, x0);
}
template <class F, class... Args>
    requires detail::TakesArguments<F, Args...>
[[nodiscard]] Var fixed_point(F f, const Operand& x0, const Args&... args) {
    return fixed_point([&](Var x) -> Var { return f(x, args...); }, x0);
}
template <class F, class... Args>
    requires detail::TakesArguments<F, Args...>
[[nodiscard]] Var argmin(F f, const Operand& x0, const Args&... args) {
    return argmin([&](Var x) -> Var { return f(x, args...); }, x0);
}

} // namespace xgrad
#pragma GCC visibility pop
