#include <xgrad/ops/logic_ops.hpp>

#include <fmt/format.h>

namespace xgrad {
namespace {

void require_mask(const char* op, const char* function, const Operand& x) {
    if (x.var.valid() && x.var.dtype() != DType::uint8)
        throw Error(fmt::format("{}: takes masks (uint8), was given {} {}; compare it with a number first, or use {}",
                                op, name(x.var.dtype()), x.var.shape().str(), function),
                    x.where);
}

} // namespace

Var isnan(Operand x) { return record(IsNan{}, x); }
Var isinf(Operand x) { return record(IsInf{}, x); }
Var isfinite(Operand x) { return record(IsFinite{}, x); }
Var logical_and(Operand a, Operand b) { return record(LogicalAnd{}, a, b); }
Var logical_or(Operand a, Operand b) { return record(LogicalOr{}, a, b); }
Var logical_xor(Operand a, Operand b) { return record(LogicalXor{}, a, b); }
Var logical_not(Operand x) { return record(LogicalNot{}, x); }

Var operator&(Operand a, Operand b) {
    require_mask("operator&", "logical_and", a), require_mask("operator&", "logical_and", b);
    return logical_and(a, b);
}

Var operator|(Operand a, Operand b) {
    require_mask("operator|", "logical_or", a), require_mask("operator|", "logical_or", b);
    return logical_or(a, b);
}

Var operator^(Operand a, Operand b) {
    require_mask("operator^", "logical_xor", a), require_mask("operator^", "logical_xor", b);
    return logical_xor(a, b);
}

Var operator~(Operand x) {
    require_mask("operator~", "logical_not", x);
    return logical_not(x);
}

} // namespace xgrad
