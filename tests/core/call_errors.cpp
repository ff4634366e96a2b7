// What goes wrong when a step is compiled or a program called, with the whole text of each error.

#include "../support.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {
using Floats = xt::xarray<float>;
using Labels = xt::xarray<std::int64_t>;
} // namespace

BOOST_AUTO_TEST_SUITE(call_errors)

BOOST_AUTO_TEST_CASE(arguments_of_a_program) {
    xg::Tape tape;
    const Var x = tape.input<float>({2, 3}, "x"), y = tape.input<std::int64_t>({2});
    auto program = tape.compile({.outputs = {sum(x), sum(y)}, .updates = {}}, {x, y});
    const Floats good = {{1, 2, 3}, {4, 5, 6}};
    const Labels labels = {1, 2};
    const std::string advice = "; dtype and shape must be equal (a tape.function is traced anew for other shapes)";
    BOOST_TEST(error_of([&] { program(good); }) == "the program takes 2 arguments and was given 1" + at(__LINE__));
    BOOST_TEST(error_of([&] { program(); }) == "the program takes 2 arguments and was given 0" + at(__LINE__));
    BOOST_TEST(error_of([&] { program(good, labels, labels); }) == "the program takes 2 arguments and was given 3" + at(__LINE__));
    BOOST_TEST(error_of([&] { program(Floats{{1, 2}}, labels); }) == "argument 0 \"x\" of the program is float32 (2, 3), was given float32 (1, 2)" + advice + at(__LINE__));
    BOOST_TEST(error_of([&] { program(xt::xarray<double>(good), labels); }) == "argument 0 \"x\" of the program is float32 (2, 3), was given float64 (2, 3)" + advice + at(__LINE__));
    BOOST_TEST(error_of([&] { program(good, Floats{1, 2}); }) == "argument 1 of the program is int64 (2,), was given float32 (2,)" + advice + at(__LINE__));
    BOOST_TEST(error_of([&] { program(good, 3); }) == "argument 1 of the program is int64 (2,), was given int64 ()" + advice + at(__LINE__));
    BOOST_TEST(program(good, labels).scalar<float>() == 21);
}

BOOST_AUTO_TEST_CASE(arguments_of_a_function) {
    xg::Tape tape;
    const int line = __LINE__ + 1;
    auto f = tape.function([](Var a, Var b) { return matmul(a, b); });
    const Floats m = {{1, 2, 3}, {4, 5, 6}};
    BOOST_TEST(error_of([&] { f(m); }) == fmt::format("the function of call_errors.cpp:{} takes 2 arguments and was given 1", line) + at(line + 2));
    BOOST_TEST(error_of([&] { f(m, m); }) == "matmul: inner extents differ, (2, 3) x (2, 3)" + at(line));
    BOOST_TEST(f.programs() == 0u);
    BOOST_TEST(f(m, filled<float>({3, 1}, 1)).array<float>()(1, 0) == 15);
    BOOST_TEST(f.programs() == 1u);
}

BOOST_AUTO_TEST_CASE(inputs_of_a_program) {
    xg::Tape tape;
    const int line = __LINE__ + 1;
    const Var x = tape.input<float>({2}, "x"), p = tape.parameter(Floats{1, 2}, "p");
    if (const std::string error = error_of([&] { (void)tape.compile({.outputs = {x * p}, .updates = {}}, {}); }); true) BOOST_TEST(error ==
               fmt::format("compile: the value depends on the input \"x\" float32 (2,), recorded at call_errors.cpp:{}, which has a value only when a program is called; "
                           "compile with it among the inputs{}", line, at(line + 1)));
    BOOST_TEST(error_of([&] { (void)tape.compile({.outputs = {p}, .updates = {}}, {p}); }) == "compile: an input of a program must come from tape.input(...)" + at(line + 4));
    BOOST_TEST(error_of([&] { (void)tape.compile({.outputs = {p}, .updates = {}}, {x * 2}); }) == "compile: an input of a program must come from tape.input(...)" + at(line + 5));
    BOOST_TEST(error_of([&] { (void)tape.compile({.outputs = {Var{}}, .updates = {}}, {}); }) == "compile: an output is a Var{} without a node" + at(line + 6));
    xg::Tape other;
    const Var foreign = other.parameter(1.0);
    BOOST_TEST(error_of([&] { (void)tape.compile({.outputs = {foreign}, .updates = {}}, {}); }) == "compile: a Var of another tape was used" + at(line + 9));
}

BOOST_AUTO_TEST_CASE(updates_of_a_program) {
    xg::Tape tape;
    const Var p = tape.parameter(Floats{1, 2}, "p"), x = tape.input<float>({2}), k = tape.constant(Floats{1, 2});
    const auto compile = [&](std::vector<xg::Update> updates) {
        return error_of([&] { (void)tape.compile({.outputs = {}, .updates = updates}, {x}); });
    };
    const std::string end = at(__LINE__ - 2);
    BOOST_TEST(compile({{p * 1.5, p}}) == "compile: only a parameter or a state can be updated" + end);
    BOOST_TEST(compile({{x, p}}) == "compile: only a parameter or a state can be updated" + end);
    BOOST_TEST(compile({{k, p}}) == "compile: only a parameter or a state can be updated" + end);
    BOOST_TEST(compile({{p, sum(p)}}) == "compile: the update of \"p\" is float32 (), and it is float32 (2,); they must be equal" + end);
    BOOST_TEST(compile({{p, cast(p, xg::DType::float64)}}) == "compile: the update of \"p\" is float64 (2,), and it is float32 (2,); they must be equal" + end);
    BOOST_TEST(compile({{p, p + 1}, {p, p + 2}}) == "compile: \"p\" is updated twice in one step" + end);
    BOOST_TEST(compile({{p, p + x}}) == "no error");
}

