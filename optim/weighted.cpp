#include <xgrad/optim/weighted.hpp>

#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/optim/leaves.hpp>

namespace xgrad::optim::detail {
namespace {

/// What the loss is of: behind stop_gradient, so that sqrt(r^2) is not recorded as abs(r) and keeps its slope.
Var squares(const Residual& residual) {
    const Var r = as_float64(residual.values), s = square(r);
    return stop_gradient(residual.by_rows ? sum(s, {-1}, keepdims) : s);
}

} // namespace

void check_residuals(const char* function, const std::vector<Residual>& residuals, Location where) {
    if (residuals.empty()) throw Error(fmt::format("{}: no residuals were given", function), where);
    for (const Residual& r : residuals) {
        if (!is_floating(r.values.dtype()))
            throw Error(fmt::format("{}: the residuals are {} {}; they must be floating-point numbers", function,
                                    name(r.values.dtype()), r.values.shape().str()),
                        where);
        if (r.values.shape().numel() == 0 || (r.by_rows && r.values.shape().rank() == 0))
            throw Error(fmt::format("{}: residuals of shape {} were given{}; there must be at least one", function,
                                    r.values.shape().str(), r.by_rows ? " by rows" : ""),
                        where);
        if (!(r.weight > 0) || !std::isfinite(r.weight))
            throw Error(fmt::format("{}: the weight of residuals is {}; it must be above 0 and finite", function,
                                    r.weight),
                        where);
        if (draws(r.values, where))
            throw Error(fmt::format("{}: the residuals draw random numbers, so they are other ones at each call, and a "
                                    "search compares their squares; draw before, and give the numbers as a constant",
                                    function),
                        where);
    }
}

Var as_float64(Var x) { return x.dtype() == DType::float64 ? x : cast(x, DType::float64); }

Var weighted_cost(const Residual& residual) {
    if (!residual.loss) return residual.weight / 2 * sum(square(as_float64(residual.values)));
    return residual.weight / 2 * sum(residual.loss(squares(residual)));
}

Var root_weights(const Residual& residual) {
    const Shape flat(residual.values.shape().numel());
    if (!residual.loss) {
        if (residual.weight == 1) return {};
        return full(residual.values.tape(), flat, std::sqrt(residual.weight), DType::float64);
    }
    const Var s = squares(residual), slope = gradient(sum(residual.loss(s)), s);
    return reshape_to(broadcast_to(sqrt(residual.weight * maximum(slope, 0)), residual.values.shape()), flat);
}

} // namespace xgrad::optim::detail
