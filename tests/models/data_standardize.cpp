// Mean 0 and deviation 1 on the training examples, as ops and as plain numbers.

#include <limits>

#include "../support.hpp"

using namespace test;
using namespace xgrad::data;
using xg::Var;

namespace {

/// By the ops, compiled for the dtype of x.
template <class T, class U>
xt::xarray<T> by_ops(const Standardize& standardize, const xt::xarray<U>& x) {
    xg::Tape tape;
    return tape.function([&](Var v) { return standardize(v); })(x).template array<T>();
}

} // namespace

BOOST_AUTO_TEST_SUITE(data_standardize)

BOOST_AUTO_TEST_CASE(each_feature_by_itself) {
    // Columns 1 3 5 7 (mean 4, variance 5), a constant, and 0 0 0 4 (mean 1, variance 3).
    const xt::xarray<double> train{{1, 0.1, 0}, {3, 0.1, 0}, {5, 0.1, 0}, {7, 0.1, 4}};
    const Standardize standardize = Standardize::fit(train);
    const double a = 1 / std::sqrt(5.0), b = 1 / std::sqrt(3.0);
    BOOST_TEST(same(standardize.mean(), xt::xarray<double>{{4, 0.1, 1}}, 1e-15));
    BOOST_TEST(same(standardize.scale(), xt::xarray<double>{{a, 0, b}}, 1e-15));
    const xt::xarray<double> test{{4, 7, 2}, {14, 0.1, -1}}, expected{{0, 0, b}, {10 * a, 0, -2 * b}};
    BOOST_TEST(same(by_ops<double>(standardize, test), expected, 1e-14));
    BOOST_TEST(same(standardize.apply<double>(test), expected, 1e-14));
    const Standardize clipped = Standardize::fit(train, {.clip = 1});
    const xt::xarray<double> near{{0, 0, b}, {1, 0, -1}};
    BOOST_TEST(same(by_ops<double>(clipped, test), near, 1e-14));
    BOOST_TEST(same(clipped.apply<double>(test), near, 1e-14));
}

BOOST_AUTO_TEST_CASE(each_channel_of_images) {
    Random random(8);
    const auto images = random_array<std::uint8_t>({6, 3, 4, 5}, random, 0, 255);
    const Standardize standardize = Standardize::fit(images, {.axes = {0, 2, 3}});
    BOOST_TEST((xg::Shape(standardize.mean().shape()) == xg::Shape{1, 3, 1, 1}));
    BOOST_TEST(same(standardize.mean(), Standardize::fit(images, {.axes = {-1, -4, -2}}).mean()));
    const auto y = by_ops<float>(standardize, images); // 8-bit pixels go in as they are
    BOOST_TEST(same(y, standardize.apply(images), 1e-5, 1e-6));
    for (std::size_t channel = 0; channel < 3; ++channel) {
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < y.size(); ++i)
            if (i / 20 % 3 == channel) sum += y.data()[i], squares += y.data()[i] * y.data()[i];
        BOOST_TEST(std::abs(sum / 120) < 1e-6);
        BOOST_TEST(std::abs(squares / 120 - 1) < 1e-6);
    }
}

BOOST_AUTO_TEST_CASE(a_mean_image) {
    const xt::xarray<std::uint8_t> images{{10, 200}, {20, 255}, {60, 1}};
    const Standardize centre = mean_image(ArraySet(images));
    const xt::xarray<float> expected{{-20, 48}, {-10, 103}, {30, -151}};
    BOOST_TEST(same(by_ops<float>(centre, images), expected));
    BOOST_TEST(same(centre.apply(images), expected));
    const xt::xarray<std::int64_t> integers{{30, 152}, {1030, 152}};
    BOOST_TEST(same(by_ops<float>(centre, integers), xt::xarray<float>{{0, 0}, {1000, 0}}));
}

BOOST_AUTO_TEST_CASE(fitted_on_a_part_it_does_not_see_the_rest) {
    const xt::xarray<float> all{{1, 2}, {1e9f, -5}, {3, 4}};
    const std::vector<std::size_t> train{0, 2};
    BOOST_TEST(same(Standardize::fit(ArraySet(all).subset(train)).mean(), xt::xarray<double>{{2, 3}}));
}

BOOST_AUTO_TEST_CASE(has_a_derivative) {
    const xt::xarray<double> train{{1, 2}, {3, 7}, {4, 4}};
    const Standardize standardize = Standardize::fit(train, {.clip = 3});
    BOOST_TEST(xg::gradcheck([&](Var x) { return square(standardize(x)); }, {train}).ok);
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong) {
    const xt::xarray<float> train{{1, 2}, {3, 4}}, other{{1, 2, 3}};
    auto holes = train;
    holes(1, 1) = std::numeric_limits<float>::quiet_NaN();
    const Standardize standardize = Standardize::fit(train);
    std::string error = error_of([&] { (void)Standardize::fit(holes); });
    BOOST_TEST(error == "fit: the numbers at (0, 1) of the means are not all finite, or too large to be squared" + at(__LINE__ - 1));
    BOOST_TEST(error_of([&] { (void)Standardize::fit(train, {.axes = 1}); }).starts_with("fit: the axes (1,) were given; axis 0, of the examples"));
    BOOST_TEST(error_of([&] { (void)Standardize::fit(train, {.axes = {0, 2}}); }).starts_with("fit: axis 2 was given; axes go from -2 to 1"));
    BOOST_TEST(error_of([&] { (void)Standardize::fit(train, {.clip = 0}); }).starts_with("fit: clip is 0; "));
    BOOST_TEST(error_of([&] { (void)Standardize::fit(filled<float>({0, 2}, 0)); }).starts_with("fit: 0 examples of shape (2,)"));
    BOOST_TEST(error_of([&] { (void)standardize.apply(other); }).starts_with("apply: x is (1, 3); it was fitted on examples of shape (2,)"));
    xg::Tape tape;
    error = error_of([&] { (void)standardize(tape.constant(other)); });
    BOOST_TEST(error == "Standardize: x is (1, 3); it was fitted on examples of shape (2,), so x must be (N, ...) of these" + at(__LINE__ - 1));
}

BOOST_AUTO_TEST_SUITE_END()