BOOST_AUTO_TEST_CASE(results) {
    xg::Tape tape;
    auto f = tape.function([](Var x) { return x * 2; });
    const auto r = f(Floats{1, 2});
    BOOST_TEST(error_of([&] { r.array<float>(1); }) == "array: output 1 was asked for, and the program has 1" + at(__LINE__));
    BOOST_TEST(error_of([&] { r.scalar<float>(); }) == "scalar: output 0 has shape (2,); it must have one element. Read it by array<T>(), or of a Var by value<T>()" + at(__LINE__));
    BOOST_TEST(error_of([&] { r.array<int>(); }) == "array: output 0 is float32, and was asked for as int32; ask for a floating type, or cast it" + at(__LINE__));
}

BOOST_AUTO_TEST_CASE(labels_out_of_range) {
    xg::Tape tape;
    const int line = __LINE__ + 1;
    auto chosen = tape.function([](Var x, Var labels) { return pick(x, labels); });
    auto hot = tape.function([](Var labels) { return one_hot(labels, 4); });
    const Floats x = {{1, 2, 3}, {4, 5, 6}};
    BOOST_TEST(error_of([&] { chosen(x, Labels{2, 3}); }) == "pick: label 3 at position (1) is out of range; there are 3 classes, labels go from 0 to 2" + at(line));
    BOOST_TEST(error_of([&] { chosen(x, Labels{-1, 0}); }) == "pick: label -1 at position (0) is out of range; there are 3 classes, labels go from 0 to 2" + at(line));
    BOOST_TEST(same(chosen(x, Labels{2, 0}).array<float>(), Floats{3, 4}));
    BOOST_TEST(error_of([&] { hot(Labels{{0, 1, 2}, {3, 4, 5}}); }) == "one_hot: label 4 at position (1, 1) is out of range; there are 4 classes, labels go from 0 to 3" + at(line + 1));
    BOOST_TEST(error_of([&] { hot(std::int64_t{9}); }) == "one_hot: label 9 at position () is out of range; there are 4 classes, labels go from 0 to 3" + at(line + 1));
    BOOST_TEST(hot(Labels{{0, 1, 2}, {3, 3, 3}}).array<float>()(1, 2, 3) == 1);
}

BOOST_AUTO_TEST_CASE(the_first_label_out_of_range_is_named) {
    for (const std::size_t threads : {1, 2, 4}) {
        xg::set_num_threads(threads);
        xg::Tape tape;
        auto loss = tape.function([](Var x, Var labels) { return xg::models::softmax_loss(x, labels); });
        Random random(1);
        const auto x = random_array<float>({20000, 10}, random);
        auto labels = random_array<std::int64_t>({20000}, random, 0, 9);
        labels(19000) = 10, labels(7777) = 11, labels(15000) = -5;
        const std::string text = error_of([&] { loss(x, labels); });
        BOOST_TEST(text.find("label 11 at position (7777) is out of range; there are 10 classes") != std::string::npos, text);
        labels(19000) = labels(7777) = labels(15000) = 9;
        BOOST_TEST(std::isfinite(loss(x, labels).scalar<float>()));
    }
    xg::set_num_threads(2);
}

/// The error shows the integer as the op sees it, also where it is taken from a view.
BOOST_AUTO_TEST_CASE(a_label_out_of_range_in_a_view) {
    for (const bool fuse : {true, false}) {
        xg::Tape tape;
        const Var l = tape.constant(Labels{0, 1, 2, 0, 9, 2, 0, 1, 2}), x = tape.parameter(Floats{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {0, 1, 2}});
        const std::vector<std::pair<Var, int>> views = {{slice(l, 0, 1, 5), 3},
                                                        {slice(l, 0, 0, 7, 2), 2},
                                                        {flip(slice(l, 0, 2, 6)), 1},
                                                        {broadcast_to(slice(l, 0, 4, 5), {4}), 0},
                                                        {reshape(transpose(reshape(slice(l, 0, 3, 7), {2, 2})), {4}), 2}};
        for (const auto& [labels, position] : views) {
            const Step step{.outputs = {pick(x, labels)}};
            const std::string text = error_of([&] { tape.compile(step, {}, {.fuse = fuse})(); });
            BOOST_TEST(text.starts_with(fmt::format("pick: label 9 at position ({}) is out of range", position)), text);
            const std::string taken = error_of([&, &labels = labels] { tape.compile({.outputs = {take(x, labels, 0)}}, {}, {.fuse = fuse})(); });
            BOOST_TEST(taken.starts_with(fmt::format("take: index 9 at position ({}) is out of range", position)), taken);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
