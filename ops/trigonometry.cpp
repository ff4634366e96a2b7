#include <xgrad/ops/trigonometry_ops.hpp>

namespace xgrad {

Var sin(Operand x) { return record(Sin{}, x); }
Var cos(Operand x) { return record(Cos{}, x); }
Var tan(Operand x) { return record(Tan{}, x); }
Var asin(Operand x) { return record(Asin{}, x); }
Var acos(Operand x) { return record(Acos{}, x); }
Var atan(Operand x) { return record(Atan{}, x); }
Var sinh(Operand x) { return record(Sinh{}, x); }
Var cosh(Operand x) { return record(Cosh{}, x); }
Var asinh(Operand x) { return record(Asinh{}, x); }
Var acosh(Operand x) { return record(Acosh{}, x); }
Var atanh(Operand x) { return record(Atanh{}, x); }
Var atan2(Operand y, Operand x) { return record(Atan2{}, y, x); }
Var hypot(Operand a, Operand b) { return record(Hypot{}, a, b); }

} // namespace xgrad
