#pragma once
// Are the derivatives right? Reverse mode, forward mode and differences must tell the same.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

struct GradcheckOptions {
    int order = 2;              // 1: first derivatives; 2: derivatives of the derivatives as well
    std::size_t directions = 2; // random ones, of each order
    double eps = 1e-5;          // the step of the differences, for an element x times max(1, |x|)
    double rtol = 1e-5, atol = 1e-6;
    std::uint64_t seed = 0;
    bool kinks_fail = false; // a point without a derivative is only reported, unless this is set
};

/// What gradcheck found: nothing, or the element with the worst disagreement.
struct GradcheckReport {
    bool ok = true;
    bool kink = false;                    // the function has no derivative there
    std::size_t inputs = 0, elements = 0; // that were checked
    double error = 0;                     // the worst disagreement along a direction, relative to max(1, |derivative|)

    // The worst element. Of order 2 it is a derivative of the random combination of all first derivatives.
    int order = 0; // 0: there is none
    std::size_t input = 0;
    std::vector<std::size_t> element;
    double reverse = 0, forward = 0, difference = 0;
    std::string op; // the first op whose derivative is wrong by itself, and where it was recorded
    Location where;

    explicit operator bool() const { return ok; }
    static constexpr bool prints_as_str = true;
    std::string str() const;
};

namespace detail {
using Traced = std::function<std::vector<Var>(const std::vector<Var>&)>;
[[nodiscard]] GradcheckReport gradcheck(const Traced& f, const std::vector<Value>& inputs,
                                        const GradcheckOptions& options, Location where);
[[noreturn]] void fail_gradcheck_arity(std::size_t takes, std::size_t inputs, Location where);
} // namespace detail

/// Records f, a function of Vars (as many as there are inputs, or one vector of them) that gives a Var or several, at
/// `inputs` in float64, and compares along random directions v, for a random cotangent c,
///
///     reverse mode  <vjp(c), v>,   forward mode  <c, jvp(v)>,
///     differences  <c, f(x + eps v) - f(x - eps v)> / (2 eps)
///
/// and of order 2 the same of x -> vjp(c) and of x -> jvp(w), w random: all four ways to a second derivative. They
/// agree if they differ by no more than atol + rtol |derivative|, for eps, eps/4 or eps/16. If they do not, every
/// element is checked by itself and the worst is reported, with the op to blame. A kink (relu at 0, a tie of max) is
/// told by differences that do not come together as their step gets smaller.
///
///     const auto report = xg::gradcheck([](xg::Var a, xg::Var b) { return tanh(matmul(a, b)); }, {a, b});
///     if (!report) fmt::print("{}\n", report.str());
template <class F>
[[nodiscard]] GradcheckReport gradcheck(F f, const std::vector<xt::xarray<double>>& inputs,
                                        const GradcheckOptions& options = {}, Location where = Location::current()) {
    constexpr std::size_t n = detail::vars_taken<F, 1>();
    constexpr bool takes_list = n > detail::most_vars;
    if (!takes_list && n != inputs.size()) detail::fail_gradcheck_arity(n, inputs.size(), where);
    return detail::gradcheck(
        [&](const std::vector<Var>& x) {
            if constexpr (takes_list)
                return detail::to_step(f(x)).outputs;
            else
                return [&]<std::size_t... I>(std::index_sequence<I...>) { return detail::to_step(f(x[I]...)).outputs; }
            (std::make_index_sequence<n>{});
        },
        {inputs.begin(), inputs.end()}, options, where);
}

} // namespace xgrad
#pragma GCC visibility pop
