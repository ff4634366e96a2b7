// Writing by index, and taking by several axes: against loops over single elements, and PyTorch's derivatives.

#include <limits>

#include "../reference.hpp"

using namespace test;
using xg::Var;

namespace {

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
using Doubles = xt::xarray<double>;
using Integers = xt::xarray<std::int64_t>;
using ScatterOp = Var (*)(xg::Operand, xg::Operand, xg::Operand, std::int64_t);

template <class T>
void check_scatter(const std::string& name, ScatterOp op, T (*combine)(T, T)) {
    Random random(3);
    for (const auto& [shape, of, axis] : std::vector<std::tuple<Extents, Extents, std::size_t>>{
             {{5}, {9}, 0}, {{4, 3}, {2, 7}, 1}, {{4, 3}, {11, 2}, 0}, {{2, 3, 4}, {2, 8, 3}, 1}, {{3, 4}, {0, 4}, 0}, {{300, 20}, {500, 20}, 0}}) {
        const auto x = random_array<T>(shape, random, -9, 9), updates = random_array<T>(of, random, -9, 9);
        const auto extent = static_cast<double>(shape[axis]);
        const auto indices = random_array<std::int64_t>(of, random, -extent, extent - 1);
        auto expected = x;
        for (std::size_t i = 0; i < updates.size(); ++i) {
            Extents place = index_of(i, of);
            const std::int64_t index = indices.data()[i];
            place[axis] = static_cast<std::size_t>(index < 0 ? index + static_cast<std::int64_t>(shape[axis]) : index);
            T& element = expected.data()[offset_of(place, shape)];
            element = combine(element, updates.data()[i]);
        }
        const auto a = static_cast<std::int64_t>(axis);
        BOOST_TEST(same(run<T>([&](Var v, Var i, Var u) { return op(v, i, u, a); }, x, indices, updates), expected), name + " " + xg::Shape(shape).str());
    }
}

template <class T>
void check_scatters() {
    check_scatter<T>("scatter", xg::scatter, [](T, T b) { return b; });
    check_scatter<T>("scatter_max", xg::scatter_max, [](T a, T b) { return std::max(a, b); });
    check_scatter<T>("scatter_min", xg::scatter_min, [](T a, T b) { return std::min(a, b); });
    check_scatter<T>("scatter_multiply", xg::scatter_multiply, [](T a, T b) { return static_cast<T>(a * b); });
}

/// y, dx and dupdates of sum(y * weights)
std::vector<Doubles> derivatives(ScatterOp op, const Doubles& x, const Integers& indices, const Doubles& updates, const Doubles& weights) {
    xg::Tape tape;
    const Var a = tape.parameter(x), b = tape.parameter(updates), y = op(a, tape.constant(indices), b, 0);
    const auto g = gradient(sum(y * tape.constant(weights)), {a, b});
    return {y.value<double>(), g[0].value<double>(), g[1].value<double>()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(scatters)

BOOST_AUTO_TEST_CASE(are_their_definitions) {
    check_scatters<float>();
    check_scatters<double>();
    check_scatters<std::int64_t>();
    const xt::xarray<std::uint8_t> bytes = {1, 2, 3};
    BOOST_TEST(same(run<std::uint8_t>([](Var x) { return scatter_max(x, x.tape().constant(Integers{0, 0, -1}), x, 0); }, bytes), xt::xarray<std::uint8_t>{2, 2, 3}));
}

BOOST_AUTO_TEST_CASE(derivatives_as_torch_has_them) {
    const Doubles x = {1, 2, 3}, updates = {5, 2, 2, 7}, weights = {1, 10, 100};
    const Integers indices = {0, 1, 1, 0};
    const double third = 10. / 3;
    const auto check = [&](ScatterOp op, const Doubles& y, const Doubles& of_x, const Doubles& of_updates) {
        const auto d = derivatives(op, x, indices, updates, weights);
        BOOST_TEST(same(d[0], y));
        BOOST_TEST(same(d[1], of_x, 1e-15));
        BOOST_TEST(same(d[2], of_updates, 1e-15));
    };
    check(xg::scatter_max, {7, 2, 3}, {0, third, 100}, {0, third, third, 1});
    check(xg::scatter_min, {1, 2, 3}, {1, third, 100}, {0, third, third, 0});
    check(xg::scatter_multiply, {35, 8, 3}, {35, 40, 100}, {7, 40, 40, 5});
    check(xg::scatter, {7, 2, 3}, {0, 0, 100}, {0, 0, 10, 1}); // of two writes to one place only the last holds
}

BOOST_AUTO_TEST_CASE(products_with_zeros_need_no_division) {
    const Integers indices = {0, 0, 0, 1, 1, 2};
    const auto d = derivatives(xg::scatter_multiply, {2, 0, 5, 1}, indices, {3, 0, 4, 2, 6, 0}, {1, 1, 1, 1});
    BOOST_TEST(same(d[0], Doubles{0, 0, 0, 1}));
    BOOST_TEST(same(d[1], Doubles{0, 12, 0, 1}));
    BOOST_TEST(same(d[2], Doubles{0, 24, 0, 0, 0, 5}));
    // x u v w at (0, 0, 3, 4): only d2/dx du is not 0.
    xg::Tape tape;
    const Var x = tape.parameter(Doubles{0}), u = tape.parameter(Doubles{0, 3, 4});
    const Var y = sum(scatter_multiply(x, tape.constant(Integers{0, 0, 0}), u, 0));
    BOOST_TEST(same(gradient(sum(gradient(y, u)), x).value<double>(), Doubles{12}));
    BOOST_TEST(same(gradient(sum(gradient(y, x)), u).value<double>(), Doubles{12, 0, 0}));
}

BOOST_AUTO_TEST_CASE(nan_and_empty_updates) {
    xg::Tape tape;
    const Var x = tape.constant(Doubles{1, NaN, 3}), i = tape.constant(Integers{0, 1, 2});
    BOOST_TEST(same(scatter_max(x, i, tape.constant(Doubles{NaN, 2, 4}), 0).value<double>(), Doubles{NaN, NaN, 4}));
    BOOST_TEST(same(scatter_min(x, i, tape.constant(Doubles{0, 2, NaN}), 0).value<double>(), Doubles{0, NaN, NaN}));
    BOOST_TEST(same(scatter(x, i, 7, 0).value<double>(), Doubles{7, 7, 7}));
    const Var none = tape.constant(Integers::from_shape({0}));
    for (const ScatterOp op : {xg::scatter, xg::scatter_max, xg::scatter_min, xg::scatter_multiply})
        BOOST_TEST(same(op(x, none, 5, 0).value<double>(), Doubles{1, NaN, 3}));
}

BOOST_AUTO_TEST_CASE(gather_nd_takes_by_several_axes) {
    xg::Tape tape;
    auto numbers = Doubles::from_shape({2, 3, 4});
    for (std::size_t i = 0; i < 24; ++i) numbers.data()[i] = static_cast<double>(i);
    const Var x = tape.parameter(numbers);
    BOOST_TEST(same(gather_nd(x, tape.constant(Integers{{0, 0}, {1, 2}, {-1, -3}})).value<double>(), Doubles{{0, 1, 2, 3}, {20, 21, 22, 23}, {12, 13, 14, 15}}));
    const Var one = gather_nd(x, tape.constant(Integers{{{0, 1, 2}, {1, -1, -1}}}));
    BOOST_TEST(same(one.value<double>(), Doubles{{6, 23}}));
    BOOST_TEST(same(gather_nd(x, tape.constant(Integers{1})).value<double>(), reshape(slice(x, 0, 1, 2), {3, 4}).value<double>()));
    const auto slopes = gradient(sum(square(gather_nd(x, tape.constant(Integers{{0, 1, 2}, {0, 1, 2}})))), x).value<double>();
    BOOST_TEST(slopes(0, 1, 2) == 24);
    BOOST_TEST(xt::sum(slopes)() == 24);
    BOOST_TEST(gather_nd(x, tape.constant(Integers::from_shape({0, 2}))).shape() == xg::Shape(0, 4));
}

BOOST_AUTO_TEST_CASE(errors_of_scatters) {
    xg::Tape tape;
    const Var x = tape.input<float>({2, 3}), i = tape.constant(Integers{{0, 3}}), wide = tape.constant(Integers{{0, 1, 2, 0}});
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)scatter(x, wide, 1, 0); }) == "scatter: x is (2, 3) and the indices are (1, 4); they need the same number of axes, and along those other than axis 0 the indices may not be longer" + at(line));
    BOOST_TEST(error_of([&] { (void)scatter_max(x, x, 1, 0); }) == "scatter_max: the indices are float32 (2, 3); they must be an int64 Var" + at(line + 1));
    BOOST_TEST(error_of([&] { (void)scatter_min(x, i, tape.input<double>({1, 2}), 1); }) == "scatter_min: dtypes differ, x is float32 (2, 3), the updates are float64 (1, 2); cast the float32 one: cast(x, xg::DType::float64)" + at(line + 2));
    BOOST_TEST(error_of([&] { (void)gather_nd(x, tape.constant(Integers{{0, 0, 0}})); }) == "gather_nd: x is (2, 3) and the indices are (1, 3); their last axis must hold an index for each of the first axes of x, from 1 to 2 of them" + at(line + 3));
    const Var y = tape.constant(Doubles{{1, 2, 3}, {4, 5, 6}});
    BOOST_TEST(error_of([&] { scatter_multiply(y, i, 1, 1).value<double>(); }).starts_with("scatter_multiply: index 3 at position (0, 1) is out of range; axis 1 has extent 3, indices go from -3 to 2"));
    BOOST_TEST(error_of([&] { gather_nd(y, tape.constant(Integers{{0, 0}, {-3, 1}})).value<double>(); }).starts_with("gather_nd: index -3 at position (1, 0) is out of range; axis 0 has extent 2, indices go from -2 to 1"));
}

BOOST_AUTO_TEST_SUITE_END()
