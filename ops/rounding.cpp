#include <xgrad/ops/rounding_ops.hpp>

namespace xgrad {

Var floor(Operand x) { return record(Floor{}, x); }
Var ceil(Operand x) { return record(Ceil{}, x); }
Var round(Operand x) { return record(Round{}, x); }
Var trunc(Operand x) { return record(Trunc{}, x); }
Var fmod(Operand a, Operand b) { return record(Fmod{}, a, b); }

} // namespace xgrad
