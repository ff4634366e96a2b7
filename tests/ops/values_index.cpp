// pick, one_hot and the composites, against plain loops.

#include "../reference.hpp"

using namespace test;
using xg::Var;

namespace {

using Labels = xt::xarray<std::int64_t>;

const std::vector<Extents> shapes = {{1}, {5}, {3, 4}, {1, 10}, {200, 10}, {7, 1000}, {2, 3, 4}, {5, 1}, {0, 3}};

template <class T>
void check_pick() {
    Random random(2);
    for (const Extents& shape : shapes) {
        const Extents rows(shape.begin(), shape.end() - 1);
        const auto classes = static_cast<std::int64_t>(shape.back());
        const auto x = random_array<T>(shape, random, 0, 9);
        const auto labels = random_array<std::int64_t>(rows, random, 0, static_cast<double>(classes - 1));
        auto expected = xt::xarray<T>::from_shape(rows);
        auto hot = filled<T>(shape, T(0));
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const std::size_t at = i * shape.back() + static_cast<std::size_t>(labels.data()[i]);
            expected.data()[i] = x.data()[at];
            hot.data()[at] = T(1);
        }
        BOOST_TEST(same(run<T>([](Var v, Var l) { return pick(v, l); }, x, labels), expected), xg::Shape(shape).str());
        BOOST_TEST(same(run<T>([&](Var l) { return one_hot(l, shape.back(), xg::dtype_of<T>()); }, labels), hot), xg::Shape(shape).str());
    }
}

/// Along axis 0 or the last one: ln sum e^x, softmax and its logarithm, in the obvious way.
void check_softmax(const xt::xarray<double>& x, bool last) {
    const Extents axes{last ? x.dimension() - 1 : 0};
    const auto total = test::reduce<double>(x, axes, true, [](const std::vector<double>& group) {
        double sum = 0;
        for (const double element : group) sum += std::exp(element);
        return std::log(sum);
    });
    const auto logs = map<double>([](double a, double b) { return a - b; }, x, total);
    const auto shares = map<double>([](double a) { return std::exp(a); }, logs);
    const std::int64_t axis = last ? -1 : 0;
    const std::string context = xg::Shape(x.shape()).str();
    BOOST_TEST(same(run<double>([=](Var v) { return logsumexp(v, axis, xg::keepdims); }, x), total, 1e-13, 1e-13), context);
    BOOST_TEST(same(run<double>([=](Var v) { return softmax(v, axis); }, x), shares, 1e-13), context);
    BOOST_TEST(same(run<double>([=](Var v) { return log_softmax(v, axis); }, x), logs, 1e-13, 1e-13), context);
    const xt::xarray<float> single = map<float>([](double a) { return a; }, x);
    BOOST_TEST(same(run<float>([=](Var v) { return softmax(v, axis); }, single), map<float>([](double a) { return a; }, shares), 3e-6), context);
}

} // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(pick_and_one_hot) {
    check_pick<float>();
    check_pick<double>();
    check_pick<std::int64_t>();
    check_pick<std::uint8_t>();
}

BOOST_AUTO_TEST_CASE(pick_of_what_is_computed) {
    const xt::xarray<double> x = {{1, 2, 3}, {4, 5, 6}};
    const Labels labels = {2, 0};
    BOOST_TEST(same(run<double>([](Var v, Var l) { return 10 * pick(v * 2, l) + 1; }, x, labels), xt::xarray<double>{61, 81}));
    BOOST_TEST(same(run<double>([](Var v, Var l) { return pick(v, (l + 1) / 2); }, x, labels), xt::xarray<double>{2, 4}));
    BOOST_TEST(same(run<double>([](Var v, Var l) { return pick(transpose(v), l.tape().constant(Labels{1, 0, 0})); }, x, labels), xt::xarray<double>{4, 2, 3}));
    BOOST_TEST(same(run<double>([](Var v, Var l) { return pick(broadcast_to(slice(v, 0, 0, 1), {2, 3}), l); }, x, labels), xt::xarray<double>{3, 1}));
    BOOST_TEST(same(run<std::int64_t>([](Var l) { return one_hot(l, 3, xg::DType::int64) * 5; }, labels), Labels{{0, 0, 5}, {5, 0, 0}}));
    BOOST_TEST(same(run<float>([](Var l) { return one_hot(l, 2); }, Labels{{0, 1}}), xt::xarray<float>{{{1, 0}, {0, 1}}}));
}

BOOST_AUTO_TEST_CASE(composites) {
    Random random(7);
    for (const Extents& shape : {Extents{5}, {3, 4}, {40, 33}, {7, 1000}, {2, 3, 4}, {5, 1}})
        for (const bool last : {false, true}) check_softmax(random_array<double>(shape, random, -5, 5), last);
}

BOOST_AUTO_TEST_CASE(logsumexp_over_several_axes) {
    Random random(1);
    const auto x = random_array<double>({2, 3, 4}, random);
    double total = 0;
    for (const double element : x) total += std::exp(element);
    BOOST_TEST(run<double>([](Var v) { return logsumexp(v); }, x)() == std::log(total), boost::test_tools::tolerance(1e-14));
    BOOST_TEST(run<double>([](Var v) { return logsumexp(logsumexp(v, {0, 2})); }, x)() == std::log(total), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_SUITE_END()
