#include "digits.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "image_text.hpp"

using namespace examples;

namespace {

/// The share of test images whose class has the nearest mean image.
double nearest_mean_accuracy(const Datasets& data) {
    const std::size_t width = data.train.width();
    std::vector<std::vector<double>> mean(10, std::vector<double>(width));
    for (std::size_t i = 0; i < data.train.size(); ++i)
        for (std::size_t j = 0; j < width; ++j)
            mean[static_cast<std::size_t>(data.train.labels(i))][j] += data.train.row(i)[j] * 10.0 /
                                                                       static_cast<double>(data.train.size());

    std::size_t right = 0;
    for (std::size_t i = 0; i < data.test.size(); ++i) {
        std::array<double, 10> distance{};
        for (std::size_t digit = 0; digit < 10; ++digit)
            for (std::size_t j = 0; j < width; ++j)
                distance[digit] += (data.test.row(i)[j] - mean[digit][j]) * (data.test.row(i)[j] - mean[digit][j]);
        right += std::ranges::min_element(distance) - distance.begin() == data.test.labels(i);
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
        for (const std::int64_t label : set->labels)
            ++count.at(static_cast<std::size_t>(label));
        for (const std::size_t n : count)
            BOOST_TEST(n == set->size() / 10);
        for (const float pixel : set->features)
            if (!(pixel >= 0 && pixel <= 1)) BOOST_FAIL("a pixel is " << pixel);
    }
}

BOOST_AUTO_TEST_CASE(depend_on_the_seed_alone) {
    const Datasets a = draw_digits({.train = 200, .test = 100}), b = draw_digits({.train = 100, .test = 100});
    const Datasets other = draw_digits({.train = 200, .test = 100, .seed = 7});
    BOOST_TEST((a.test.features == b.test.features)); // however many images there are
    BOOST_TEST((a.test.features != other.test.features));
    BOOST_TEST(std::ranges::equal(a.train.row(99), b.train.row(99)));
    BOOST_TEST(!std::ranges::equal(a.train.row(0), a.test.row(0)));
    BOOST_TEST(!std::ranges::equal(a.train.row(0), a.train.row(10)));
}

BOOST_AUTO_TEST_CASE(are_neither_trivial_nor_hopeless) {
    const double accuracy = nearest_mean_accuracy(draw_digits());
    BOOST_TEST_MESSAGE("nearest mean image: " << accuracy);
    BOOST_TEST(accuracy > 0.6);
    BOOST_TEST(accuracy < 0.9);
}

BOOST_AUTO_TEST_CASE(print_as_text) {
    Dataset data("small", 1, 6);
    data.image = {1, 2, 3}; // two pixels in three colours
    const float pixels[] = {0, 1, 0, 1, 0, 1};
    std::ranges::copy(pixels, data.row(0).begin());
    BOOST_TEST(image_text(data, 0) == "  @@\n");
    BOOST_CHECK_THROW(image_text(data, 1), DataError);
    data.image = {};
    BOOST_CHECK_THROW(image_text(data, 0), DataError);
}

BOOST_AUTO_TEST_SUITE_END()
