// What is done again and again leaves nothing behind: values, traces, traces that throw, many signatures.

#include "../support.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {
using Doubles = xt::xarray<double>;
Doubles rows(std::size_t n) { return filled<double>({n}, 1); }
} // namespace

BOOST_AUTO_TEST_SUITE(growth)

BOOST_AUTO_TEST_CASE(values_leave_nothing_on_the_tape) {
    xg::Tape tape;
    const Var x = tape.parameter(Doubles{1, 2});
    std::vector<Var> many;
    for (int i = 0; i < 200; ++i) many.push_back(x * i);
    const std::size_t size = tape.size();
    for (int turn = 0; turn < 3; ++turn)
        for (const Var& v : many) (void)v.value<double>();
    BOOST_TEST(tape.size() == size);
    BOOST_TEST(tape.kept_values() > 0u);
    BOOST_TEST(tape.kept_values() <= xg::Tape::most_kept_values);
}

BOOST_AUTO_TEST_CASE(traces_leave_their_slots_alone) {
    xg::Tape tape;
    const Var w = tape.parameter(Doubles{1, 2}, "w");
    auto train = tape.function([&](Var x) {
        const Var loss = sum(square(w)) * mean(x);
        return Step{.outputs = {loss}, .updates = xg::optim::Adam{}.minimize(loss)};
    });
    train(rows(1));
    const std::size_t size = tape.size(), states = tape.states().size();
    BOOST_TEST(states >= 3u); // two moments and a counter
    for (std::size_t n = 2; n < 300; ++n) train(rows(n));
    BOOST_TEST(tape.size() == size);
    BOOST_TEST(tape.states().size() == states);
    BOOST_TEST(train.programs() == xg::Function::most_programs);
}

BOOST_AUTO_TEST_CASE(the_program_called_longest_ago_goes_first) {
    xg::Tape tape;
    int traces = 0;
    auto f = tape.function([&](Var x) {
        ++traces;
        return sum(x);
    });
    for (std::size_t n = 1; n <= xg::Function::most_programs; ++n) f(rows(n));
    f(rows(1)); // which is not the oldest any more
    BOOST_TEST(traces == int(xg::Function::most_programs));
    f(rows(1000));
    BOOST_TEST(f(rows(1)).scalar<double>() == 1);
    BOOST_TEST(traces == int(xg::Function::most_programs) + 1);
    BOOST_TEST(f(rows(2)).scalar<double>() == 2);
    BOOST_TEST(traces == int(xg::Function::most_programs) + 2);
}

BOOST_AUTO_TEST_CASE(a_trace_that_throws_is_forgotten) {
    xg::Tape tape;
    const Var w = tape.parameter(Doubles{1, 2});
    auto f = tape.function([&](Var x) { return matmul(exp(w) + 1, x); });
    const std::size_t size = tape.size();
    for (int i = 0; i < 100; ++i) BOOST_CHECK_THROW(f(rows(3)), xg::Error);
    BOOST_TEST(tape.size() == size);
    BOOST_TEST(f(rows(2)).scalar<double>() == std::exp(1.0) + std::exp(2.0) + 2, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_trace_refuses_what_would_happen_once) {
    xg::Tape tape;
    const Var w = tape.parameter(Doubles{1, 2}, "w");
    const auto error = [&](auto trace) {
        auto f = tape.function(trace);
        return error_of([&] { f(rows(2)); });
    };
    const int line = __LINE__ - 3;
    const auto expected = [&](const std::string& function, int at_line) {
        return fmt::format("{}: the function of growth.cpp:{} is being traced, and this would happen once for each of its programs, not at each "
                           "call; do it before the function is made, or return an Update for what is to change at each call{}",
                           function, line, at(at_line));
    };
    BOOST_TEST(error([&](Var x) { return x * tape.parameter(Doubles{1, 2}); }) == expected("parameter", __LINE__));
    BOOST_TEST(error([&](Var x) { return x * tape.state(Doubles{1, 2}); }) == expected("state", __LINE__));
    BOOST_TEST(error([&](Var x) { tape.assign(w, 0.0); return x; }) == expected("assign", __LINE__));
    BOOST_TEST(error([&](Var x) { return x * w.value<double>()(0); }).starts_with("value: while a function is traced there is no value yet"));
    BOOST_TEST(error([&](Var x) { return x * sum(x).scalar<double>(); }).starts_with("scalar: while a function is traced there is no value yet"));
    BOOST_TEST(error([&](Var x) { return x * tape.constant(Doubles{1, 2}).value<double>()(0); }) == "no error"); // a constant stays one
    BOOST_TEST(same(w.value<double>(), Doubles{1, 2}));
    // The advice: made before, changed by an update.
    const Var before = tape.parameter(Doubles{3, 4});
    auto f = tape.function([&](Var x) { return Step{.outputs = {x * before}, .updates = {{w, 0 * w}}}; });
    BOOST_TEST(f(rows(2)).array<double>()(1) == 4);
    BOOST_TEST(same(w.value<double>(), Doubles{0, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
