#include <xgrad/optim/schedules.hpp>

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <xgrad/core/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/rounding.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/trigonometry.hpp>
#include <xgrad/optim/settings.hpp>

namespace xgrad::optim {
namespace {

/// From `high` at x = 0 to `low` at x = 1.
Var descend(Var x, double high, double low, bool linear = false) {
    return low + (high - low) * (linear ? 1 - x : 0.5 * (1 + cos(std::numbers::pi * x)));
}

Var rate_of(const LearningRate& rate, Var step) {
    if (rate.is_number()) return Constant{rate.number()}(step);
    const Var var = rate.var().valid() ? rate.var() : rate.schedule()(step);
    return cast(reshape(var, Dims{}), DType::float64);
}

} // namespace

Var Constant::operator()(Var step) const {
    require("Constant", {{"rate", rate, Range::not_negative}});
    return step.tape().constant(rate);
}

Var StepDecay::operator()(Var step) const {
    require("StepDecay", {{"initial", initial, Range::not_negative},
                          {"factor", factor, Range::not_negative},
                          {"every", every, Range::at_least_one}});
    return initial * pow(factor, floor(step / every));
}

Var Piecewise::operator()(Var step) const {
    if (rates.size() != boundaries.size() + 1)
        throw Error(
            fmt::format("Piecewise: {} rates were given for {} boundaries; there must be one rate more than boundaries",
                        rates.size(), boundaries.size()));
    for (const double rate : rates)
        require("Piecewise", {{"a rate", rate, Range::not_negative}});
    Var rate = step.tape().constant(rates[0]);
    for (std::size_t k = 0; k < boundaries.size(); ++k) {
        if (k > 0 && !(boundaries[k] > boundaries[k - 1]))
            throw Error(fmt::format("Piecewise: boundary {} comes after {}; the boundaries must rise", boundaries[k],
                                    boundaries[k - 1]));
        rate = where(step >= boundaries[k], rates[k + 1], rate);
    }
    return rate;
}

Var Exponential::operator()(Var step) const {
    require("Exponential", {{"initial", initial, Range::not_negative},
                            {"factor", factor, Range::positive},
                            {"every", every, Range::positive}});
    return initial * pow(factor, step / every);
}

Var InverseTime::operator()(Var step) const {
    require("InverseTime", {{"initial", initial, Range::not_negative}, {"decay", decay, Range::not_negative}});
    return initial / (1 + decay * step);
}

Var Polynomial::operator()(Var step) const {
    require("Polynomial", {{"initial", initial, Range::not_negative},
                           {"final", final, Range::not_negative},
                           {"steps", steps, Range::positive},
                           {"power", power, Range::positive}});
    return final + (initial - final) * pow(1 - minimum(step, steps) / steps, power);
}

Var Cosine::operator()(Var step) const {
    require("Cosine", {{"initial", initial, Range::not_negative},
                       {"final", final, Range::not_negative},
                       {"steps", steps, Range::positive}});
    return descend(minimum(step, steps) / steps, initial, final);
}

Var CosineRestarts::operator()(Var step) const {
    require("CosineRestarts", {{"initial", initial, Range::not_negative},
                               {"final", final, Range::not_negative},
                               {"period", period, Range::at_least_one},
                               {"growth", growth, Range::at_least_one}});
    if (growth == 1) return descend(step / period - floor(step / period), initial, final);
    // Period n is period growth^n long and begins at period (growth^n - 1) / (growth - 1).
    constexpr double slack = 1e-10; // the logarithm of a power is not exactly whole
    const Var n = floor(log(1 + step * (growth - 1) / period) / std::log(growth) + slack);
    const Var times = pow(growth, n), begin = period * (times - 1) / (growth - 1);
    return descend((step - begin) / (period * times), initial, final);
}

Var Warmup::operator()(Var step) const {
    require("Warmup", {{"steps", steps, Range::not_negative}, {"from", from, Range::not_negative}});
    if (steps == 0) return rate_of(then, step);
    const Var first = rate_of(then, step.tape().constant(0.0)), later = rate_of(then, maximum(step - steps, 0));
    return where(step < steps, first * (from + (1 - from) * step / steps), later);
}

Var OneCycle::operator()(Var step) const {
    require("OneCycle", {{"peak", peak, Range::not_negative},
                         {"rise", rise, Range::between_zero_and_one},
                         {"steps * rise", steps * rise, Range::above_one},
                         {"divisor", divisor, Range::positive},
                         {"final_divisor", final_divisor, Range::positive}});
    const double top = rise * steps - 1, end = steps - 1;
    const double start = peak / divisor;
    const Var up = descend(minimum(step, top) / top, start, peak, linear);
    const Var down = descend((minimum(maximum(step, top), end) - top) / (end - top), peak, start / final_divisor,
                             linear);
    return where(step <= top, up, down);
}

} // namespace xgrad::optim
