// Elements from one type to another: what does not fit is an error that names the element. And what is no number, no extent and no
// condition.

#include <limits>
#include <type_traits>

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {
using Integers = xt::xarray<std::int64_t>;
using Words = xt::xarray<std::uint64_t>;
constexpr std::uint64_t above = std::uint64_t{1} << 63;

// See also tests/compile_errors.
static_assert(!std::is_constructible_v<bool, Var> && !std::is_convertible_v<Var, bool>);
static_assert(!std::is_constructible_v<xg::Operand, bool> && !std::is_constructible_v<xg::Operand, char>);
static_assert(std::is_convertible_v<int, xg::Operand> && std::is_convertible_v<float, xg::Operand> && std::is_convertible_v<std::uint8_t, xg::Operand>);
static_assert(!std::is_convertible_v<int, xg::Shape> && std::is_constructible_v<xg::Shape, int>);
static_assert(!std::is_constructible_v<xg::Shape, bool> && !std::is_constructible_v<xg::Shape, char>);
static_assert(std::is_convertible_v<int, xg::Dims> && !std::is_constructible_v<xg::Dims, bool> && !std::is_constructible_v<xg::Dims, char>);
static_assert(std::is_convertible_v<std::vector<std::size_t>, xg::Shape> && std::is_convertible_v<std::vector<int>, xg::Dims>);
static_assert(!std::is_constructible_v<xg::Shape, std::vector<double>> && !std::is_constructible_v<xg::Dims, std::vector<float>>);
} // namespace

#define ERROR_IS(expression, text) BOOST_TEST(error_of([&] { (void)(expression); }) == std::string(text) + at(__LINE__))

BOOST_AUTO_TEST_SUITE(elements)

BOOST_AUTO_TEST_CASE(a_var_is_valid_if_it_is_a_node) {
    xg::Tape tape;
    BOOST_TEST(!Var{}.valid());
    BOOST_TEST(tape.constant(0.0).valid());
}

BOOST_AUTO_TEST_CASE(one_extent_stands_in_braces) {
    xg::Tape tape;
    const std::size_t n = 4;
    BOOST_TEST(tape.input<float>({5}).shape() == xg::Shape(5));
    BOOST_TEST(tape.input<float>({n, 5}).shape() == xg::Shape(n, 5));
    BOOST_TEST(tape.input<float>({}).shape() == xg::Shape());
    BOOST_TEST(xg::Shape{7}.str() == "(7,)");
    BOOST_TEST(xg::Shape({2, 3}).str() == "(2, 3)");
    BOOST_TEST(sum(tape.input<float>({2, 3}), 1).shape() == xg::Shape{2}); // axes may stand without
    BOOST_TEST(xg::Shape(2, 3).position(4) == "(1, 1)");
    BOOST_TEST(xg::Shape().position(0) == "()");
}

BOOST_AUTO_TEST_CASE(values_that_do_not_fit) {
    xg::Tape tape;
    const Var n = tape.constant(Integers{{1, 2, 3}, {4, 3000000000, -6}});
    ERROR_IS(n.value<int>(), "value: element (1, 1) is 3000000000, which does not fit int32; ask for std::int64_t");
    ERROR_IS(n.value<unsigned>(), "value: element (1, 2) is -6, which does not fit uint32; ask for std::int64_t");
    ERROR_IS(n.value<std::uint64_t>(), "value: element (1, 2) is -6, which does not fit uint64; ask for std::int64_t");
    ERROR_IS(n.value<std::int8_t>(), "value: element (1, 1) is 3000000000, which does not fit int8; ask for std::int64_t");
    BOOST_TEST(n.value<std::int64_t>()(1, 1) == 3000000000);
    BOOST_TEST(slice(n, 0, 0, 1).value<std::uint8_t>()(0, 2) == 3);
    const Var bytes = tape.constant(xt::xarray<std::uint8_t>{7, 200});
    ERROR_IS(bytes.value<std::int8_t>(), "value: element (1) is 200, which does not fit int8; ask for std::int64_t");
    BOOST_TEST(bytes.value<std::int16_t>()(1) == 200);
    BOOST_TEST(bytes.value<bool>()(1)); // whether it is not 0
}

