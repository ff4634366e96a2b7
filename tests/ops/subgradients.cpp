// The derivatives at points where there are several to choose from, or none: as PyTorch chooses.

#include <limits>

#include "../reference.hpp"

using namespace test;
using xg::Var;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

using Doubles = xt::xarray<double>;

/// d sum(f(x)) / dx
Doubles slope(std::function<Var(Var)> f, const Doubles& x) {
    xg::Tape tape;
    const Var v = tape.parameter(x);
    return gradient(sum(f(v)), v).value<double>();
}

std::vector<Doubles> slopes(std::function<Var(Var, Var)> f, const Doubles& a, const Doubles& b) {
    xg::Tape tape;
    const Var x = tape.parameter(a), y = tape.parameter(b);
    const std::vector<Var> g = gradient(sum(f(x, y)), {x, y});
    return {g[0].value<double>(), g[1].value<double>()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(subgradients)

BOOST_AUTO_TEST_CASE(at_kinks) {
    BOOST_TEST(same(slope([](Var x) { return relu(x); }, {-1, 0, 1}), Doubles{0, 0, 1}));
    BOOST_TEST(same(slope([](Var x) { return abs(x); }, {-1, 0, 1}), Doubles{-1, 0, 1}));
    BOOST_TEST(same(slope([](Var x) { return sign(x); }, {-1, 0, 1}), Doubles{0, 0, 0}));
    BOOST_TEST(same(slope([](Var x) { return clip(x, -1, 2); }, {-2, -1, 0, 2, 3}), Doubles{0, 1, 1, 1, 0}));
    BOOST_TEST(same(slope([](Var x) { return maximum(x, 0); }, {-1, 0, 1}), Doubles{0, 0.5, 1}));
    BOOST_TEST(same(slope([](Var x) { return sqrt(x); }, {0, 1}), Doubles{inf, 0.5}));
}

BOOST_AUTO_TEST_CASE(maximum_and_minimum_share_ties_in_halves) {
    const auto most = slopes([](Var a, Var b) { return maximum(a, b); }, {1, 2, 3}, {2, 2, 2});
    BOOST_TEST(same(most[0], Doubles{0, 0.5, 1}));
    BOOST_TEST(same(most[1], Doubles{1, 0.5, 0}));
    const auto least = slopes([](Var a, Var b) { return minimum(a, b); }, {1, 2, 3}, {2, 2, 2});
    BOOST_TEST(same(least[0], Doubles{1, 0.5, 0}));
    BOOST_TEST(same(least[1], Doubles{0, 0.5, 1}));
    BOOST_TEST(same(slope([](Var x) { return maximum(x, x); }, {1, 2}), Doubles{1, 1}));
}

BOOST_AUTO_TEST_CASE(max_and_min_split_ties_evenly) {
    BOOST_TEST(same(slope([](Var x) { return max(x); }, {1, 3, 3, 2, 3}), Doubles{0, 1. / 3, 1. / 3, 0, 1. / 3}));
    BOOST_TEST(same(slope([](Var x) { return min(x); }, {1, 3, 1}), Doubles{0.5, 0, 0.5}));
    BOOST_TEST(same(slope([](Var x) { return max(x, 1); }, {{1, 1}, {0, 5}}), Doubles{{0.5, 0.5}, {0, 1}}));
    BOOST_TEST(same(slope([](Var x) { return max(x, 0) * x.tape().constant(Doubles{2, 10}); }, {{1, 1}, {1, 5}}), Doubles{{1, 0}, {1, 10}}));
    BOOST_TEST(same(slope([](Var x) { return max(relu(x)); }, {-1, -2}), Doubles{0, 0}));
}

BOOST_AUTO_TEST_CASE(pow_at_zero) {
    BOOST_TEST(same(slope([](Var x) { return pow(x, 0); }, {0, 2}), Doubles{0, 0}));
    BOOST_TEST(same(slope([](Var x) { return pow(x, 2); }, {0, 2}), Doubles{0, 4}));
    BOOST_TEST(same(slope([](Var x) { return pow(x, 3); }, {0, -2}), Doubles{0, 12}));
    BOOST_TEST(same(slope([](Var x) { return pow(x, 0.5); }, {0, 4}), Doubles{inf, 0.25}));
    const auto g = slopes([](Var a, Var b) { return pow(a, b); }, {0, 0, 2, 0}, {2, 0, 3, 1});
    BOOST_TEST(same(g[0], Doubles{0, 0, 12, 1}, 1e-14));
    BOOST_TEST(same(g[1], Doubles{0, 0, 8 * std::log(2.0), 0}, 1e-14));
    BOOST_TEST(same(slope([](Var b) { return pow(0, b); }, {0, 1, 2}), Doubles{0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(where_gives_nothing_to_what_it_does_not_take) {
    const auto g = slopes([](Var a, Var b) { return where(a > 0, a * 2, b * 3); }, {1, -1, 1}, {NaN, 1, inf});
    BOOST_TEST(same(g[0], Doubles{2, 0, 2}));
    BOOST_TEST(same(g[1], Doubles{0, 3, 0}));
    const auto h = slopes([](Var a, Var b) { return where(b < 10, b, a); }, {NaN, NaN}, {1, 2});
    BOOST_TEST(same(h[0], Doubles{0, 0}));
    BOOST_TEST(same(h[1], Doubles{1, 1}));
}

BOOST_AUTO_TEST_CASE(what_saturates_has_no_slope_and_no_nan) {
    for (const auto& f : std::vector<std::function<Var(Var)>>{[](Var x) { return tanh(x); }, [](Var x) { return sigmoid(x); }})
        BOOST_TEST(same(slope(f, {-1000, 1000}), Doubles{0, 0}));
    BOOST_TEST(same(slope([](Var x) { return softplus(x); }, {-1000, 0, 1000}), Doubles{0, 0.5, 1}));
    BOOST_TEST(same(slope([](Var x) { return exp(x); }, {-1000}), Doubles{0}));
    BOOST_TEST(same(slope([](Var x) { return logsumexp(x); }, {-1000, 1000}), Doubles{0, 1}));
    BOOST_TEST(same(slope([](Var x) { return logsumexp(x); }, {-inf, 2, 2}), Doubles{0, 0.5, 0.5}));
    BOOST_TEST(same(slope([](Var x) { return log(sigmoid(x)); }, {-1000, 0, 1000}), Doubles{1, 0.5, 0}));
    BOOST_TEST(same(slope([](Var x) { return slice(log(softmax(x)), 0, 0, 1); }, {-1000, 1000}), Doubles{1, -1}));
}

BOOST_AUTO_TEST_CASE(a_broadcast_tie_is_still_a_tie) {
    const auto g = slopes([](Var a, Var b) { return maximum(a, b); }, {{1, 2}, {2, 3}}, {2, 2});
    BOOST_TEST(same(g[0], Doubles{{0, 0.5}, {0.5, 1}}));
    BOOST_TEST(same(g[1], Doubles{1.5, 0.5}));
}

BOOST_AUTO_TEST_CASE(second_derivatives_at_kinks_and_poles) {
    const auto curvature = [](std::function<Var(Var)> f, const Doubles& x) {
        return slope([f](Var v) { return gradient(sum(f(v)), v); }, x);
    };
    BOOST_TEST(same(curvature([](Var x) { return elu(x, 2); }, {-1, 0, 1}), Doubles{2 * std::exp(-1.0), 0, 0}));
    BOOST_TEST(same(curvature([](Var x) { return pow(x, 0); }, {0, 2}), Doubles{0, 0}));
    BOOST_TEST(same(curvature([](Var x) { return asin(x); }, {-1, 1}), Doubles{-inf, inf}));
    BOOST_TEST(same(curvature([](Var x) { return acos(x); }, {-1, 1}), Doubles{inf, -inf}));
    BOOST_TEST(same(curvature([](Var x) { return atanh(x); }, {-1, 1}), Doubles{-inf, inf}));
    // What is tiny keeps its digits.
    const double tiny = std::exp(-40.0);
    for (const auto& f : std::vector<std::function<Var(Var)>>{[](Var x) { return asin(x); }, [](Var x) { return -acos(x); }})
        BOOST_TEST(same(curvature(f, {1e-12}), Doubles{1e-12}, 1e-14));
    BOOST_TEST(same(curvature([](Var x) { return atanh(x); }, {1e-12}), Doubles{2e-12}, 1e-14));
    BOOST_TEST(same(curvature([](Var x) { return expm1(x); }, {-40}), Doubles{tiny}, 1e-14));
    BOOST_TEST(same(curvature([](Var x) { return sigmoid(x); }, {-40, 1e-12, 40}), Doubles{tiny, -1.25e-13, -tiny}, 1e-14));
    BOOST_TEST(same(curvature([](Var x) { return softplus(x); }, {-40, 40}), Doubles{tiny, tiny}, 1e-14));
}

BOOST_AUTO_TEST_CASE(slopes_keep_their_digits) {
    const double tiny = std::exp(-40.0);
    BOOST_TEST(same(slope([](Var x) { return expm1(x); }, {-40}), Doubles{tiny}, 1e-14));
    BOOST_TEST(same(slope([](Var x) { return sigmoid(x); }, {-40, 40}), Doubles{tiny, tiny}, 1e-14));
    const double rest = 0x1p-40; // asin'(1 - rest) = 1 / sqrt(rest (2 - rest))
    BOOST_TEST(same(slope([](Var x) { return asin(x); }, {1 - rest}), Doubles{1 / std::sqrt(rest * (2 - rest))}, 1e-14));
}

BOOST_AUTO_TEST_CASE(a_nan_passes_relu_and_its_adjoint) {
    BOOST_TEST(same(slope([](Var x) { return 3 * relu(x); }, {NaN, -1}), Doubles{3, 0}));
}

BOOST_AUTO_TEST_CASE(logsumexp_and_softmax_of_nothing) {
    xg::Tape tape;
    const Var none = tape.parameter(Doubles::from_shape({2, 0}));
    BOOST_TEST(same(logsumexp(none, 1).value<double>(), Doubles{-inf, -inf}));
    for (const Var y : {softmax(none), log_softmax(none), gradient(sum(logsumexp(none, 1)), none)})
        BOOST_TEST(y.value<double>().size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
