// error: the function of linearize takes one Var and returns one
#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

auto wrong(xg::Var x) {
    return xg::linearize([](xg::Var a) { return std::vector<xg::Var>{a, a}; }, x);
}
