// compiles
// The right neighbours of the programs here: were they refused, too, the others' failing would say nothing.

#include <algorithm>
#include <cassert>

#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

int main() {
    xg::Tape tape;
    const xg::Var x = tape.parameter(xt::xarray<double>{1, 2}), y = tape.input<float>({5});
    assert(x.valid() && !xg::Var{}.valid());
    if (sum(x < 2).scalar<int>() == std::max(1, 2)) return 1;
    const xg::Var inside = where((x > 0) & (x < 1), x, 0);
    const xg::Shape s{5}, t = {5, 2};
    const xg::Dims d = 1, e = {0, 1};
    const xg::Var total = sum(y, 0) + 1 + sum(y, {0});
    return gradient(sum(inside * inside), x).value<double>()(0) == 2 ? 0 : 1;
}
