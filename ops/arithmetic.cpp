#include <xgrad/ops/arithmetic_ops.hpp>

#include <cmath>
#include <limits>

#include <xgrad/core/graph/match.hpp>
#include <xgrad/core/graph/requirements.hpp>

namespace xgrad {

Var operator-(Operand a, Operand b) {
    const Call call("subtract", a.where.known() ? a.where : b.where);
    if (const Var stable = detail::stable_minus_one(a, b); stable.valid()) return stable; // exp(x) - 1 -> expm1(x)
    if (const Var stable = detail::stable_minus_one(b, a); stable.valid())
        return -Operand(stable, a.where); // 1 - exp(x) -> -expm1(x)
    return record(Subtract{}, a, b);
}

Var operator*(Operand a, Operand b) { return record(Multiply{}, a, b); }
Var operator/(Operand a, Operand b) { return record(Divide{}, a, b); }
Var operator-(Operand x) { return record(Negative{}, x); }

Var pow(Operand a, Operand b) {
    const Call call("pow", a.where);
    if (a.var.valid() && !b.var.valid() && number_of(b) == 2.0) return square(a); // x^2 -> x * x
    return record(Power{}, a, b);
}

Var square(Operand x) { return record(Square{}, x); }

Var sqrt(Operand x) {
    const Call call("sqrt", x.where);
    if (stabilizes(x.var) && is_floating(x.var.dtype())) { // sqrt(x * x), sqrt(x^2) -> abs(x)
        const std::vector<Var> factors = inputs_of<Multiply>(x.var);
        Var root = input_of<Square>(x.var);
        if (!factors.empty() && factors[0].is(factors[1])) root = factors[0];
        if (root.valid()) return rewritten(abs(Operand(root, x.where)), x.var);
    }
    return record(Sqrt{}, x);
}

Var abs(Operand x) { return record(Abs{}, x); }
Var sign(Operand x) { return record(Sign{}, x); }
Var maximum(Operand a, Operand b) { return record(Maximum{}, a, b); }
Var minimum(Operand a, Operand b) { return record(Minimum{}, a, b); }

namespace {

double value_of(const Operand& number) {
    return number.is_integer ? static_cast<double>(number.integer) : number.number;
}

/// The bound, or the lowest or highest element of the dtype if there is none.
Operand bound_of(const Operand& bound, DType dtype, bool is_low) {
    if (bound.is_number || bound.var.valid()) return bound;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr auto least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
    switch (dtype) {
    case DType::int64: return Operand(is_low ? least : most, bound.where);
    case DType::uint8: return Operand(is_low ? 0 : 255, bound.where);
    default: return Operand(is_low ? -infinity : infinity, bound.where);
    }
}

} // namespace

Var clip(Operand x, Operand low, Operand high) {
    const Call call("clip", x.where);
    for (const Operand* bound : {&low, &high})
        if (bound->is_number && std::isnan(bound->number))
            throw Error("clip: a bound is NaN; it must be a number or a Var, or Var{} if there is none", x.where);
    const Operand least = bound_of(low, x.dtype(), true), most = bound_of(high, x.dtype(), false);
    // Doubles do not hold all of int64.
    const bool whole = x.dtype() == DType::int64 && least.is_integer && most.is_integer;
    if (low.var.valid() || high.var.valid() || whole) return record(ClipBetween{}, x, least, most);
    return record(Clip{value_of(least), value_of(most)}, x);
}

Var operator<(Operand a, Operand b) { return record(Less{}, a, b); }
Var operator<=(Operand a, Operand b) { return record(LessEqual{}, a, b); }
Var operator>(Operand a, Operand b) {
    const Call call("greater", a.where);
    detail::require_elementwise("greater", a, b);
    return record(Less{}, b, a);
}
Var operator>=(Operand a, Operand b) {
    const Call call("greater_equal", a.where);
    detail::require_elementwise("greater_equal", a, b);
    return record(LessEqual{}, b, a);
}
Var operator==(Operand a, Operand b) { return record(Equal{}, a, b); }
Var operator!=(Operand a, Operand b) { return record(NotEqual{}, a, b); }

Var where(Operand mask, Operand a, Operand b) { return record(Where{}, mask, a, b); }

} // namespace xgrad
