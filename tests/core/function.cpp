// Programs and functions: tracing by signature, arguments of all kinds, results that stay.

#include "../support.hpp"

using namespace test;
using xg::DType;
using xg::Step;
using xg::Var;

namespace {
using Floats = xt::xarray<float>;
using Doubles = xt::xarray<double>;
} // namespace

BOOST_AUTO_TEST_SUITE(function)

BOOST_AUTO_TEST_CASE(is_traced_once_for_each_signature) {
    xg::Tape tape;
    int traces = 0;
    auto f = tape.function([&](Var a, Var b) {
        ++traces;
        return sum(a * b);
    });
    BOOST_TEST(f.programs() == 0u);
    BOOST_TEST(f(Floats{1, 2}, Floats{3, 4}).scalar<float>() == 11);
    BOOST_TEST(f(Floats{1, 1}, Floats{3, 4}).scalar<float>() == 7);
    BOOST_TEST(traces == 1);
    BOOST_TEST(f(Floats{1, 2, 3}, Floats{1, 1, 1}).scalar<float>() == 6); // another shape
    BOOST_TEST(f(Doubles{1, 2}, Doubles{3, 4}).scalar<double>() == 11);   // another dtype
    BOOST_TEST(f(Floats{{1, 2}}, Floats{3, 4}).scalar<float>() == 11);    // another rank
    BOOST_TEST(traces == 4);
    BOOST_TEST(f(Floats{1, 2}, Floats{3, 4}).scalar<float>() == 11);
    BOOST_TEST(traces == 4);
    BOOST_TEST(f.programs() == 4u);
    BOOST_TEST(f.program({{DType::float32, {2}}, {DType::float32, {2}}}).steps() >= 1u);
    BOOST_TEST(traces == 4);
}

BOOST_AUTO_TEST_CASE(gives_a_var_several_or_a_step) {
    xg::Tape tape;
    const Var p = tape.parameter(1.0);
    auto one = tape.function([](Var x) { return x * 2; });
    auto several = tape.function([](Var x) { return std::vector<Var>{x, x * 2, sum(x)}; });
    auto both = tape.function([](Var x) { return std::array{x + 1, x - 1}; });
    auto step = tape.function([&](Var x) { return Step{.outputs = {sum(x)}, .updates = {{p, p + sum(x)}}}; });
    auto nothing = tape.function([&] { return Step{.outputs = {}, .updates = {{p, p * 2}}}; });
    const Doubles x = {1, 2};
    BOOST_TEST(same(one(x).array<double>(), Doubles{2, 4}));
    const auto results = several(x);
    BOOST_TEST(results.size() == 3u);
    BOOST_TEST(same(results.array<double>(), x));
    BOOST_TEST(same(results.array<double>(1), Doubles{2, 4}));
    BOOST_TEST(results.scalar<double>(2) == 3);
    BOOST_TEST((results.type(1) == xg::Type{DType::float64, {2}}));
    BOOST_TEST(same(both(x).array<double>(1), Doubles{0, 1}));
    BOOST_TEST(step(x).scalar<double>() == 3);
    BOOST_TEST(p.scalar<double>() == 4);
    BOOST_TEST(nothing().size() == 0u);
    BOOST_TEST(p.scalar<double>() == 8);
}

BOOST_AUTO_TEST_CASE(gives_updates_alone) {
    xg::Tape tape;
    const Var w = tape.parameter(Doubles{1, 2}, "w");
    auto step = tape.function([&](Var x) { return xg::optim::GD{0.25}.minimize(sum(square(w - x))); });
    BOOST_TEST(step(Doubles{0, 4}).size() == 0u);
    BOOST_TEST(same(w.value<double>(), Doubles{0.5, 3}));
}

