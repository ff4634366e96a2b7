#include <xgrad/xgrad.hpp>

#include <cmath>

#include <fmt/core.h>

#ifdef XTENSOR_USE_XSIMD
#error "linking xgrad must not change the arrays of its users"
#endif
#if defined(EXPECTED_VERSION) && XGRAD_VERSION != EXPECTED_VERSION
#error "the version in the header is not that of the package"
#endif
#if XGRAD_VERSION < 100 || XGRAD_VERSION != XGRAD_VERSION_MAJOR * 10000 + XGRAD_VERSION_MINOR * 100 + XGRAD_VERSION_PATCH
#error "XGRAD_VERSION"
#endif

int main() {
    xgrad::Tape tape;
    xgrad::Var x = tape.parameter(xt::xarray<double>{1, 2, 3}, "x");
    xgrad::Var loss = sum(exp(2.0 * x) / exp(x));
    auto slope = gradient(loss, x).value<double>();
    fmt::print("{} {} {}\n", slope(0), slope(1), slope(2));
    return std::abs(slope(2) - std::exp(3.0)) < 1e-12 ? 0 : 1;
}
