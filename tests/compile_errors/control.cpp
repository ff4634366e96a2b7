// compiles
// The right neighbours of the programs here: were this one refused, their failing would say nothing.

#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

int main() {
    xg::Tape tape;
    const xg::Var x = tape.parameter(xt::xarray<double>{1, 2});
    return gradient(sum(x * x), x).value<double>()(0) == 2 ? 0 : 1;
}
