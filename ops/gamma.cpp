#include <fmt/format.h>

#include <xgrad/ops/gamma_ops.hpp>

namespace xgrad {

Var lgamma(Operand x) { return record(LGamma{}, x); }
Var digamma(Operand x) { return record(Digamma{}, x); }
Var polygamma(std::int64_t n, Operand x) {
    const Call call("polygamma", x.where);
    if (n < 0 || n > simd::most_derivatives)
        throw Error(fmt::format("n is {}; it must be from 0 to {}", n, simd::most_derivatives));
    return n == 0 ? digamma(x) : record(Polygamma{static_cast<int>(n)}, x);
}
Var betaln(Operand a, Operand b) { return record(BetaLn{}, a, b); }
Var beta(Operand a, Operand b) { return record(Beta{}, a, b); }
Var erfinv(Operand x) { return record(ErfInv{}, x); }
Var ndtri(Operand p) { return record(Ndtri{}, p); }
Var i0e(Operand x) { return record(I0e{}, x); }
Var i1e(Operand x) { return record(I1e{}, x); }

} // namespace xgrad
