// Reductions over all combinations of axes, and what changes shapes, against plain loops.

#include "../reference.hpp"

using namespace test;
using xg::Dims;
using xg::Range;
using xg::Var;

namespace {

const std::vector<Extents> shapes = {{},        {1},         {7},       {1000},     {5000},       {3, 4},        {1, 5},       {5, 1},     {70, 90},
                                     {33, 17},  {600, 10},   {10, 600}, {2, 3, 4},  {3, 1, 5},    {40, 3, 20},   {2, 3, 4, 5}, {0},        {0, 3},
                                     {3, 0},    {2, 0, 3},   {2, 1, 3, 1, 2}, {129, 65}};

/// Every set of axes of a shape, the empty one among them.
std::vector<Extents> axis_sets(std::size_t rank) {
    std::vector<Extents> result;
    for (std::size_t bits = 0; bits < (std::size_t{1} << rank); ++bits) {
        Extents axes;
        for (std::size_t axis = 0; axis < rank; ++axis)
            if (bits >> axis & 1) axes.push_back(axis);
        result.push_back(axes);
    }
    return result;
}

enum class Of { sum, mean, max, min };

template <class T>
void check_reduction(Of which, const xt::xarray<T>& x, const Extents& axes, bool keep) {
    const Extents reduced = axes.empty() ? axis_sets(x.dimension()).back() : axes; // none given: all
    std::size_t length = 1;
    for (const std::size_t axis : reduced) length *= x.shape()[axis];
    if (length == 0 && which != Of::sum) return;
    const auto finish = [&](const std::vector<T>& group) {
        if (which == Of::max) return static_cast<double>(*std::max_element(group.begin(), group.end()));
        if (which == Of::min) return static_cast<double>(*std::min_element(group.begin(), group.end()));
        long double total = 0;
        for (const T element : group) total += static_cast<long double>(element);
        return static_cast<double>(which == Of::sum ? total : total / static_cast<long double>(group.size()));
    };
    const auto op = [&](Var v) {
        const xg::KeepDims keepdims{keep};
        const Dims dims(axes);
        return which == Of::sum ? sum(v, dims, keepdims) : which == Of::mean ? mean(v, dims, keepdims)
               : which == Of::max ? max(v, dims, keepdims) : min(v, dims, keepdims);
    };
    const bool rounds = std::is_floating_point_v<T> && (which == Of::sum || which == Of::mean);
    const double eps = rounds ? static_cast<double>(std::numeric_limits<T>::epsilon()) : 0;
    BOOST_TEST(same(run<T>(op, x), test::reduce<T>(x, reduced, keep, finish), 4 * eps, 20 * eps * std::sqrt(static_cast<double>(length))),
               fmt::format("{} over {}{}", xg::Shape(x.shape()).str(), Dims(axes).str(), keep ? ", keepdims" : ""));
}

template <class T>
void check_reductions(Of which) {
    Random random(1);
    for (const Extents& shape : shapes) {
        const auto x = random_array<T>(shape, random, -9, 9);
        for (const Extents& axes : axis_sets(shape.size()))
            for (const bool keep : {false, true}) check_reduction(which, x, axes, keep);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(sum) {
    check_reductions<float>(Of::sum);
    check_reductions<double>(Of::sum);
    check_reductions<std::int64_t>(Of::sum);
}

BOOST_AUTO_TEST_CASE(mean) {
    check_reductions<float>(Of::mean);
    check_reductions<double>(Of::mean);
}

BOOST_AUTO_TEST_CASE(max) {
    check_reductions<float>(Of::max);
    check_reductions<double>(Of::max);
    check_reductions<std::int64_t>(Of::max);
}

BOOST_AUTO_TEST_CASE(min) {
    check_reductions<float>(Of::min);
    check_reductions<double>(Of::min);
    check_reductions<std::int64_t>(Of::min);
}

BOOST_AUTO_TEST_CASE(reductions_of_bytes) {
    const auto many = filled<std::uint8_t>({1000}, 200);
    xg::Tape tape;
    const Var x = tape.constant(many);
    BOOST_TEST(xg::sum(x).dtype() == xg::DType::int64);
    BOOST_TEST(xg::sum(x).scalar<std::int64_t>() == 200000);
    BOOST_TEST(xg::max(x).dtype() == xg::DType::uint8);
    BOOST_TEST(static_cast<int>(xg::max(x).scalar<std::uint8_t>()) == 200);
    BOOST_TEST(static_cast<int>(xg::min(x, {0}, xg::keepdims).value<std::uint8_t>()(0)) == 200);
    BOOST_TEST(xg::sum(x > 100).scalar<std::int64_t>() == 1000);
}

BOOST_AUTO_TEST_CASE(sums_of_many_floats_keep_their_digits) {
    const auto many = filled<float>({10000019}, 0.1f);
    BOOST_TEST(run<float>([](Var x) { return xg::sum(x); }, many)() == 1000001.9f, boost::test_tools::tolerance(2e-7f));
}

BOOST_AUTO_TEST_CASE(reductions_of_views) {
    Random random(4);
    const auto x = random_array<double>({6, 5, 4}, random);
    const auto turned = transposed(x, {2, 0, 1});
    const auto total = [](const std::vector<double>& g) { return std::accumulate(g.begin(), g.end(), 0.0); };
    for (const Extents& axes : axis_sets(3)) {
        if (axes.empty()) continue;
        BOOST_TEST(same(run<double>([&](Var v) { return xg::sum(transpose(v, {2, 0, 1}), Dims(axes)); }, x),
                        test::reduce<double>(turned, axes, false, total), 1e-14, 1e-14), Dims(axes).str());
        BOOST_TEST(same(run<double>([&](Var v) { return xg::sum(xg::broadcast_to(v, {3, 6, 5, 4}), Dims(axes)); }, x),
                        test::reduce<double>(map<double>([](double a, double b) { return a + b; }, x, filled({3, 1, 1, 1}, 0.0)), axes, false, total), 1e-14, 1e-14));
    }
}

BOOST_AUTO_TEST_CASE(transpose) {
    Random random(2);
    for (const auto& [shape, axes] : std::vector<std::pair<Extents, Extents>>{
             {{}, {}}, {{5}, {0}}, {{3, 4}, {1, 0}}, {{70, 33}, {1, 0}}, {{1, 9}, {1, 0}}, {{2, 3, 4}, {2, 0, 1}}, {{2, 3, 4}, {0, 2, 1}},
             {{2, 3, 4}, {1, 0, 2}}, {{2, 3, 4, 5}, {3, 1, 0, 2}}, {{0, 3}, {1, 0}}}) {
        const auto x = random_array<float>(shape, random);
        BOOST_TEST(same(run<float>([axes = axes](Var v) { return xg::transpose(v, Dims(axes)); }, x), transposed(x, axes)), xg::Shape(shape).str());
        Extents reversed(shape.size());
        std::iota(reversed.rbegin(), reversed.rend(), std::size_t{0});
        BOOST_TEST(same(run<float>([](Var v) { return xg::transpose(v); }, x), transposed(x, reversed)));
    }
    BOOST_TEST(same(run<float>([](Var v) { return xg::transpose(v, {-1, 0}); }, xt::xarray<float>{{1, 2}, {3, 4}}), xt::xarray<float>{{1, 3}, {2, 4}}));
}

BOOST_AUTO_TEST_CASE(reshape) {
    const auto x = xt::xarray<std::int64_t>{{1, 2, 3}, {4, 5, 6}};
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::reshape(v, {3, 2}); }, x), xt::xarray<std::int64_t>{{1, 2}, {3, 4}, {5, 6}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::reshape(v, {-1}); }, x), xt::xarray<std::int64_t>{1, 2, 3, 4, 5, 6}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::reshape(xg::transpose(v), {2, -1}); }, x), xt::xarray<std::int64_t>{{1, 4, 2}, {5, 3, 6}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::reshape(slice(v, {{.step = -1}, {.step = -1}}), {3, 2}); }, x), xt::xarray<std::int64_t>{{6, 5}, {4, 3}, {2, 1}}));
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::reshape(xg::broadcast_to(v, {2, 2, 3}), {4, 3}); }, x), xt::xarray<std::int64_t>{{1, 2, 3}, {4, 5, 6}, {1, 2, 3}, {4, 5, 6}}));
    BOOST_TEST(run<float>([](Var v) { return xg::reshape(v, {0, 5}); }, filled<float>({3, 0}, 0)).size() == 0u);
    BOOST_TEST(same(run<std::int64_t>([](Var v) { return xg::squeeze(expand_dims(expand_dims(v, 0), -1)); }, x), x));
}

