#include <xgrad/ops/arithmetic_ops.hpp>

#include <xgrad/core/match.hpp>

namespace xgrad {

Var operator-(Operand a, Operand b) {
    if (const Var stable = stable_minus_one(a, b); stable.valid()) return stable; // exp(x) - 1 -> expm1(x)
    return record(Subtract{}, a, b);
}

Var operator*(Operand a, Operand b) { return record(Multiply{}, a, b); }
Var operator/(Operand a, Operand b) { return record(Divide{}, a, b); }
Var operator-(Operand x) { return record(Negative{}, x); }

Var pow(Operand a, Operand b) {
    if (a.var.valid() && !b.var.valid() && number_of(b) == 2.0) return square(a); // x^2 -> x * x
    return record(Power{}, a, b);
}

Var square(Operand x) { return record(Square{}, x); }

Var sqrt(Operand x) {
    if (stabilizes(x.var) && is_floating(x.var.dtype())) { // sqrt(x * x), sqrt(x^2) -> abs(x)
        const std::vector<Var> factors = inputs_of<Multiply>(x.var);
        Var root = input_of<Square>(x.var);
        if (!factors.empty() && factors[0].is(factors[1])) root = factors[0];
        if (root.valid()) return abs(Operand(root, x.where));
    }
    return record(Sqrt{}, x);
}

Var abs(Operand x) { return record(Abs{}, x); }
Var sign(Operand x) { return record(Sign{}, x); }
Var maximum(Operand a, Operand b) { return record(Maximum{}, a, b); }
Var minimum(Operand a, Operand b) { return record(Minimum{}, a, b); }

Var clip(Operand x, double low, double high) {
    if (!(low <= high)) throw Error("clip: the lower bound must not be above the upper one", x.where);
    return record(Clip{low, high}, x);
}

Var operator<(Operand a, Operand b) { return record(Less{}, a, b); }
Var operator<=(Operand a, Operand b) { return record(LessEqual{}, a, b); }
Var operator>(Operand a, Operand b) { return record(Less{}, b, a); }
Var operator>=(Operand a, Operand b) { return record(LessEqual{}, b, a); }
Var operator==(Operand a, Operand b) { return record(Equal{}, a, b); }
Var operator!=(Operand a, Operand b) { return record(NotEqual{}, a, b); }

Var where(Operand mask, Operand a, Operand b) { return record(Where{}, mask, a, b); }

} // namespace xgrad
