// A million nodes, one after the other: nothing recurses, nothing is quadratic.

#include <chrono>
#include <ctime>

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

BOOST_AUTO_TEST_SUITE(long_chain)

BOOST_AUTO_TEST_CASE(of_a_million_nodes) {
    constexpr int n = 500000; // two nodes each
    const auto start = std::chrono::steady_clock::now();
    double recorded = 0, differentiated = 0, compiled = 0, run = 0;
    {
        xg::Tape tape;
        const Var x = tape.parameter(0.5);
        const Var shrink = tape.parameter(0.999999);
        Var y = x;
        for (int i = 0; i < n; ++i) y = y * shrink + 1e-6;
        BOOST_TEST(tape.size() >= 1000000u);
        recorded = seconds_since(start);
        const Var slope = gradient(y, x);
        differentiated = seconds_since(start) - recorded;
        auto program = tape.compile({.outputs = {y, slope}, .updates = {}}, {});
        compiled = seconds_since(start) - recorded - differentiated;
        const auto results = program();
        run = seconds_since(start) - recorded - differentiated - compiled;
        const double factor = std::pow(0.999999, n);
        BOOST_TEST(results.scalar<double>(1) == factor, boost::test_tools::tolerance(1e-9));
        BOOST_TEST(results.scalar<double>() == 0.5 * factor + (1 - factor), boost::test_tools::tolerance(1e-9));
        BOOST_TEST(program.loops() == 1u);
    }
    BOOST_TEST_MESSAGE(fmt::format("recorded in {:.2f} s, differentiated {:.2f}, compiled {:.2f}, run {:.2f}, all with destruction {:.2f}", recorded,
                                   differentiated, compiled, run, seconds_since(start)));
}

BOOST_AUTO_TEST_CASE(of_a_hundred_thousand_nodes_over_arrays_in_both_modes) {
    xg::Tape tape;
    const Var x = tape.parameter(filled<float>({40}, 0.1f)), t = tape.constant(filled<float>({40}, 1.0f));
    Var y = x;
    for (int i = 0; i < 50000; ++i) y = tanh(y + x);
    const Var forward = xg::jvp({y}, {x}, {t})[0], reverse = gradient(sum(y), x);
    auto program = tape.compile({.outputs = {forward, reverse}, .updates = {}}, {});
    const auto results = program();
    BOOST_TEST(same(results.array<float>(0), results.array<float>(1), 1e-4));
}

BOOST_AUTO_TEST_CASE(of_many_reductions) {
    // Each step needs the whole result of the one before: as many loops as reductions.
    xg::Tape tape;
    const Var x = tape.parameter(filled<float>({64}, 0.5f));
    Var y = x;
    for (int i = 0; i < 3000; ++i) y = y - 0.001f * mean(y);
    auto program = tape.compile({.outputs = {sum(y), gradient(sum(y), x)}, .updates = {}}, {});
    BOOST_TEST(program().scalar<float>() == 32 * std::pow(0.999, 3000), boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(of_many_results) {
    // Of eight times as many results the compilation takes about eight times as long; where each was looked for among all, 50 times.
    const auto seconds = [](int n) {
        double least = INFINITY;
        for (int repeat = 0; repeat < 3; ++repeat) {
            xg::Tape tape;
            Var y = tape.parameter(filled<float>({32}, 0.5f));
            std::vector<Var> results;
            for (int i = 0; i < n; ++i) results.push_back(y = tanh(y));
            const std::clock_t start = std::clock(); // of the process: other programs do not count
            (void)tape.compile({.outputs = results, .updates = {}}, {});
            least = std::min(least, static_cast<double>(std::clock() - start));
        }
        return least;
    };
    BOOST_TEST(seconds(160000) < 25 * seconds(20000));
}

BOOST_AUTO_TEST_SUITE_END()
