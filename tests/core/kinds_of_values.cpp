// Numbers as a user has them: what constants, parameters, assign and calls take, and the text of all that prints.

#include <array>
#include <list>
#include <span>
#include <sstream>

#include "../support.hpp"

using namespace test;
using xg::DType;
using xg::Value;
using xg::Var;

namespace {
using Doubles = xt::xarray<double>;
using Floats = xt::xarray<float>;

template <class T>
std::string streamed(const T& x) {
    std::ostringstream out;
    out << x;
    return out.str();
}
} // namespace

BOOST_AUTO_TEST_SUITE(kinds_of_values)

BOOST_AUTO_TEST_CASE(constants_of_every_kind) {
    xg::Tape tape;
    const std::vector<float> vector = {1, 2, 3};
    const std::array<int, 2> array = {4, 5};
    const double plain[] = {6, 7};
    const std::list<double> list = {8, 9};
    BOOST_TEST(same(tape.constant(vector).value<float>(), Floats{1, 2, 3}));
    BOOST_TEST(tape.constant(vector).dtype() == DType::float32);
    BOOST_TEST(same(tape.constant(array).value<double>(), Doubles{4, 5}));
    BOOST_TEST(tape.constant(array).dtype() == DType::int64);
    BOOST_TEST(same(tape.constant(plain).value<double>(), Doubles{6, 7}));
    BOOST_TEST(same(tape.constant(list).value<double>(), Doubles{8, 9}));
    BOOST_TEST(same(tape.constant(std::span(vector).subspan(1)).value<float>(), Floats{2, 3}));
    BOOST_TEST(same(tape.constant(std::vector<bool>{true, false}).value<double>(), Doubles{1, 0}));
    BOOST_TEST(tape.constant(std::vector<bool>{true}).dtype() == DType::uint8);
    BOOST_TEST(same(tape.constant({1.5, 2.5}).value<double>(), Doubles{1.5, 2.5}));
    BOOST_TEST(same(tape.parameter({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}).value<double>(), Doubles{{1, 2, 3}, {4, 5, 6}}));
    BOOST_TEST(same(tape.constant(xt::transpose(Doubles{{1, 2}, {3, 4}}) * 2).value<double>(), Doubles{{2, 6}, {4, 8}}));
    BOOST_TEST(tape.constant(std::vector<double>{}).shape() == xg::Shape(0));
    BOOST_TEST(tape.constant(2.5f).shape() == xg::Shape());
    const Var p = tape.parameter(vector);
    tape.assign(p, {7.0, 8.0, 9.0});
    BOOST_TEST(same(p.value<float>(), Floats{7, 8, 9}));
    tape.assign(p, std::vector<int>{1, 2, 3});
    BOOST_TEST(same(p.value<float>(), Floats{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(arguments_of_every_kind) {
    xg::Tape tape;
    auto f = tape.function([](Var x, Var y) { return sum(x * y); });
    const std::vector<double> x = {1, 2};
    BOOST_TEST(f(x, {3.0, 4.0}).scalar<double>() == 11);
    BOOST_TEST(f(std::array{1.0, 2.0}, Doubles{3, 4}).scalar<double>() == 11);
    BOOST_TEST(f(std::span(x), 2.0).scalar<double>() == 6);
    BOOST_TEST(f({{1.0, 2.0}, {3.0, 4.0}}, 1.0).scalar<double>() == 10);
    const std::vector<Value> all = {x, Doubles{3, 4}}; // the array that is moved in is kept
    BOOST_TEST(f.call(all).scalar<double>() == 11);
    BOOST_TEST(f.call({x, 2.0}).scalar<double>() == 6);
    const int line = __LINE__ + 1;
    const std::string text = error_of([&] { f.call(std::vector<Value>(3, Value(1.0))); });
    BOOST_TEST(text == fmt::format("the function of kinds_of_values.cpp:{} takes 2 arguments and was given 3{}", line - 10, at(line)));
    auto many = tape.function([](Var a, Var b, Var c, Var d, Var e, Var g, Var h, Var i, Var j) { return a + b + c + d + e + g + h + i + j; });
    BOOST_TEST(many.call(std::vector<Value>(9, Value(1.0))).scalar<double>() == 9);
}

BOOST_AUTO_TEST_CASE(what_is_kept_and_what_is_read_where_it_lies) {
    Doubles x = {{1, 2}, {3, 4}};
    BOOST_TEST(Value(x).data() == static_cast<const void*>(x.data()));
    const void* const data = x.data();
    const Value moved = std::move(x);
    BOOST_TEST(moved.data() == data); // taken over, not copied
    std::vector<Value> copies(3, moved);
    copies.emplace_back(2.5);
    copies.reserve(100); // a number moves with its Value
    BOOST_TEST(*static_cast<const double*>(copies.back().data()) == 2.5);
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([] { (void)Value({{1, 2}, {3}}); }) == "the rows of these braces have 2 and 1 numbers; they must have the same" + at(line));
    const std::vector<std::uint64_t> large = {1, std::uint64_t{1} << 63};
    xg::Tape tape;
    BOOST_TEST(error_of([&] { (void)tape.constant(large); }).starts_with("constant: element (1) is 9223372036854775808, which does not fit int64"));
    BOOST_TEST(error_of([&] { (void)tape.constant(large[1]); }).ends_with(at(__LINE__)));
    BOOST_TEST(tape.constant(std::uint64_t{5}).scalar<int>() == 5);
}

BOOST_AUTO_TEST_CASE(what_prints) {
    xg::Tape tape;
    const Var w = tape.parameter({1.5, 2.0}, "w"), y = tanh(w), x = tape.input<float>({3}, "x");
    BOOST_TEST(fmt::format("{}", w) == "%0 = parameter \"w\" : float64 (2,) = {1.5, 2}");
    BOOST_TEST(fmt::format("{}", y) == "%1 = tanh %0 : float64 (2,)");
    BOOST_TEST(streamed(x) == "%2 = input \"x\" : float32 (3,)");
    BOOST_TEST(fmt::format("{} {:>9}", Var{}, xg::Shape(2, 3)) == "Var{}    (2, 3)");
    BOOST_TEST(fmt::format("{} {}", DType::uint8, xg::Dims{1, -1}) == "uint8 (1, -1)");
    BOOST_TEST(streamed(tape) == tape.str());
    auto program = tape.compile({.outputs = {y * 0, sum(w)}, .updates = {}}, {});
    BOOST_TEST(fmt::format("{}", program) == program.str());
    BOOST_TEST(fmt::format("{}", program()) == "float64 (2,) = {0, 0}\nfloat64 () = 3.5");
    const Var large = tape.constant(filled<double>({1000, 20}, 1));
    BOOST_TEST(fmt::format("{}", large).ends_with("= {{1, 1, 1, ..., 1, 1, 1}, {1, 1, 1, ..., 1, 1, 1}, {1, 1, 1, ..., 1, 1, 1}, ..., "
                                                  "{1, 1, 1, ..., 1, 1, 1}, {1, 1, 1, ..., 1, 1, 1}, {1, 1, 1, ..., 1, 1, 1}}"));
    const auto report = xg::gradcheck([](Var v) { return sum(v * v); }, {Doubles{1, 2}});
    BOOST_TEST(fmt::format("{}", report) == report.str());
    const auto mark = tape.mark();
    const Var gone = exp(y);
    tape.rewind(mark);
    BOOST_TEST(streamed(gone) == "a Var whose node is gone");
}

BOOST_AUTO_TEST_SUITE_END()
