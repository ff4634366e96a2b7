// The adjoint of an array that is read in many pieces: one node, whose cost grows with the pieces and not with their product with
// the array.

#include "../support.hpp"

using namespace test;
using xg::Var;
using Vars = std::vector<Var>;
using Doubles = xt::xarray<double>;

namespace {

/// h = tanh(h + row) over the rows of x, one after the other.
Var recurrence(const Vars& rows) {
    Var h = rows[0];
    for (std::size_t t = 1; t < rows.size(); ++t) h = tanh(h + rows[t]);
    return sum(h);
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
    return n;
}

xg::Program compile_recurrence(xg::Tape& tape, std::int64_t n, bool twice = false) {
    Random random(1);
    const Var x = tape.parameter(random_array<double>({static_cast<std::size_t>(n), 4}, random));
    Var g = gradient(recurrence(split(x, n, 0)), x);
    if (twice) g = gradient(sum(g * g), x);
    return tape.compile({.outputs = {g}, .updates = {}}, {});
}

Var ints(Var on, const xt::xarray<std::int64_t>& values) { return on.tape().constant(values); }

} // namespace

BOOST_AUTO_TEST_SUITE(pieces)

BOOST_AUTO_TEST_CASE(of_rows_are_those_of_each_row_by_itself) {
    xg::Tape tape;
    Random random(2);
    const Var x = tape.parameter(random_array<float>({300, 5}, random));
    const Vars rows = split(x, 300, 0);
    const Var y = recurrence(rows);
    const auto program = tape.compile({.outputs = {gradient(y, x)}, .updates = {}}, {});
    BOOST_TEST(same(gradient(y, x).value<float>(), xg::concatenate(gradient(y, rows), 0).value<float>()));
    BOOST_TEST(count(program.str(), "call add_pieces") == 1u);
    BOOST_TEST(count(program.str(), "call") == 1u);
}

BOOST_AUTO_TEST_CASE(grow_with_what_they_hold) {
    for (const bool twice : {false, true}) {
        xg::Tape small, large;
        const auto few = compile_recurrence(small, 128, twice), many = compile_recurrence(large, 1024, twice);
        BOOST_TEST(many.arena_bytes() < 16 * few.arena_bytes()); // 8 times as many; it was 64 times as much
        BOOST_TEST(large.size() < 16 * small.size());
        BOOST_TEST(many.steps() < 16 * few.steps());
    }
}

BOOST_AUTO_TEST_CASE(that_overlap_are_added) {
    xg::Tape tape;
    const Var x = tape.parameter(Doubles{{1, 2, 3}, {4, 5, 6}});
    const Var y = sum(xg::slice(x, 0, 0, 1)) + 2 * sum(xg::slice(x, 1, 0, 2)) + 4 * sum(xg::slice(x, 1, 2, -4, -2)) +
                  8 * sum(diagonal(x)) + 16 * sum(xg::take(x, ints(x, {1, 1}), 0)) + 32 * sum(xg::take(x, ints(x, {-1}), 1)) +
                  64 * sum(pick(x, ints(x, {0, 2}))) + 128 * sum(x);
    const Var g = gradient(y, x);
    const Doubles expected{{1 + 2 + 4 + 8 + 64 + 128, 1 + 2 + 128, 1 + 4 + 32 + 128},
                           {2 + 4 + 32 + 128, 2 + 8 + 32 + 128, 4 + 32 + 32 + 64 + 128}};
    BOOST_TEST(same(g.value<double>(), expected));
    BOOST_TEST(count(tape.compile({.outputs = {g}, .updates = {}}, {}).str(), "call add_pieces") == 1u);
}

