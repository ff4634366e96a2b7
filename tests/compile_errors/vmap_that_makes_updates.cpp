// error: the function of vmap returns a Var, or a vector, an array, a pair or a tuple of Vars; it makes no updates
#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

auto wrong(xg::Var x, xg::Var w) {
    return xg::vmap([&](xg::Var one) { return xg::Step{.outputs = {one}, .updates = {{w, w + 1}}}; }, x);
}
