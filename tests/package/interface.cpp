// What a program may have told xtensor and the standard library, and the library has not been told: see tests/CMakeLists.txt.

#ifdef XTENSOR_FIRST // without headers that choose a temporary (see core/array.hpp)
#if __has_include(<xtensor/core/xtensor_config.hpp>)
#include <xtensor/core/xtensor_config.hpp>
#else
#include <xtensor/xtensor_config.hpp>
#endif
#include <vector>
#endif

#include <xgrad/xgrad.hpp>

#include <fmt/core.h>

namespace xg = xgrad;

namespace {

/// 3 x, by rows, as an op of one's own sees its arrays.
struct Threefold {
    static constexpr auto name = "threefold";
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        const auto x = in[0].as<double>();
        auto y = out.as<double>();
        for (std::size_t i = 0; i < x.shape()[0]; ++i)
            for (std::size_t j = 0; j < x.shape()[1]; ++j)
                y(i, j) = 3 * x(i, j) + 0.5 * (i == 0 && j == 1);
    }
    static xg::Var vjp(xg::Var g, xg::Var, xg::Var) { return 3 * g; }
};

int failed = 0;
void check(bool good, const char* what) {
    if (good) return;
    fmt::print("wrong: {}\n", what);
    failed = 1;
}

} // namespace

int main() {
    const xt::xarray<double> a = {{1, 2, 3}, {4, 5, 6}};
    xg::Tape tape;
    const xg::Var w = tape.parameter(a, "w");
    check(w.value<double>() == a, "what was given comes back");
    check((w.value<double>()(0, 1) == 2), "an element of it");
    const xt::xarray<double> twofold = 2 * a;
    check((w * 2).value<double>() == twofold, "an op");
    auto f = tape.function([&](xg::Var x) { return std::vector<xg::Var>{xg::record(Threefold{}, x), transpose(x), sum(x * w)}; });
    const xg::Results results = f(a);
    check(results.array<double>(0)(0, 1) == 6.5 && results.array<double>(0)(1, 0) == 12, "an op of one's own");
    check(results.array<double>(1)(2, 1) == 6, "a transpose");
    check(results.scalar<double>(2) == 91, "a sum");
    check(f(xt::xarray<double>(a + a)).scalar<double>(2) == 182, "an expression");
    check(gradient(sum(square(w)), w).value<double>() == twofold, "a gradient");
    check(xg::gradcheck([](xg::Var x) { return xg::record(Threefold{}, x) * x; }, {a}).ok, "gradcheck");
    check(fmt::format("{:>10} {}", w.shape(), w.dtype()) == "    (2, 3) float64", "texts, with no more of fmt than <fmt/core.h>");
    check(xg::optim::GD{0.5}.minimize(sum(w)).size() == 1, "a vector that the library makes");
    return failed;
}
#if defined(EXPECTED_VERSION) && XGRAD_VERSION != EXPECTED_VERSION
#error "the version in the header is not that of the package"
#endif
#if XGRAD_VERSION < 100 || XGRAD_VERSION != XGRAD_VERSION_MAJOR * 10000 + XGRAD_VERSION_MINOR * 100 + XGRAD_VERSION_PATCH
#error "XGRAD_VERSION"
#endif
