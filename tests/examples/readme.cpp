// The pieces of C++ in README.md but for its program, which is a program: see tests/CMakeLists.txt.

#include <filesystem>

#include "../folder.hpp"
#include "../support.hpp"

using namespace test;
namespace xg = xgrad;

#include "readme.hpp"

BOOST_AUTO_TEST_SUITE(readme)

BOOST_AUTO_TEST_CASE(an_op_of_ones_own) {
    const auto report = xg::gradcheck([](xg::Var x) { return bent_identity(x); }, {xt::xarray<double>{-1, 0.5, 2}});
    BOOST_TEST(report.ok, report.str());
}

BOOST_AUTO_TEST_CASE(updates_of_ones_own) {
    xg::Tape tape;
    const xg::Var w = tape.parameter({1.0, -2.0}, "w");
    auto train = tape.function([&] { return momentum_step(sum(square(w)), w); });
    train(), train();
    // v = 2 w, w = 0.98 w;  v = 0.9 * 2 w + 2 * 0.98 w, w = (0.98 - 0.0376) w
    BOOST_TEST(same(w.value<double>(), xt::xarray<double>{0.9424, -1.8848}, 1e-14));
}

/// What the equations give with some rates leads back to these.
BOOST_AUTO_TEST_CASE(a_fit) {
    xg::Tape tape;
    const xg::Var times = linspace(tape, 0, 10, 21);
    const auto slope = [](xg::Var n, xg::Var) { return stack(n[0] * (0.6 - 0.12 * n[1]), n[1] * (0.08 * n[0] - 0.4)); };
    const xg::Var seen = xg::odeint(slope, tape.constant({10.0, 5.0}), times);
    BOOST_TEST(same(fit(times.value<double>(), seen.value<double>()), xt::xarray<double>{0.6, 0.12, 0.08, 0.4}, 1e-5));
}

BOOST_AUTO_TEST_CASE(how_long_things_live) { BOOST_TEST(mark_and_rewind() == 2); }

BOOST_AUTO_TEST_CASE(threads) { BOOST_TEST(on_two_threads() == 6); }

#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Wunused-result"

/// What the table calls x, y, w ...; a row of it saves a file.
BOOST_AUTO_TEST_CASE(coming_from_elsewhere) {
    const Folder folder;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path);

    xg::Tape tape;
    xg::Random random(tape, 1);
    const xt::xarray<double> array = {{1, 2, 3}, {-4, 5, 6}, {7, 8, -9}};
    const xg::Var x = tape.parameter(array, "x"), y = tanh(x), v = tape.constant(array), u = v;
    const xg::Var i = tape.constant({0, 2, 1}), j = tape.constant({{0, 1, 2}, {1, 2, 0}, {2, 0, 1}});
    const xg::Var images = tape.constant(filled<float>({1, 3, 4, 4}, 1)), filters = tape.constant(filled<float>({2, 3, 3, 3}, 1));
    const xg::Var loss = sum(square(y)), w = x;
    const auto f = [](xg::Var a) { return tanh(a); };
    const auto step = [](const std::vector<xg::Var>& carry, const std::vector<xg::Var>& slices) { return std::pair{carry, slices}; };
#include "dictionary.hpp"

    std::filesystem::current_path(before);
    BOOST_TEST(std::filesystem::exists(folder.file("model.npz")));
    // The formula that the text beside the table gives.
    BOOST_TEST(same(var(tape.constant({1.0, 3.0})).value<double>(), xt::xarray<double>(2)));
}

BOOST_AUTO_TEST_SUITE_END()
