#include <xgrad/optim/weighted.hpp>

#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/optim/leaves.hpp>

namespace xgrad::optim::detail {
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
            throw Error(
                fmt::format("{}: the weight of residuals is {}; it must be above 0 and finite", function, r.weight),
                where);
        if (draws(r.values, where))
            throw Error(fmt::format("{}: the residuals draw random numbers, so they are other ones at each call, and a "
                                    "search compares their squares; draw before, and give the numbers as a constant",
                                    function),
                        where);
    }
}

Var as_float64(Var x) { return x.dtype() == DType::float64 ? x : cast(x, DType::float64); }

Var weighted_cost(const RobustLoss& loss, double weight, Var squares) {
    return weight / 2 * sum(loss ? loss(squares) : squares);
}

Var root_weights(const RobustLoss& loss, double weight, Var squares) {
    if (!loss) return weight == 1 ? Var() : full_like(squares, std::sqrt(weight));
    const Var s = stop_gradient(squares); // so that sqrt(r^2) is not recorded as abs(r) and keeps its slope
    return sqrt(weight * maximum(gradient(sum(loss(s)), s), 0));
}

Var squares_of(const Residual& residual) {
    const Var s = square(as_float64(residual.values));
    return residual.by_rows ? sum(s, {-1}, keepdims) : s;
}

Var root_weights(const Residual& residual) {
    const Var roots = root_weights(residual.loss, residual.weight, squares_of(residual));
    if (!roots.valid()) return roots;
    return reshape(broadcast_to(roots, residual.values.shape()), {-1});
}

} // namespace xgrad::optim::detail
