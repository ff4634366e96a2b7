// error: an op whose zero_derivative is true has no vjp

#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

struct Cube {
    static constexpr auto name = "cube";
    static constexpr bool zero_derivative = true;
    static auto forward(auto x) { return x * x * x; }
    static xg::Var vjp(xg::Var g, xg::Var, xg::Var x) { return g * (3 * x * x); }
};

xg::Var cube(xg::Var x) { return xg::record(Cube{}, x); }
