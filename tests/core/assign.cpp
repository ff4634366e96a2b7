// Leaves: their names and values, and overwriting them.

#include "../support.hpp"

using namespace test;
using xg::Var;

BOOST_AUTO_TEST_SUITE(leaves)

BOOST_AUTO_TEST_CASE(take_any_expression_of_xtensor) {
    xg::Tape tape;
    const xt::xarray<float> a = {{1, 2, 3}, {4, 5, 6}};
    BOOST_TEST(same(tape.constant(a).value<float>(), a));
    BOOST_TEST(same(tape.constant(a + a).value<float>(), xt::xarray<float>{{2, 4, 6}, {8, 10, 12}}));
    BOOST_TEST(same(tape.constant(xt::xarray<float, xt::layout_type::column_major>(a)).value<float>(), a));
    BOOST_TEST(same(tape.parameter(xt::xtensor<double, 1>{1.5, 2.5}).value<double>(), xt::xarray<double>{1.5, 2.5}));
    BOOST_TEST(tape.constant(xt::xarray<int>{1, 2}).dtype() == xg::DType::int64);
    BOOST_TEST(tape.constant(xt::xarray<bool>{true, false}).dtype() == xg::DType::uint8);
    BOOST_TEST(tape.constant(xt::xarray<std::uint8_t>{200}).value<int>()(0) == 200);
    BOOST_TEST(tape.constant(3.5f).dtype() == xg::DType::float32);
    BOOST_TEST(tape.constant(3.5).scalar<double>() == 3.5);
    BOOST_TEST(tape.constant(7).scalar<double>() == 7);
    BOOST_TEST(tape.parameter(2.0).shape() == xg::Shape());
    BOOST_TEST(tape.parameter(2.0).scalar<float>() == 2.0f);
    BOOST_TEST(tape.constant(filled<float>({0, 3}, 0)).value<float>().size() == 0u);
}

BOOST_AUTO_TEST_CASE(own_their_arrays) {
    xg::Tape tape;
    xt::xarray<double> a = {1, 2};
    const Var p = tape.parameter(a);
    a(0) = 100;
    BOOST_TEST(p.value<double>()(0) == 1);
    auto copy = p.value<double>();
    copy(0) = 50;
    BOOST_TEST(p.value<double>()(0) == 1);
}

BOOST_AUTO_TEST_CASE(have_names) {
    xg::Tape tape;
    const Var w = tape.parameter(1.0, "w"), again = tape.parameter(1.0, "w"), unnamed = tape.parameter(1.0);
    BOOST_TEST(tape.name(w) == "w");
    BOOST_TEST(tape.name(again) != "w");
    BOOST_TEST(!tape.name(unnamed).empty());
    BOOST_TEST(tape.name(unnamed) != tape.name(again));
    BOOST_TEST(tape.name(w + again) == "");
    const std::vector<Var> all = tape.parameters();
    BOOST_TEST(all.size() == 3u);
    BOOST_TEST((all[0].is(w) && all[1].is(again) && all[2].is(unnamed)));
    const Var s = tape.state(0.0, "s");
    BOOST_TEST(tape.parameters().size() == 3u);
    BOOST_TEST((tape.states().size() == 1u && tape.states()[0].is(s)));
}

BOOST_AUTO_TEST_CASE(assign_overwrites) {
    xg::Tape tape;
    const Var p = tape.parameter(xt::xarray<float>{1, 2, 3}), s = tape.state(xt::xarray<std::int64_t>{1, 2}), k = tape.constant(xt::xarray<double>{1, 2});
    const Var y = sum(p * p);
    BOOST_TEST(y.scalar<float>() == 14);
    tape.assign(p, xt::xarray<float>{0, 1, 2});
    BOOST_TEST(y.scalar<float>() == 5);
    tape.assign(p, xt::xarray<double>{0.5, 0, 0}); // the leaf keeps its dtype
    BOOST_TEST(p.dtype() == xg::DType::float32);
    BOOST_TEST(y.scalar<float>() == 0.25);
    tape.assign(p, 2.0);
    BOOST_TEST(y.scalar<float>() == 12);
    tape.assign(p, p.value<float>() + p.value<float>());
    BOOST_TEST(y.scalar<float>() == 48);
    tape.assign(s, xt::xarray<std::int64_t>{-3, 5});
    BOOST_TEST(sum(s).scalar<std::int64_t>() == 2);
    tape.assign(s, 4);
    BOOST_TEST(sum(s).scalar<std::int64_t>() == 8);
    tape.assign(k, xt::xarray<double>{3, 4});
    BOOST_TEST(sum(k).scalar<double>() == 7);
}

