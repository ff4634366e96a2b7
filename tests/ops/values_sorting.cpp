// Sorting and the first k, against std::stable_sort.

#include <limits>

#include "../reference.hpp"

using namespace test;
using xg::SortOrder;
using xg::Var;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();
using Integers = xt::xarray<std::int64_t>;

/// Where the elements of each line along the axis come in order: the first `count` of them.
template <class T>
Integers order_of(const xt::xarray<T>& x, std::size_t axis, bool descending, std::size_t count) {
    Extents shape = shape_of(x), line_shape = shape;
    line_shape[axis] = 1;
    shape[axis] = count;
    auto result = Integers::from_shape(shape);
    for (std::size_t line = 0; line < test::count(line_shape); ++line) {
        Extents at = index_of(line, line_shape);
        std::vector<std::pair<T, std::int64_t>> elements;
        for (std::size_t i = 0; i < shape_of(x)[axis]; ++i) {
            at[axis] = i;
            elements.emplace_back(x.data()[offset_of(at, shape_of(x))], static_cast<std::int64_t>(i));
        }
        std::stable_sort(elements.begin(), elements.end(), [&](const auto& a, const auto& b) { return descending ? a.first > b.first : a.first < b.first; });
        for (std::size_t i = 0; i < count; ++i) {
            at[axis] = i;
            result.data()[offset_of(at, shape)] = elements[i].second;
        }
    }
    return result;
}

template <class T>
xt::xarray<T> taken(const xt::xarray<T>& x, const Integers& indices, std::size_t axis) {
    auto result = xt::xarray<T>::from_shape(shape_of(indices));
    for (std::size_t i = 0; i < result.size(); ++i) {
        Extents at = index_of(i, shape_of(indices));
        at[axis] = static_cast<std::size_t>(indices.data()[i]);
        result.data()[i] = x.data()[offset_of(at, shape_of(x))];
    }
    return result;
}

template <class T>
void check_sorted() {
    Random random(2);
    for (const Extents& shape : std::vector<Extents>{{1}, {7}, {3000}, {5, 33}, {2, 3, 4}, {40, 1, 5}, {0}, {0, 3}, {3, 0}})
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            for (const bool descending : {false, true}) {
                const auto x = random_array<T>(shape, random, 0, 9); // of integers many are equal
                const auto a = static_cast<std::int64_t>(axis);
                const SortOrder order = descending ? SortOrder::descending : SortOrder::ascending;
                const Integers expected = order_of(x, axis, descending, shape[axis]);
                const std::string what = fmt::format("{} along {}", xg::Shape(shape).str(), axis);
                BOOST_TEST(same(run<std::int64_t>([&](Var v) { return argsort(v, a, order); }, x), expected), what);
                BOOST_TEST(same(run<T>([&](Var v) { return sort(v, a - static_cast<std::int64_t>(shape.size()), order); }, x), taken(x, expected, axis)), what);
                for (const std::size_t k : {std::size_t{0}, std::size_t{1}, shape[axis] / 2, shape[axis]}) {
                    if (k > shape[axis]) continue;
                    const Integers first = order_of(x, axis, descending, k);
                    BOOST_TEST(same(run<std::int64_t>([&](Var v) { return top_k(v, static_cast<std::int64_t>(k), a, order).indices; }, x), first), what);
                    BOOST_TEST(same(run<T>([&](Var v) { return top_k(v, static_cast<std::int64_t>(k), a, order).values; }, x), taken(x, first, axis)), what);
                }
            }
}

} // namespace

BOOST_AUTO_TEST_SUITE(sorting)

BOOST_AUTO_TEST_CASE(in_order) {
    check_sorted<float>();
    check_sorted<double>();
    check_sorted<std::int64_t>();
    check_sorted<std::uint8_t>();
}

BOOST_AUTO_TEST_CASE(a_nan_is_the_largest) {
    xg::Tape tape;
    const Var x = tape.constant(xt::xarray<double>{2, NaN, -inf, inf, NaN, 2, -0.0, 0.0});
    BOOST_TEST(same(argsort(x).value<std::int64_t>(), Integers{2, 6, 7, 0, 5, 3, 1, 4}));
    BOOST_TEST(same(argsort(x, 0, SortOrder::descending).value<std::int64_t>(), Integers{1, 4, 3, 0, 5, 6, 7, 2}));
    BOOST_TEST(same(top_k(x, 3).indices.value<std::int64_t>(), Integers{1, 4, 3}));
    BOOST_TEST(same(top_k(x, 3, -1, SortOrder::ascending).values.value<double>(), xt::xarray<double>{-inf, 0, 0}));
    BOOST_TEST(same(sort(x).value<double>(), xt::xarray<double>{-inf, 0, 0, 2, 2, inf, NaN, NaN}));
}

BOOST_AUTO_TEST_CASE(the_adjoint_goes_back_where_elements_came_from) {
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<double>{3, 1, 2, 1}), weights = tape.constant(xt::xarray<double>{1, 10, 100, 1000});
    BOOST_TEST(same(gradient(sum(sort(x) * weights), x).value<double>(), xt::xarray<double>{1000, 1, 100, 10}));
    BOOST_TEST(same(gradient(sum(top_k(x, 2).values), x).value<double>(), xt::xarray<double>{1, 0, 1, 0}));
}

BOOST_AUTO_TEST_CASE(errors_of_sorting) {
    xg::Tape tape;
    const Var x = tape.input<float>({3, 4});
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)sort(x, 2); }) == "sort: axis 2 does not exist in shape (3, 4); axes go from -2 to 1" + at(line));
    BOOST_TEST(error_of([&] { (void)top_k(x, 5); }) == "top_k: k is 5, and axis -1 of shape (3, 4) has 4 elements; k must be from 0 to 4" + at(line + 1));
    BOOST_TEST(error_of([&] { (void)top_k(x, -1, 0); }) == "top_k: k is -1, and axis 0 of shape (3, 4) has 3 elements; k must be from 0 to 3" + at(line + 2));
}

BOOST_AUTO_TEST_SUITE_END()
