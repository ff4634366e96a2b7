// error: .tang.
#include <xgrad/xgrad.hpp>

bool f(const xt::xarray<double>& a) {
    return xgrad::gradcheck([](xgrad::Var x) { return tang(x); }, {a}).ok;
}