BOOST_AUTO_TEST_CASE(are_differentiated_again_in_both_modes) {
    Random random(3);
    const auto report = xg::gradcheck(
        [](Var x) {
            const Var rows = recurrence(split(x, 6, 0));
            Var windows = sum(square(x));
            for (std::int64_t i = 0; i < 5; ++i) windows = windows + sum(exp(xg::slice(x, 0, i, i + 2)) * xg::slice(x, 1, i % 3, i % 3 + 1, 2).shape()[0]);
            const Var taken = sum(tanh(xg::take(x, ints(x, {3, 0, 3, -1}), 0))) * sum(square(xg::take(x, ints(x, {1, -1, 1}), 1)));
            const Var along = sum(sin(take_along_axis(x, ints(x, {{0, 1, 2, 3}, {5, 5, 0, 1}}), 0)));
            const Var picked = sum(square(pick(x, ints(x, {0, 3, 1, 1, 2, 0})))) + sum(exp(diagonal(x, -1)));
            return Vars{rows * windows + taken, along * picked + sum(square(flip(x, {0}) * xg::slice(x, 0, 0, 6)))};
        },
        {random_array<double>({6, 4}, random, -1, 1)});
    BOOST_TEST(bool(report), report.str());
}

BOOST_AUTO_TEST_CASE(give_the_same_bits_however_many_threads_there_are) {
    xt::xarray<double> first;
    for (const std::size_t threads : {1, 2, 4}) {
        xg::set_num_threads(threads);
        xg::Tape tape;
        Random random(4);
        const Var x = tape.parameter(random_array<double>({64, 3000}, random));
        Var y = sum(exp(x));
        for (std::int64_t i = 0; i + 3 <= 64; ++i) y = y + sum(tanh(xg::slice(x, 0, i, i + 3)) * xg::slice(x, 0, 63 - i, 64 - i));
        const auto g = gradient(y, x).value<double>();
        if (threads == 1) first = g;
        BOOST_TEST(same(g, first));
    }
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(may_be_more_than_one_node_takes) {
    constexpr std::int64_t n = 40000;
    xg::Tape tape;
    Random random(5);
    const Var x = tape.parameter(random_array<double>({n}, random));
    Var y = x.tape().constant(0.0);
    for (std::int64_t i = 0; i < n; ++i) y = y + static_cast<double>(i % 7) * reshape(xg::slice(x, 0, i, i + 1), xg::Dims{});
    const auto g = gradient(y, x).value<double>();
    for (std::int64_t i = 0; i < n; ++i)
        if (g(i) != static_cast<double>(i % 7)) BOOST_FAIL(fmt::format("element {} is {}", i, g(i)));
}

BOOST_AUTO_TEST_CASE(that_are_two_stay_by_themselves) {
    xg::Tape tape;
    const Var x = tape.parameter(filled<float>({8, 3}, 1.0f));
    const Var y = sum(exp(xg::slice(x, 0, 0, 4))) + sum(tanh(xg::slice(x, 0, 2, 8)));
    BOOST_TEST(count(tape.compile({.outputs = {gradient(y, x)}, .updates = {}}, {}).str(), "add_pieces") == 0u);
}

BOOST_AUTO_TEST_CASE(tell_of_an_index_out_of_range_where_it_was_used) {
    xg::Tape tape;
    const Var x = tape.parameter(filled<double>({2, 3}, 1.0)), labels = tape.input<std::int64_t>({2}, "labels");
    Var y = sum(xg::slice(x, 0, 0, 1)) + sum(xg::slice(x, 1, 0, 1));
    const int line = __LINE__ + 1;
    y = y + sum(pick(x, labels));
    auto program = tape.compile({.outputs = {gradient(y, x)}, .updates = {}}, {labels});
    const std::string error = error_of([&] { program(xt::xarray<std::int64_t>{1, 3}); });
    BOOST_TEST(error == "unpick: label 3 at position (1) is out of range; there are 3 classes, labels go from 0 to 2" + at(line));
    BOOST_TEST(same(program(xt::xarray<std::int64_t>{1, 2}).array<double>(), Doubles{{2, 2, 1}, {1, 0, 1}}));
}

BOOST_AUTO_TEST_SUITE_END()
