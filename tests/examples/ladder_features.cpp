// What the ladder makes of images, against loops that are written out.

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <xgrad/datasets/random.hpp>

#include "ladder/hog.hpp"
#include "ladder/hue.hpp"
#include "ladder/neighbours.hpp"
#include "ladder/words.hpp"

namespace xg = xgrad;
using Images = xt::xarray<std::uint8_t>;

namespace {

Images random_images(const std::vector<std::size_t>& shape, std::uint64_t seed) {
    auto images = Images::from_shape(shape);
    xg::datasets::Random random(seed);
    for (std::uint8_t& pixel : images)
        pixel = static_cast<std::uint8_t>(random.below(256));
    return images;
}

template <class Features>
xt::xarray<float> features_of(const Images& images, Features features) {
    xg::Tape tape;
    return tape.function([&](xg::Var x) { return features(x); })(images).template array<float>();
}

void check_close(const xt::xarray<float>& values, const xt::xarray<double>& wanted) {
    BOOST_TEST(std::vector<std::size_t>(values.shape().begin(), values.shape().end()) ==
                   std::vector<std::size_t>(wanted.shape().begin(), wanted.shape().end()),
               boost::test_tools::per_element());
    double error = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        error = std::max(error, std::abs(values.data()[i] - wanted.data()[i]) / (1 + std::abs(wanted.data()[i])));
    BOOST_TEST(error < 1e-4);
}

double grey(const Images& x, std::size_t n, std::ptrdiff_t i, std::ptrdiff_t j) {
    const auto last_row = static_cast<std::ptrdiff_t>(x.shape()[2]) - 1,
               last_column = static_cast<std::ptrdiff_t>(x.shape()[3]) - 1;
    const auto row = static_cast<std::size_t>(std::clamp(i, std::ptrdiff_t{0}, last_row)),
               column = static_cast<std::size_t>(std::clamp(j, std::ptrdiff_t{0}, last_column));
    if (x.shape()[1] == 1) return x(n, 0, row, column);
    return 0.299 * x(n, 0, row, column) + 0.587 * x(n, 1, row, column) + 0.114 * x(n, 2, row, column);
}

xt::xarray<double> hog_by_loops(const Images& x, std::size_t cell, std::size_t orientations) {
    const std::size_t rows = x.shape()[2] / cell, columns = x.shape()[3] / cell;
    auto histograms = xt::xarray<double>::from_shape({x.shape()[0], orientations, rows, columns});
    histograms.fill(0);
    for (std::size_t n = 0; n < x.shape()[0]; ++n)
        for (std::size_t i = 0; i < rows * cell; ++i)
            for (std::size_t j = 0; j < columns * cell; ++j) {
                const auto row = static_cast<std::ptrdiff_t>(i), column = static_cast<std::ptrdiff_t>(j);
                const double gx = grey(x, n, row, column + 1) - grey(x, n, row, column - 1);
                const double gy = grey(x, n, row + 1, column) - grey(x, n, row - 1, column);
                double angle = std::atan2(gy, gx);
                if (angle < 0) angle += std::numbers::pi;
                const double place = std::floor(static_cast<double>(orientations) * angle / std::numbers::pi);
                const std::size_t bin = static_cast<std::size_t>(place) % orientations;
                histograms(n, bin, i / cell, j / cell) += std::hypot(gx, gy) / static_cast<double>(cell * cell);
            }
    return histograms;
}

double hue_of(double r, double g, double b) {
    const double most = std::max({r, g, b}), d = most - std::min({r, g, b});
    if (d == 0) return 0;
    const double sixths = most == r ? (g - b) / d : most == g ? 2 + (b - r) / d : 4 + (r - g) / d;
    return (sixths < 0 ? sixths + 6 : sixths) / 6;
}

double squared_distance(const double* a, const float* b, std::size_t size) {
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/// A patch with mean 0 and the length that its variance gives it.
std::vector<double> normalized_patch(const Images& x, std::size_t n, std::size_t top, std::size_t left,
                                     std::size_t side) {
    std::vector<double> patch;
    for (std::size_t c = 0; c < x.shape()[1]; ++c)
        for (std::size_t i = 0; i < side; ++i)
            for (std::size_t j = 0; j < side; ++j)
                patch.push_back(x(n, c, top + i, left + j));
    const auto size = static_cast<double>(patch.size());
    double mean = 0, variance = 0;
    for (const double p : patch)
        mean += p / size;
    for (const double p : patch)
        variance += (p - mean) * (p - mean) / size;
    for (double& p : patch)
        p = (p - mean) / std::sqrt(variance + 10);
    return patch;
}

} // namespace

BOOST_AUTO_TEST_SUITE(ladder_features)

BOOST_AUTO_TEST_CASE(hog_is_what_loops_give) {
    for (const std::size_t channels : {1, 3}) {
        const Images images = random_images({2, channels, 13, 10}, 3);
        for (const std::int64_t cell : {4, 5}) {
            const auto features = features_of(images, [&](xg::Var x) { return ladder::hog(x, {.cell = cell}); });
            check_close(features, hog_by_loops(images, static_cast<std::size_t>(cell), 9));
        }
        const ladder::HogOptions four{.cell = 3, .orientations = 4};
        check_close(features_of(images, [&](xg::Var x) { return ladder::hog(x, four); }), hog_by_loops(images, 3, 4));
    }
}

BOOST_AUTO_TEST_CASE(hog_of_edges_has_their_direction) {
    Images images = Images::from_shape({3, 1, 4, 4});
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 4; ++j) {
            images(0, 0, i, j) = static_cast<std::uint8_t>(10 * j);       // brighter to the right
            images(1, 0, i, j) = static_cast<std::uint8_t>(100 - 10 * j); // darker: the same direction
            images(2, 0, i, j) = static_cast<std::uint8_t>(10 * i);       // brighter downwards
        }
    const auto features = features_of(images, [](xg::Var x) { return ladder::hog(x, {.cell = 4, .orientations = 2}); });
    // Two columns have a difference of 20, those at the edges one of 10.
    const std::vector<float> wanted{15, 0, 15, 0, 0, 15};
    BOOST_TEST(std::vector<float>(features.begin(), features.end()) == wanted,
               boost::test_tools::tolerance(1e-5f) << boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(hues_of_known_colours) {
    const std::vector<std::vector<int>> colours{{255, 0, 0}, {255, 255, 0}, {0, 255, 0},     {0, 255, 255}, {0, 0, 255},
                                                {9, 0, 9},   {90, 90, 90},  {200, 100, 110}, {0, 0, 0}};
    const std::vector<double> wanted{0, 1 / 6.0, 2 / 6.0, 3 / 6.0, 4 / 6.0, 5 / 6.0, 0, 59 / 60.0, 0};
    Images image = Images::from_shape({1, 3, 1, colours.size()});
    for (std::size_t i = 0; i < colours.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c)
            image(0, c, 0, i) = static_cast<std::uint8_t>(colours[i][c]);
    const auto hues = features_of(image, ladder::hue);
    for (std::size_t i = 0; i < wanted.size(); ++i)
        BOOST_TEST(std::abs(hues(0, 0, i) - wanted[i]) < 1e-6);
}

BOOST_AUTO_TEST_CASE(hue_histogram_is_what_loops_give) {
    const Images images = random_images({3, 3, 6, 7}, 4);
    auto wanted = xt::xarray<double>::from_shape({3, 7});
    wanted.fill(0);
    for (std::size_t n = 0; n < 3; ++n)
        for (std::size_t i = 0; i < 6; ++i)
            for (std::size_t j = 0; j < 7; ++j) {
                const double h = hue_of(images(n, 0, i, j), images(n, 1, i, j), images(n, 2, i, j));
                wanted(n, static_cast<std::size_t>(7 * h)) += 1.0 / 42;
            }
    check_close(features_of(images, [](xg::Var x) { return ladder::hue_histogram(x, 7); }), wanted);
}

BOOST_AUTO_TEST_CASE(a_step_of_k_means) {
    const xt::xarray<float> x{{0, 0}, {0, 2}, {10, 0}, {12, 0}, {14, 3}};
    const xt::xarray<float> means{{1, 1}, {-50, -50}, {11, 0}};
    xg::Tape tape;
    const auto next = tape.function([](xg::Var x, xg::Var m) { return ladder::k_means_step(x, m); })(x, means);
    check_close(next.array<float>(), {{0, 1}, {-50, -50}, {12, 1}}); // nothing is nearest to the second
}

BOOST_AUTO_TEST_CASE(words_are_what_loops_give) {
    constexpr std::size_t side = 3, stride = 2, count = 5, places = 4; // of images of 9 x 9
    const Images images = random_images({4, 3, 9, 9}, 5);
    const ladder::Words words(xg::data::ArraySet(images),
                              {.words = count, .side = side, .stride = stride, .patches = 300, .iterations = 5});
    auto wanted = xt::xarray<double>::from_shape({4, 4 * count});
    wanted.fill(0);
    for (std::size_t n = 0; n < 4; ++n)
        for (std::size_t i = 0; i < places; ++i)
            for (std::size_t j = 0; j < places; ++j) {
                const std::vector<double> patch = normalized_patch(images, n, stride * i, stride * j, side);
                std::size_t nearest = 0;
                const auto distance = [&](std::size_t k) {
                    return squared_distance(patch.data(), words.means().data() + k * patch.size(), patch.size());
                };
                for (std::size_t k = 1; k < count; ++k)
                    if (distance(k) < distance(nearest)) nearest = k;
                const std::size_t quarter = 2 * (i / 2) + j / 2;
                wanted(n, quarter * count + nearest) += 1.0 / 4;
            }
    check_close(features_of(images, words), wanted);
}

BOOST_AUTO_TEST_CASE(words_say_what_they_need) {
    const Images images = random_images({4, 3, 9, 5}, 5);
    const auto says = [](const std::string& text) {
        return [text](const xg::Error& error) { return std::string(error.what()).find(text) != std::string::npos; };
    };
    BOOST_CHECK_EXCEPTION(ladder::Words(xg::data::ArraySet(images)), xg::Error,
                          says("images of shape (3, 9, 5) were given; they must be (C, H, W), and not smaller than"));
    BOOST_CHECK_EXCEPTION(ladder::Words(xg::data::ArraySet(images), {.words = 5, .side = 3, .patches = 4}), xg::Error,
                          says("5 words of 4 patches were asked for"));
}

BOOST_AUTO_TEST_CASE(squared_distances_of_all_rows) {
    xg::Tape tape;
    const xt::xarray<float> a{{0, 0, 1}, {3, 4, 1}}, b{{0, 0, 1}, {3, 0, 0}, {1, 1, 1}};
    const auto d = tape.function([](xg::Var a, xg::Var b) { return ladder::squared_distances(a, b); })(a, b);
    check_close(d.array<float>(), {{0, 10, 2}, {25, 17, 13}});
}

BOOST_AUTO_TEST_CASE(neighbours_vote) {
    // One pixel each: two of class 0 near 10, three of class 1 near 30, and one of class 0 among them.
    const Images pixels = [] {
        Images x = Images::from_shape({6, 1, 1, 1});
        const std::vector<std::uint8_t> values{9, 11, 28, 29, 33, 30};
        std::copy(values.begin(), values.end(), x.begin());
        return x;
    }();
    const std::vector<std::int64_t> labels{0, 0, 1, 1, 1, 0};
    const xg::data::ArraySet known(pixels, labels);
    Images questions = Images::from_shape({3, 1, 1, 1});
    questions(0, 0, 0, 0) = 10; // k = 1: 0, of two the first; 2: 0; 3: 0; 6: three each, the first class
    questions(1, 0, 0, 0) = 31; // 1: 0; 2: one each, the first class; 3: 1; 6: 0
    questions(2, 0, 0, 0) = 34; // 1: 1; 2: one each; 3: 1; 6: 0
    const std::vector<std::int64_t> answers{0, 1, 1};
    ladder::Neighbours neighbours(known, 2, {1, 2, 3, 6, 100});
    const std::vector<double> wanted{2 / 3.0, 1 / 3.0, 1, 1 / 3.0, 1 / 3.0};
    BOOST_TEST(neighbours.accuracies(xg::data::ArraySet(questions, answers)) == wanted,
               boost::test_tools::tolerance(1e-12) << boost::test_tools::per_element());
    BOOST_TEST(ladder::Neighbours(known, 2, {1}).accuracies(known)[0] == 1);
}

BOOST_AUTO_TEST_SUITE_END()
