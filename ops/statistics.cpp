#include <xgrad/ops/statistics_ops.hpp>

#include <cmath>

#include <fmt/format.h>

#include <xgrad/core/graph/graph.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/rearrange.hpp>

namespace xgrad {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// f(s), with the value and the slope 0 where s = 0.
template <class F>
Var zero_at_zero(Var s, F f) {
    const Var zero = s == 0;
    return where(zero, 0, f(where(zero, 1, s)));
}

/// Integers and masks as float64, as NumPy takes them.
Operand real(const Operand& x) { return is_floating(x.dtype()) ? x : Operand(cast(x, DType::float64), x.where); }

template <bool Largest>
Var arg_extreme(const Operand& x, std::int64_t axis, KeepDims keep) {
    constexpr auto op = ArgExtreme<Largest>::name;
    const Call call(op, x.where);
    const std::int64_t a = detail::normalized_axes(op, x, Dims(axis))[0];
    if (x.shape()[static_cast<std::size_t>(a)] == 0)
        throw Error(fmt::format("{}: shape {} has no elements along axis {}; there is no {} of nothing", op,
                                x.shape().str(), axis, op),
                    x.where);
    const Var kept = swap_axes(record(ArgExtreme<Largest>{}, swap_axes(x, a, -1)), a, -1);
    return keep.keep ? kept : squeeze(kept, a);
}

template <bool Largest>
Var arg_extreme_of_all(const Operand& x) {
    constexpr auto op = ArgExtreme<Largest>::name;
    const Call call(op, x.where);
    if (x.shape().numel() == 0)
        throw Error(fmt::format("{}: shape {} has no elements; there is no {} of nothing", op, x.shape().str(), op),
                    x.where);
    return arg_extreme<Largest>(reshape(x, -1), 0, {});
}

} // namespace

Var prod(Operand x, const Dims& axes, KeepDims keep) {
    const Call call("prod", x.where);
    return reduce(Prod{}, x.var.valid() && x.dtype() == DType::uint8 ? Operand(cast(x, DType::int64), x.where) : x,
                  axes, keep);
}

Var var(Operand x, const Dims& axes, KeepDims keep, double correction) {
    const Call call("var", x.where);
    x = real(x);
    const Var center = mean(x, axes, keepdims);
    const double count = static_cast<double>(x.shape().numel()) / static_cast<double>(center.shape().numel());
    return sum(square(x - center), axes, keep) / std::max(0.0, count - correction);
}

Var stddev(Operand x, const Dims& axes, KeepDims keep, double correction) {
    const Call call("stddev", x.where);
    return zero_at_zero(var(x, axes, keep, correction), [](Var v) { return sqrt(v); });
}

namespace {

/// What the elements of x are divided by before they are raised to the power p, so that nothing overflows or vanishes:
/// their extreme, or for squares a power of two, which is exact and is 1 for elements of ordinary size.
Var scale_of(const Operand& x, double p, const Dims& axes) {
    const GraphUse graph(x.var, x.where);
    const Var one = graph->var(graph->operand(Operand(1.0, x.where), x.dtype()));
    if (x.shape().numel() == 0) return one;
    const Var size = abs(x), extreme = stop_gradient(p > 0 ? max(size, axes, keepdims) : min(size, axes, keepdims));
    if (p != 2) return where((extreme > 0) * (extreme < infinity), extreme, one);
    const bool single = x.dtype() == DType::float32;
    const double large = single ? 0x1p38 : 0x1p450, small = single ? 0x1p-40 : 0x1p-450;
    return where(extreme > large, single ? 0x1p90 : 0x1p600, where(extreme < small, single ? 0x1p-90 : 0x1p-600, one));
}

} // namespace

Var norm(Operand x, double p, const Dims& axes, KeepDims keep) {
    const Call call("norm", x.where);
    x = real(x);
    if (std::isnan(p)) throw Error("norm: p is NaN; it must be a number, infinity or -infinity", x.where);
    if (p == infinity) return max(abs(x), axes, keep);
    if (p == -infinity) return min(abs(x), axes, keep);
    if (p == 0) return sum(cast(x != 0, x.dtype()), axes, keep);
    if (p == 1) return sum(abs(x), axes, keep);
    const auto total = [&](Var powers) { return sum(powers, axes, keepdims); };
    const auto root = [p](Var s) { return p == 2 ? sqrt(s) : pow(s, 1 / p); };
    const Var scale = scale_of(x, p, axes);
    Var y;
    if (p > 0) {
        const auto power = [p](Var v) { return pow(abs(v), p); };
        const Var scaled = p == 2 ? x * (1 / scale) : x / scale;
        y = zero_at_zero(total(p == 2 ? square(scaled) : zero_at_zero(scaled, power)), root) * scale;
    } else { // one zero is enough for the norm to be zero
        const Var zero = any(x == 0, axes, keepdims);
        y = where(zero, 0, root(total(pow(abs(where(zero, 1, x) / scale), p))) * scale);
    }
    return keep.keep ? y : reshape_to(y, sum(x, axes).shape());
}

Var any(Operand x, const Dims& axes, KeepDims keep) {
    const Call call("any", x.where);
    return reduce(Max{}, Operand(x != 0, x.where), axes, keep);
}

Var all(Operand x, const Dims& axes, KeepDims keep) {
    const Call call("all", x.where);
    return reduce(Min{}, Operand(x != 0, x.where), axes, keep) != 0; // the least of nothing is 255
}

Var argmax(Operand x, std::int64_t axis, KeepDims keep) { return arg_extreme<true>(x, axis, keep); }
Var argmin(Operand x, std::int64_t axis, KeepDims keep) { return arg_extreme<false>(x, axis, keep); }
Var argmax(Operand x) { return arg_extreme_of_all<true>(x); }
Var argmin(Operand x) { return arg_extreme_of_all<false>(x); }

} // namespace xgrad
