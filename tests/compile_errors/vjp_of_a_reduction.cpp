// error: an op's vjp takes the adjoint, the output and each input, as in vjp\(Var g, Var y, Var x\) for one input, and returns the adjoint of each

#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

struct Product {
    static constexpr auto name = "product";
    static constexpr double identity = 1;
    static auto combine(auto a, auto b) { return a * b; }
    static xg::Var vjp(xg::Var g, xg::Var x) { return g * x; }
};

xg::Var product(xg::Var x) { return xg::reduce(Product{}, x); }