BOOST_AUTO_TEST_CASE(scalars_that_do_not_fit) {
    xg::Tape tape;
    const Var most = tape.state(Integers(std::numeric_limits<std::int64_t>::max()));
    ERROR_IS(most.scalar<int>(), "scalar: 9223372036854775807 does not fit int32; ask for std::int64_t");
    BOOST_TEST(most.scalar<std::uint64_t>() == above - 1);
    auto negative = tape.function([](Var x) { return -x; });
    ERROR_IS(negative(std::int64_t{5}).scalar<unsigned>(), "scalar: -5 does not fit uint32; ask for std::int64_t");
    BOOST_TEST(negative(std::int64_t{5}).scalar<int>() == -5);
}

BOOST_AUTO_TEST_CASE(constants_above_int64) {
    xg::Tape tape;
    const Words words = {{1, 2}, {3, above}};
    const std::string advice = " does not fit int64; convert it to double, or to smaller integers";
    ERROR_IS(tape.constant(words), "constant: element (1, 1) is 9223372036854775808, which" + advice);
    ERROR_IS(tape.parameter(words), "parameter: element (1, 1) is 9223372036854775808, which" + advice);
    ERROR_IS(tape.state(words), "state: element (1, 1) is 9223372036854775808, which" + advice);
    ERROR_IS(tape.constant(above), "constant: 9223372036854775808" + advice);
    ERROR_IS(tape.state(above), "state: 9223372036854775808" + advice);
    BOOST_TEST(tape.parameters().empty());
    BOOST_TEST(tape.constant(above - 1).scalar<std::int64_t>() == std::numeric_limits<std::int64_t>::max());
    BOOST_TEST(tape.constant(Words{above - 1}).value<std::int64_t>()(0) == std::numeric_limits<std::int64_t>::max());
    BOOST_TEST(tape.constant(xt::cast<double>(words)).value<double>()(1, 1) == 0x1p63); // as advised
}

BOOST_AUTO_TEST_CASE(assigned_elements_that_do_not_fit) {
    xg::Tape tape;
    const Var bytes = tape.state(xt::xarray<std::uint8_t>{1, 2}, "bytes"), whole = tape.state(Integers{1, 2}, "whole");
    ERROR_IS(tape.assign(bytes, Integers({7, 256})), "assign: element (1) is 256, which does not fit uint8; give numbers from 0 to 255");
    ERROR_IS(tape.assign(bytes, -1), "assign: -1 does not fit uint8; give numbers from 0 to 255");
    ERROR_IS(tape.assign(whole, Words({7, above})), "assign: element (1) is 9223372036854775808, which does not fit int64; convert it to double, or to smaller integers");
    BOOST_TEST(same(bytes.value<int>(), xt::xarray<int>{1, 2})); // nothing has changed
    BOOST_TEST(same(whole.value<int>(), xt::xarray<int>{1, 2}));
    tape.assign(bytes, Integers({7, 255}));
    BOOST_TEST(same(bytes.value<int>(), xt::xarray<int>{7, 255}));
}

BOOST_AUTO_TEST_CASE(arguments_that_do_not_fit) {
    xg::Tape tape;
    const Var x = tape.input<std::uint8_t>({}, "x");
    auto program = tape.compile({.outputs = {x + 1}, .updates = {}}, {x});
    ERROR_IS(program(300), "argument 0 \"x\" of the program is 300, which does not fit uint8; give numbers from 0 to 255");
    BOOST_TEST(program(20).scalar<int>() == 21);
    auto function = tape.function([](Var v) { return v * 2; });
    ERROR_IS(function(Words{1, above}), "element (1) is 9223372036854775808, which does not fit int64; convert it to double, or to smaller integers");
    BOOST_TEST(function(Words{1, 2}).array<int>()(1) == 4);
}

BOOST_AUTO_TEST_SUITE_END()