BOOST_AUTO_TEST_CASE(takes_arrays_of_all_kinds) {
    xg::Tape tape;
    auto f = tape.function([](Var x) { return x * 10; });
    const Floats a = {{1, 2, 3}, {4, 5, 6}}, expected = {{10, 20, 30}, {40, 50, 60}};
    BOOST_TEST(same(f(a).array<float>(), expected));
    BOOST_TEST(same(f(xt::xarray<float, xt::layout_type::column_major>(a)).array<float>(), expected));
    BOOST_TEST(same(f(xt::xtensor<float, 2>(a)).array<float>(), expected));
    BOOST_TEST(same(f(a + 0.0f * a).array<float>(), expected));
    std::vector<float> memory = {1, 2, 3, 4, 5, 6};
    BOOST_TEST(same(f(xt::adapt(memory, std::vector<std::size_t>{2, 3})).array<float>(), expected));
    BOOST_TEST(f.programs() == 1u);
    BOOST_TEST(same(f(xt::xarray<int>{1, 2}).array<int>(), xt::xarray<int>{10, 20}));
    BOOST_TEST(same(f(xt::xarray<bool>{true, false}).array<int>(), xt::xarray<int>{10, 0}));
    BOOST_TEST(f(3).scalar<int>() == 30);
    BOOST_TEST(f(2.5).scalar<double>() == 25);
    BOOST_TEST(f(filled<float>({0, 3}, 0)).array<float>().size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_number_takes_the_dtype_of_a_programs_input) {
    xg::Tape tape;
    const Var x = tape.input<float>({}), n = tape.input<std::int64_t>({1});
    auto program = tape.compile({.outputs = {x * 2, n + 1}, .updates = {}}, {x, n});
    BOOST_TEST(program(1.5, 4).scalar<float>() == 3);
    BOOST_TEST(program(2, 4).scalar<float>() == 4);
    BOOST_TEST(program(2, 4).scalar<int>(1) == 5);
    BOOST_TEST(error_of([&] { program(1.5, 4.5); }).starts_with("argument 1 of the program is int64 (1,), was given float64 ();"));
}

BOOST_AUTO_TEST_CASE(results_of_an_earlier_call_stay) {
    xg::Tape tape;
    auto f = tape.function([](Var x) { return std::vector<Var>{x * 2, sum(x)}; });
    const auto first = f(Doubles{1, 2}), second = f(Doubles{3, 4}), third = f(Doubles{5, 6});
    const auto copy = first;
    for (int i = 0; i < 5; ++i) f(Doubles{7, 8});
    BOOST_TEST(same(first.array<double>(), Doubles{2, 4}));
    BOOST_TEST(same(second.array<double>(), Doubles{6, 8}));
    BOOST_TEST(same(third.array<double>(), Doubles{10, 12}));
    BOOST_TEST(copy.scalar<double>(1) == 3);
}

BOOST_AUTO_TEST_CASE(results_outlive_program_and_tape) {
    const auto results = [] {
        xg::Tape tape;
        return tape.function([](Var x) { return x * 2; })(Doubles{1, 2});
    }();
    BOOST_TEST(same(results.array<double>(), Doubles{2, 4}));
}

BOOST_AUTO_TEST_CASE(an_output_may_be_anything_recorded) {
    xg::Tape tape;
    const Var x = tape.input<double>({2, 3}), p = tape.parameter(Doubles{7, 8}), number = tape.constant(2.5);
    const Var y = exp(x);
    auto program = tape.compile({.outputs = {x, p, number, y, y, transpose(y), y + 0, broadcast_to(p, {2, 2})}, .updates = {}}, {x});
    const Doubles in = {{0, 1, 2}, {3, 4, 5}};
    const auto out = program(in);
    BOOST_TEST(same(out.array<double>(0), in));
    BOOST_TEST(same(out.array<double>(1), Doubles{7, 8}));
    BOOST_TEST(out.scalar<double>(2) == 2.5);
    BOOST_TEST(same(out.array<double>(3), out.array<double>(4)));
    BOOST_TEST(out.array<double>(5)(2, 1) == out.array<double>(3)(1, 2));
    BOOST_TEST(same(out.array<double>(6), out.array<double>(3)));
    BOOST_TEST(same(out.array<double>(7), Doubles{{7, 8}, {7, 8}}));
}

BOOST_AUTO_TEST_CASE(inputs_may_be_unused_or_repeated_in_the_trace) {
    xg::Tape tape;
    auto f = tape.function([](Var a, Var) { return a + a; });
    BOOST_TEST(f(1.5, Floats{1, 2}).scalar<double>() == 3);
}

BOOST_AUTO_TEST_CASE(copies_of_a_function_share_its_programs) {
    xg::Tape tape;
    auto f = tape.function([](Var x) { return x + 1; });
    auto g = f;
    f(1.0);
    g(2.0);
    BOOST_TEST(f.programs() == 1u);
    BOOST_TEST(g.programs() == 1u);
}

BOOST_AUTO_TEST_CASE(a_trace_may_use_what_stands_on_the_tape) {
    xg::Tape tape;
    const Var w = tape.parameter(Doubles{{1, 2}, {3, 4}}), shifted = w + 1;
    auto f = tape.function([&](Var x) { return matmul(x, shifted); });
    BOOST_TEST(same(f(Doubles{{1, 0}}).array<double>(), Doubles{{2, 3}}));
    tape.assign(w, 0.0);
    BOOST_TEST(same(f(Doubles{{1, 0}}).array<double>(), Doubles{{1, 1}}));
}

BOOST_AUTO_TEST_SUITE_END()
