// error: the function of vmap takes as many Vars as vmap is given
#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

xg::Var wrong(xg::Var x) {
    return xg::vmap([](xg::Var a, xg::Var b) { return a + b; }, x);
}
