// error: an op's vjp takes the adjoint, the output and each input, as in vjp\(Var g, Var y, Var x\) for one input, and returns the adjoint of each

#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

struct Cube {
    static constexpr auto name = "cube";
    static auto forward(auto x) { return x * x * x; }
    static double vjp(xg::Var, xg::Var, xg::Var) { return 3; }
};

xg::Var cube(xg::Var x) { return xg::record(Cube{}, x); }
