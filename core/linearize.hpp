#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <xgrad/core/program.hpp>
#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// A function near a point x: f(x + t) is about value + tangents(t).
struct Linearization {
    Var value;        // f(x), as a constant
    Program tangents; // of an array t like x: the derivative of f at x along t
};

namespace detail {
[[nodiscard]] Linearization linearize(const std::function<Var(Var)>& f, const Operand& x);
} // namespace detail

/// The linear map that f is near x. f is computed once, at what x and all else that f uses are now, and what its
/// derivative needs is kept. So each call of `tangents` costs less than jvp, which computes f again, and later changes
/// of x do not matter to it. For solvers that multiply by one Jacobian many times. Not inside a traced function.
///
///     auto [value, tangents] = linearize([&](Var v) { return tanh(matmul(m, v)); }, x);
///     xt::xarray<double> column = tangents(direction).array<double>();
template <class F>
[[nodiscard]] Linearization linearize(F f, const Operand& x) {
    constexpr bool fits = std::is_invocable_r_v<Var, F&, Var>;
    static_assert(fits, "the function of linearize takes one Var and returns one");
    return detail::linearize(std::move(f), x);
}

} // namespace xgrad
#pragma GCC visibility pop