BOOST_AUTO_TEST_CASE(broadcast_to) {
    const auto row = xt::xarray<float>{1, 2, 3};
    BOOST_TEST(same(run<float>([](Var v) { return xg::broadcast_to(v, {2, 3}); }, row), xt::xarray<float>{{1, 2, 3}, {1, 2, 3}}));
    auto column = filled<float>({2, 1}, 1);
    column(1, 0) = 2;
    BOOST_TEST(same(run<float>([](Var v) { return xg::broadcast_to(v, {2, 3}); }, column), xt::xarray<float>{{1, 1, 1}, {2, 2, 2}}));
    BOOST_TEST(same(run<float>([](Var v) { return xg::broadcast_to(v, {2, 2, 2}); }, filled<float>({}, 7)), filled<float>({2, 2, 2}, 7)));
}

BOOST_AUTO_TEST_CASE(concatenate) {
    Random random(6);
    for (const auto& [first, second, axis] : std::vector<std::tuple<Extents, Extents, std::size_t>>{
             {{3}, {2}, 0}, {{3, 4}, {1, 4}, 0}, {{3, 4}, {3, 2}, 1}, {{2, 3, 4}, {2, 5, 4}, 1}, {{0, 2}, {3, 2}, 0}, {{100, 33}, {100, 17}, 1}}) {
        const auto a = random_array<float>(first, random), b = random_array<float>(second, random);
        Extents shape = first;
        shape[axis] += second[axis];
        auto expected = xt::xarray<float>::from_shape(shape);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            Extents index = index_of(i, shape);
            const bool in_a = index[axis] < first[axis];
            if (!in_a) index[axis] -= first[axis];
            expected.data()[i] = in_a ? a.data()[offset_of(index, first)] : b.data()[offset_of(index, second)];
        }
        const auto at = static_cast<std::int64_t>(axis);
        BOOST_TEST(same(run<float>([at](Var x, Var y) { return xg::concatenate({x, y}, at); }, a, b), expected), xg::Shape(first).str());
        BOOST_TEST(same(run<float>([&](Var x, Var y) { return xg::concatenate({x, y}, at - static_cast<std::int64_t>(shape.size())); }, a, b), expected));
    }
    const xt::xarray<std::uint8_t> bytes = {1, 2};
    BOOST_TEST(same(run<std::uint8_t>([](Var x) { return xg::concatenate({x, x, x}); }, bytes), xt::xarray<std::uint8_t>{1, 2, 1, 2, 1, 2}));
}

