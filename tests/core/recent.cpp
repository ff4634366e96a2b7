// A graph that is recorded again finds the program it was compiled to; another one never does.

#include "../support.hpp"
#include "../count_allocations.hpp"

using namespace test;
using xg::Var;

namespace {

const xt::xarray<double> three = {1, 2, 3};

/// What compiling after a rewind needs of memory.
template <class F>
std::vector<std::size_t> allocations_of_turns(xg::Tape& tape, int turns, F compile) {
    const auto mark = tape.mark();
    std::vector<std::size_t> counts;
    for (int i = 0; i < turns; ++i) {
        tape.rewind(mark);
        start_counting();
        compile();
        counts.push_back(stop_counting());
    }
    return counts;
}

} // namespace

BOOST_AUTO_TEST_SUITE(recent)

BOOST_AUTO_TEST_CASE(the_same_graph_is_compiled_twice_at_most) {
    xg::Tape tape;
    const Var w = tape.parameter(three);
    const auto counts = allocations_of_turns(tape, 5, [&] {
        const Var x = tape.input<double>({3}, "x"); // another leaf each time, of the same name and type
        Var y = x;
        for (int i = 0; i < 20; ++i) y = tanh(y * w);
        tape.compile({.outputs = {sum(y), gradient(sum(y), w)}, .updates = {}}, {x})(three);
    });
    for (const int i : {2, 3, 4}) BOOST_TEST(counts[i] < counts[0] * 3 / 4, fmt::format("{} and {}", counts[i], counts[0]));
}

BOOST_AUTO_TEST_CASE(no_two_programs_that_live_are_one) {
    xg::Tape tape;
    const Var w = tape.parameter(three);
    const auto mark = tape.mark();
    std::vector<xg::Program> programs;
    std::vector<xg::Results> results;
    for (int i = 0; i < 12; ++i) {
        tape.rewind(mark);
        programs.push_back(tape.compile({.outputs = {3 * w}, .updates = {{w, w + 1}}}, {}));
    }
    for (auto& program : programs) results.push_back(program());
    for (std::size_t i = 0; i < results.size(); ++i)
        BOOST_TEST(results[i].array<double>()(0) == 3 * (1 + static_cast<double>(i)));
}

BOOST_AUTO_TEST_CASE(whatever_differs_makes_another_program) {
    xg::Tape tape;
    const Var w = tape.parameter(three), v = tape.parameter(2 * three);
    const auto mark = tape.mark();
    const auto known = [&] { // compiled and forgotten often enough to be known
        for (int i = 0; i < 4; ++i) {
            tape.rewind(mark);
            const Var x = tape.input<double>({3}, "x");
            const auto first = tape.compile({.outputs = {sum(x * w + 1, 0)}, .updates = {}}, {x})(three).scalar<double>();
            BOOST_TEST(first == 17);
        }
        tape.rewind(mark);
    };
    const auto sum_of = [&](auto record, const auto& argument) {
        const Var x = tape.input<double>(xg::Shape(argument.shape()), "x");
        return tape.compile({.outputs = {record(x)}, .updates = {}}, {x})(argument).template scalar<double>();
    };
    const xt::xarray<double> two = {1, 2}, column = xt::ones<double>({2, 3});
    known();
    BOOST_TEST(sum_of([&](Var x) { return sum(x * w + 2, 0); }, three) == 20); // a number
    known();
    BOOST_TEST(sum_of([&](Var x) { return sum(x * v + 1, 0); }, three) == 31); // an input of a node
    known();
    BOOST_TEST(sum_of([&](Var x) { return sum(x / w + 1, 0); }, three) == 6); // an op
    known();
    BOOST_TEST(sum_of([&](Var x) { return max(x * w + 1, 0); }, three) == 10); // a reduction
    known();
    BOOST_TEST(sum_of([&](Var x) { return sum(sum(x * w + 1, 0), 0); }, column) == 18); // a shape
    known();
    {
        const Var x = tape.input<double>({3}, "x");
        const Var y = sum(x * w + 1, 0);
        const auto all = tape.compile({.outputs = {y, x * w}, .updates = {}}, {x})(three); // the outputs
        BOOST_TEST(all.size() == 2u);
        auto update = tape.compile({.outputs = {y}, .updates = {{w, w * 2}}}, {x}); // the updates
        BOOST_TEST(update(three).scalar<double>() == 17);
        BOOST_TEST(update(three).scalar<double>() == 31);
    }
}

BOOST_AUTO_TEST_CASE(the_array_of_a_leaf_that_was_made_again) {
    xg::Tape tape;
    const auto mark = tape.mark();
    for (int i = 0; i < 6; ++i) {
        tape.rewind(mark);
        const Var w = tape.parameter(i * three, "w"), c = tape.constant(xt::xarray<double>{1.0 * i, 0.0, 0.0});
        BOOST_TEST(tape.compile({.outputs = {sum(w) + sum(c)}, .updates = {}}, {})().scalar<double>() == 7 * i);
        BOOST_TEST(sum(w).scalar<double>() == 6 * i);
    }
}

BOOST_AUTO_TEST_CASE(an_argument_keeps_its_name_in_errors) {
    xg::Tape tape;
    const auto mark = tape.mark();
    for (const std::string name : {"a", "a", "a", "a", "b"}) {
        tape.rewind(mark);
        const Var x = tape.input<double>({3}, name);
        auto program = tape.compile({.outputs = {2 * x}, .updates = {}}, {x});
        const std::string text = error_of([&] { program(xt::xarray<double>{1.0, 2.0}); });
        BOOST_TEST(text.starts_with(fmt::format("argument 0 \"{}\" of the program", name)), text);
    }
}

BOOST_AUTO_TEST_CASE(a_fault_is_told_where_it_was_recorded) {
    xg::Tape tape;
    const Var table = tape.parameter(three);
    const auto mark = tape.mark();
    const xt::xarray<std::int64_t> good = {0, 2}, bad = {0, 7};
    const auto error = [&](Var picked, Var rows) {
        auto program = tape.compile({.outputs = {picked}, .updates = {}}, {rows});
        BOOST_TEST(program(good).array<double>()(1) == 3);
        return error_of([&] { program(bad); });
    };
    for (int i = 0; i < 4; ++i) {
        tape.rewind(mark);
        const Var rows = tape.input<std::int64_t>({2}, "rows");
        const int line = __LINE__ + 1;
        const Var picked = take(table, rows, 0);
        const std::string text = error(picked, rows);
        BOOST_TEST(text.ends_with(at(line)), text);
    }
    tape.rewind(mark);
    const Var rows = tape.input<std::int64_t>({2}, "rows");
    const int line = __LINE__ + 1;
    const Var picked = take(table, rows, 0);
    const std::string text = error(picked, rows);
    BOOST_TEST(text.ends_with(at(line)), text);
}

BOOST_AUTO_TEST_CASE(functions_that_carry_their_own_state) {
    xg::Tape tape;
    const Var x = tape.parameter(three);
    const auto mark = tape.mark();
    for (int i = 0; i < 6; ++i) { // an op without operator== is never thought to be another one
        tape.rewind(mark);
        const Var y = xg::custom_vjp([](Var v) { return exp(v); }, [i](Var g, Var, Var) { return i * g; })(x);
        BOOST_TEST(gradient(sum(y), x).value<double>()(1) == i);
    }
}

BOOST_AUTO_TEST_SUITE_END()
