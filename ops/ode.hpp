#pragma once

#include <functional>
#include <type_traits>
#include <vector>

#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// How an ordinary differential equation is integrated.
enum class OdeMethod {
    /// Explicit, of order 5; steps by tolerance, results by its interpolation of order 4.
    dormand_prince,
    /// Explicit, of order 4; `steps` equal steps from each time to the next.
    rk4,
    /// For stiff systems: linearly implicit, of order 4, L-stable; steps by tolerance, results by interpolation of order 3.
    rodas
};

/// Where the derivatives of a solution come from.
enum class OdeAdjoint {
    /// continuous for dormand_prince, discrete for the others.
    automatic,
    /// From the adjoint equation, solved backwards in time by the same method: memory does not grow with the number of
    /// steps, and errors are those of the tolerances. The state is solved backwards with it, from each time to the one
    /// before: of a stiff system that blows up.
    continuous,
    /// Of the steps that were taken, of which what the derivatives read is kept: exact to rounding. Second derivatives by
    /// the times are those of the interpolation.
    discrete
};

struct OdeOptions {
    OdeMethod method = OdeMethod::dormand_prince;
    double relative_tolerance = 1e-6, absolute_tolerance = 1e-9; // of a step's error, by element
    std::size_t steps = 1;                                       // of rk4, from each time to the next
    std::size_t max_steps = 10000; // of the others, from each time to the next; that more are needed is an error
    OdeAdjoint adjoint = OdeAdjoint::automatic;
};

namespace detail {
using OdeFunction = std::function<std::vector<Var>(const std::vector<Var>& y, Var t)>;
[[nodiscard]] std::vector<Var> odeint(const OdeFunction& f, const std::vector<Operand>& y0, const Operand& times,
                                      const OdeOptions& options);
} // namespace detail

/// The solution of dy/dt = f(y, t), y(times[0]) = y0, at all times, (T): (T, y0.shape). f takes y, and t of shape (), and
/// returns a Var like y. y0 and the times have one dtype, float32 or float64. The times ascend or descend. f may use any
/// Var beside, and is recorded once.
///     xg::Var y = xg::odeint([&](xg::Var y, xg::Var t) { return -rate * y; }, y0, tape.constant({0.0, 1.0, 2.0}));
/// Differentiable to any order, in reverse and in forward mode, by y0, by the times, and by what f uses: see OdeAdjoint.
/// Under vmap each example has steps of its own.
/// Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, II.4 to II.6; II (Hairer and Wanner), IV.7; as
/// scipy.integrate.solve_ivp and jax.experimental.ode.odeint.
template <class F>
[[nodiscard]] Var odeint(F f, const Operand& y0, const Operand& times, const OdeOptions& options = {}) {
    constexpr bool fits = std::is_invocable_r_v<Var, F&, Var, Var>;
    static_assert(fits, "odeint: the function takes y and t, as in [](Var y, Var t), and returns dy/dt, a Var like y");
    if constexpr (fits)
        return detail::odeint([&](const std::vector<Var>& y, Var t) { return std::vector<Var>{f(y[0], t)}; }, {y0},
                              times, options)[0];
    else
        return Var();
}
/// The same of a state of several arrays: f takes and returns vectors of Vars.
template <class F>
[[nodiscard]] std::vector<Var> odeint(F f, const std::vector<Var>& y0, const Operand& times,
                                      const OdeOptions& options = {}) {
    constexpr bool fits = std::is_convertible_v<F, detail::OdeFunction>;
    static_assert(fits, "odeint: the function of a state of several arrays takes them and t, as in [](const "
                        "std::vector<Var>& y, Var t), and returns a std::vector<Var> of their derivatives");
    if constexpr (fits) {
        std::vector<Operand> operands;
        for (const Var& y : y0)
            operands.emplace_back(y, times.where);
        return detail::odeint(std::move(f), operands, times, options);
    } else
        return {};
}

} // namespace xgrad
#pragma GCC visibility pop