BOOST_AUTO_TEST_CASE(slice_takes_what_numpy_takes) {
    // As NumPy gives for numpy.arange(6)[start:stop:step].
    const auto x = xt::xarray<std::int64_t>{0, 1, 2, 3, 4, 5};
    const std::int64_t open = Range::open;
    struct Row {
        Range range;
        std::vector<std::int64_t> expected;
    };
    for (const Row& row : std::vector<Row>{{{1, 4}, {1, 2, 3}},           {{open, 2}, {0, 1}},         {{4, open}, {4, 5}},       {{-2, open}, {4, 5}},
                                           {{0, -4}, {0, 1}},             {{1, 100}, {1, 2, 3, 4, 5}}, {{-100, 2}, {0, 1}},       {{3, 3}, {}},
                                           {{4, 2}, {}},                  {{100, open}, {}},           {{open, open, 2}, {0, 2, 4}}, {{1, 6, 2}, {1, 3, 5}},
                                           {{1, 5, 3}, {1, 4}},           {{open, open, 7}, {0}},      {{open, open, -1}, {5, 4, 3, 2, 1, 0}},
                                           {{4, 1, -1}, {4, 3, 2}},       {{4, 1, -2}, {4, 2}},        {{open, 2, -2}, {5, 3}},   {{1, open, -1}, {1, 0}},
                                           {{100, -100, -3}, {5, 2}},     {{1, 4, -1}, {}},            {{-1, -4, -1}, {5, 4, 3}}}) {
        auto expected = xt::xarray<std::int64_t>::from_shape({row.expected.size()});
        std::copy(row.expected.begin(), row.expected.end(), expected.data());
        const std::string text = fmt::format("[{}:{}:{}]", row.range.start, row.range.stop, row.range.step);
        BOOST_TEST(same(run<std::int64_t>([&](Var v) { return slice(v, {row.range}); }, x), expected), text);
        BOOST_TEST(same(run<std::int64_t>([&](Var v) { return slice(v, -1, row.range.start, row.range.stop, row.range.step) + 0 * v.tape().constant(std::int64_t{1}); }, x), expected), text);
    }
}

BOOST_AUTO_TEST_CASE(slices_of_several_axes_and_of_slices) {
    Random random(8);
    const auto x = random_array<float>({6, 7, 5}, random);
    const auto expected = [&](auto index) {
        auto result = xt::xarray<float>::from_shape({2, 3, 5});
        for (std::size_t i = 0; i < 2; ++i)
            for (std::size_t j = 0; j < 3; ++j)
                for (std::size_t k = 0; k < 5; ++k) result(i, j, k) = index(i, j, k);
        return result;
    };
    BOOST_TEST(same(run<float>([](Var v) { return slice(v, {{4, 1, -2}, {1, Range::open, 2}}); }, x),
                    expected([&](auto i, auto j, auto k) { return x(4 - 2 * i, 1 + 2 * j, k); })));
    BOOST_TEST(same(run<float>([](Var v) { return slice(slice(v, {{1, 5}, {.step = -1}}), {{.step = 3}, {1, 6, 2}}); }, x),
                    expected([&](auto i, auto j, auto k) { return x(1 + 3 * i, 5 - 2 * j, k); })));
}

BOOST_AUTO_TEST_SUITE_END()