BOOST_AUTO_TEST_CASE(assign_is_seen_by_programs) {
    xg::Tape tape;
    const Var p = tape.parameter(1.0);
    auto program = tape.compile({.outputs = {p * 2}, .updates = {}}, {});
    BOOST_TEST(program().scalar<double>() == 2);
    tape.assign(p, 5.0);
    BOOST_TEST(program().scalar<double>() == 10);
}

BOOST_AUTO_TEST_CASE(an_assign_that_fails_changes_nothing) {
    xg::Tape tape;
    const Var p = tape.parameter(xt::xarray<float>{1, 2, 3}, "p"), s = tape.state(xt::xarray<std::int64_t>{1, 2}, "s");
    const int line = __LINE__ + 1;
    if (const std::string error = error_of([&] { tape.assign(p, xt::xarray<float>{1, 2}); }); true) BOOST_TEST(error ==
               "assign: \"p\" is float32 (3,), was given float32 (2,); the shapes must be equal, and real numbers do not fit an integer array" + at(line));
    if (const std::string error = error_of([&] { tape.assign(s, xt::xarray<double>{1.5, 2}); }); true) BOOST_TEST(error ==
               "assign: \"s\" is int64 (2,), was given float64 (2,); the shapes must be equal, and real numbers do not fit an integer array" + at(line + 2));
    BOOST_TEST(error_of([&] { tape.assign(s, 0.5); }).starts_with("assign: \"s\" is int64 (2,), was given float64 ();"));
    BOOST_TEST(same(p.value<float>(), xt::xarray<float>{1, 2, 3}));
    BOOST_TEST(same(s.value<std::int64_t>(), xt::xarray<std::int64_t>{1, 2}));
    const std::string text = "assign: only a parameter, a state or a constant array can be assigned; this Var is an input or the result of an op";
    BOOST_TEST(error_of([&] { tape.assign(p * 2, 1.0); }) == text + at(line + 8));
    BOOST_TEST(error_of([&] { tape.assign(tape.input<float>({3}), 1.0); }) == text + at(line + 9));
    xg::Tape other;
    BOOST_TEST(error_of([&] { other.assign(p, 1.0); }) == "assign: a Var of another tape was used" + at(line + 11));
}

BOOST_AUTO_TEST_CASE(values_are_checked) {
    xg::Tape tape;
    const Var p = tape.parameter(xt::xarray<float>{1, 2, 3}), n = tape.constant(xt::xarray<std::int64_t>{1, 2});
    BOOST_TEST(error_of([&] { p.value<std::int64_t>(); }) == "value: output 0 is float32, and was asked for as int64; ask for a floating type, or cast it" + at(__LINE__));
    BOOST_TEST(error_of([&] { p.scalar<float>(); }) == "scalar: output 0 has shape (3,); it must have one element. Read it by array<T>(), or of a Var by value<T>()" + at(__LINE__));
    BOOST_TEST(same(n.value<float>(), xt::xarray<float>{1, 2}));
    BOOST_TEST(p.value<double>()(2) == 3);
    const int line = __LINE__ + 1;
    const Var in = tape.input<float>({3}, "in");
    if (const std::string error = error_of([&] { (in + p).value<float>(); }); true) BOOST_TEST(error ==
               fmt::format("value: the value depends on the input \"in\" float32 (3,), recorded at assign.cpp:{}, which has a value only when a program is "
                           "called; compile with it among the inputs{}", line, at(line + 1)));
}

BOOST_AUTO_TEST_SUITE_END()
