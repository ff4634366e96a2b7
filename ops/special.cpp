#include <xgrad/ops/special_ops.hpp>

namespace xgrad {

Var erf(Operand x) { return record(Erf{}, x); }
Var erfc(Operand x) { return record(Erfc{}, x); }
Var ndtr(Operand x) { return record(Ndtr{}, x); }
Var exp2(Operand x) { return record(Exp2{}, x); }
Var log2(Operand x) { return record(Log2{}, x); }
Var log10(Operand x) { return record(Log10{}, x); }
Var cbrt(Operand x) { return record(Cbrt{}, x); }
Var rsqrt(Operand x) { return record(Rsqrt{}, x); }
Var reciprocal(Operand x) { return Operand(1, x.where) / x; }
Var logaddexp(Operand a, Operand b) { return record(LogAddExp{}, a, b); }
Var xlogy(Operand x, Operand y) { return record(XLogY{}, x, y); }

} // namespace xgrad
