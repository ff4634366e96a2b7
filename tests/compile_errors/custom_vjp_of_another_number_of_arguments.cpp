// error: custom_vjp: the rule takes the adjoint, the output and each argument, as in \[\]\(Var g, Var y, Var x\) for one argument, and returns the adjoint of each

#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

xg::Var product(xg::Var a, xg::Var b) {
    return xg::custom_vjp([](xg::Var x, xg::Var y) { return x * y; }, [](xg::Var g, xg::Var, xg::Var x) { return g * x; })(a, b);
}
