// Constants told by a few numbers; places by [ ]; arrays joined by their arguments.

#include "../support.hpp"

using namespace test;
using xg::DType;
using xg::Var;

namespace {
using Doubles = xt::xarray<double>;
const Doubles six = {{1, 2, 3}, {4, 5, 6}};
} // namespace

BOOST_AUTO_TEST_SUITE(creation)

BOOST_AUTO_TEST_CASE(values) {
    xg::Tape tape;
    const Var x = tape.parameter(six);
    BOOST_TEST(same(full(tape, {2, 2}, 1.5).value<double>(), Doubles{{1.5, 1.5}, {1.5, 1.5}}));
    BOOST_TEST(xg::zeros(tape, {2}, DType::int64).dtype() == DType::int64);
    BOOST_TEST(same(xg::ones(tape, {0, 3}).value<double>(), filled<double>({0, 3}, 1)));
    BOOST_TEST(same(zeros_like(x).value<double>(), Doubles{{0, 0, 0}, {0, 0, 0}}));
    BOOST_TEST(same(ones_like(x).value<double>(), Doubles{{1, 1, 1}, {1, 1, 1}}));
    BOOST_TEST(same(gradient(sum(x * full_like(x, 3)), x).value<double>(), filled<double>({2, 3}, 3)));
    BOOST_TEST(same(xg::eye(tape, 2, 3, 1).value<double>(), Doubles{{0, 1, 0}, {0, 0, 1}}));
    BOOST_TEST(same(xg::eye(tape, 3, 0, -1, DType::float32).value<float>(), xt::xarray<float>{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}));
    BOOST_TEST(same(xg::arange(tape, 1, 2, 0.25).value<double>(), Doubles{1, 1.25, 1.5, 1.75}));
    BOOST_TEST(same(xg::arange(tape, 5, 0, -2, DType::int64).value<double>(), Doubles{5, 3, 1}));
    BOOST_TEST(xg::arange(tape, 3, 1).shape() == xg::Shape(0));
    BOOST_TEST(same(xg::linspace(tape, 0, 1, 3).value<double>(), Doubles{0, 0.5, 1}));
    BOOST_TEST(xg::linspace(tape, 0.1, 0.7, 14).value<double>()(13) == 0.7); // the last one exactly
    BOOST_TEST(same(xg::linspace(tape, 2, 5, 1).value<double>(), Doubles{2}));
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    BOOST_TEST(error_of([&] { (void)xg::full(tape, {2}, 0.5, DType::int64); }) == "full: the value 0.5 is no int64; ask for float32 or float64" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)xg::arange(tape, 0, 1, 0); }) == "arange: from 0 to 1 by 0; the numbers must be finite, and the step not 0" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)xg::arange(tape, 0, 1e300, 1e-300); }).starts_with("arange: from 0 to 1e+300 by 1e-300 are too many numbers"));
    BOOST_TEST(error_of([&] { (void)xg::arange(tape, 0.5, 3, 1, DType::int64); }) == "arange: from 0.5 by 1 are no whole numbers; ask for float64 instead of int64" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)xg::eye(tape, std::size_t{1} << 40, std::size_t{1} << 40); }).starts_with("eye: shape (1099511627776, 1099511627776) is too large"));
}

BOOST_AUTO_TEST_CASE(places) {
    xg::Tape tape;
    const Var x = tape.parameter(six);
    BOOST_TEST(same(x[1].value<double>(), Doubles{4, 5, 6}));
    BOOST_TEST(same(x[-2].value<double>(), Doubles{1, 2, 3}));
    BOOST_TEST((x[{1, -1}].scalar<double>() == 6));
    BOOST_TEST(x[0].is(x[0]));
    BOOST_TEST(same(gradient(square(Var(x[{0, 1}])), x).value<double>(), Doubles{{0, 4, 0}, {0, 0, 0}}));
    BOOST_TEST(bool(xg::gradcheck([](Var v) { return sum(v[0] * exp(v[1])); }, {six})));
    BOOST_TEST(error_of([&] { (void)x[2]; }) == "[]: place 2 lies outside of axis 0 of shape (2, 3); places go from -2 to 1" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)x[{0, 1, 2}]; }).starts_with("[]: 3 places (0, 1, 2) were given for shape (2, 3), which has 2 axes"));
    BOOST_TEST(error_of([&] { (void)Var{}[0]; }).ends_with(at(__LINE__)));
    BOOST_TEST(error_of([&] { (void)x[{0, 0}][0]; }).starts_with("[]: 1 places (0,) were given for shape (), which has 0 axes"));
}

BOOST_AUTO_TEST_CASE(joined_by_their_arguments) {
    xg::Tape tape;
    const Var a = tape.parameter(Doubles{1, 2}), b = tape.parameter(Doubles{3, 4}), c = tape.parameter(Doubles{5, 6});
    BOOST_TEST(same(concatenate(a, b, c).value<double>(), Doubles{1, 2, 3, 4, 5, 6}));
    BOOST_TEST(concatenate(a, b, c, a).is(xg::concatenate({a, b, c, a})));
    BOOST_TEST(same(stack(a, b).value<double>(), Doubles{{1, 2}, {3, 4}}));
    BOOST_TEST(same(stack(a, b, c, 1).value<double>(), Doubles{{1, 3, 5}, {2, 4, 6}}));
    BOOST_TEST(stack(a, b, c, a).shape() == xg::Shape(4, 2));
    BOOST_TEST(expand_dims(a, {0, 2}).shape() == xg::Shape(1, 2, 1));
    BOOST_TEST(expand_dims(a, {-1, 0}).shape() == xg::Shape(1, 2, 1));
    BOOST_TEST(expand_dims(a, 1).shape() == xg::Shape(2, 1));
    BOOST_TEST(error_of([&] { (void)expand_dims(a, {0, 0}); }) == "expand_dims: axis 0 is given twice in (0, 0)" + at(__LINE__));
    const Var m = tape.parameter(six);
    BOOST_TEST(matmul(m, m, {.transpose_b = true}).is(matmul(m, m, false, true)));
    BOOST_TEST(matmul(m, m, {.transpose_a = true}).shape() == xg::Shape(3, 3));
}

BOOST_AUTO_TEST_SUITE_END()
