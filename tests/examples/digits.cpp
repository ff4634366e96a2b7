#include <xgrad/datasets/digits.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "image_text.hpp"

using namespace examples;
using namespace xgrad::datasets;

namespace {

std::span<const std::uint8_t> pixels(const Dataset& data, std::size_t i) { return data.examples.row<std::uint8_t>(i); }

/// The share of test images whose class has the nearest mean image.
double nearest_mean_accuracy(const Datasets& data) {
    const std::size_t width = data.train.width();
    std::vector<std::vector<double>> mean(10, std::vector<double>(width));
    for (std::size_t i = 0; i < data.train.size(); ++i)
        for (std::size_t j = 0; j < width; ++j)
            mean[static_cast<std::size_t>(data.train.label(i))][j] += pixels(data.train, i)[j] * 10.0 /
                                                                       static_cast<double>(data.train.size());

    std::size_t right = 0;
    for (std::size_t i = 0; i < data.test.size(); ++i) {
        std::array<double, 10> distance{};
        for (std::size_t digit = 0; digit < 10; ++digit)
            for (std::size_t j = 0; j < width; ++j)
                distance[digit] += (pixels(data.test, i)[j] - mean[digit][j]) * (pixels(data.test, i)[j] - mean[digit][j]);
        right += std::ranges::min_element(distance) - distance.begin() == static_cast<std::ptrdiff_t>(data.test.label(i));
    }
    return static_cast<double>(right) / static_cast<double>(data.test.size());
}

} // namespace

BOOST_AUTO_TEST_SUITE(digits)

BOOST_AUTO_TEST_CASE(have_as_many_of_each_class) {
    const Datasets data = draw_digits();
    BOOST_TEST(data.train.size() == 8000u);
    BOOST_TEST(data.test.size() == 2000u);
    BOOST_TEST(data.train.width() == 400u);
    for (const Dataset* set : {&data.train, &data.test}) {
        std::array<std::size_t, 10> count{};
        for (std::size_t i = 0; i < set->size(); ++i)
            ++count.at(set->label(i));
        for (const std::size_t n : count)
            BOOST_TEST(n == set->size() / 10);
    }
}

BOOST_AUTO_TEST_CASE(depend_on_the_seed_alone) {
    const Datasets a = draw_digits({.train = 200, .test = 100}), b = draw_digits({.train = 100, .test = 100});
    const Datasets other = draw_digits({.train = 200, .test = 100, .seed = 7});
    const auto equal = [](const Dataset& x, std::size_t i, const Dataset& y, std::size_t j) { return std::ranges::equal(pixels(x, i), pixels(y, j)); };
    for (std::size_t i = 0; i < 100; ++i) {
        BOOST_TEST(equal(a.test, i, b.test, i)); // however many images there are
        BOOST_TEST(equal(a.train, i, b.train, i));
        BOOST_TEST(!equal(a.test, i, other.test, i));
    }
    BOOST_TEST(!equal(a.train, 0, a.test, 0));
    BOOST_TEST(!equal(a.train, 0, a.train, 10));
}

BOOST_AUTO_TEST_CASE(are_neither_trivial_nor_hopeless) {
    const double accuracy = nearest_mean_accuracy(draw_digits());
    BOOST_TEST_MESSAGE("nearest mean image: " << accuracy);
    BOOST_TEST(accuracy > 0.6);
    BOOST_TEST(accuracy < 0.9);
}

BOOST_AUTO_TEST_CASE(print_as_text) {
    auto image = xt::xarray<std::uint8_t>::from_shape({1, 3, 1, 2}); // two pixels in three colours
    const std::uint8_t values[] = {0, 255, 0, 255, 0, 255};
    std::ranges::copy(values, image.data());
    const Dataset data{.name = "small", .examples = {image, std::vector<std::int64_t>{0}}};
    BOOST_TEST(image_text(data, 0) == "  @@\n");
    BOOST_CHECK_THROW(image_text(data, 1), DataError);
    const Dataset table{.name = "table", .examples = {xt::xarray<float>{{1, 2}}, std::vector<std::int64_t>{0}}};
    BOOST_CHECK_THROW(image_text(table, 0), DataError);
}

BOOST_AUTO_TEST_SUITE_END()
