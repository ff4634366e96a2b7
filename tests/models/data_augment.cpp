// Random changes to images: each image its own, as often as it should be, and none when not training.

#include <algorithm>
#include <map>

#include "../support.hpp"

using namespace test;
using namespace xgrad::data;
using xg::Var;

namespace {

/// Images whose pixels all differ, 1, 2, 3 ... in each.
template <class T>
xt::xarray<T> ramps(std::size_t images, std::size_t channels, std::size_t height, std::size_t width) {
    auto x = xt::xarray<T>::from_shape({images, channels, height, width});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(1 + i % (channels * height * width));
    return x;
}

/// f(x, random), compiled, and called twice.
template <class T, class F>
std::pair<xt::xarray<T>, xt::xarray<T>> twice(F f, const xt::xarray<T>& x, std::uint64_t seed = 1) {
    xg::Tape tape;
    xg::Random random(tape, seed);
    auto changed = tape.function([&](Var v) { return f(v, random); });
    auto first = changed(x).template array<T>();
    return {std::move(first), changed(x).template array<T>()};
}

/// The draws of four images, the one of each derivative as of the value: what gradcheck calls must not be random.
template <class F>
bool differentiable(F f) {
    Random numbers(6);
    return xg::gradcheck(
               [&](Var x) {
                   xg::Random random(x.tape(), 3);
                   return square(f(x, random));
               },
               {random_array<double>({4, 2, 3, 5}, numbers, 0.2, 0.7)})
        .ok;
}

} // namespace

BOOST_AUTO_TEST_SUITE(data_augment)

BOOST_AUTO_TEST_CASE(flip_some_images) {
    const auto x = ramps<std::uint8_t>(400, 2, 2, 3);
    const auto [first, second] = twice([](Var v, xg::Random& random) { return random_flip(v, 0.25, random, true); }, x);
    std::size_t flipped[2] = {}, differ = 0;
    for (std::size_t i = 0; i < 400; ++i) {
        bool is[2];
        for (int call = 0; call < 2; ++call) {
            const auto& y = call ? second : first;
            is[call] = y(i, 0, 0, 0) != x(i, 0, 0, 0);
            for (std::size_t c = 0; c < 2; ++c)
                for (std::size_t h = 0; h < 2; ++h)
                    for (std::size_t w = 0; w < 3; ++w) BOOST_TEST(y(i, c, h, w) == x(i, c, h, is[call] ? 2 - w : w));
            flipped[call] += is[call];
        }
        differ += is[0] != is[1];
    }
    for (const std::size_t count : flipped) BOOST_TEST(std::abs(static_cast<double>(count) - 100) < 35); // the deviation is 8.7
    BOOST_TEST(differ > 100u);                                                                          // about 150: each call draws afresh
    const auto of = [&](double probability) {
        return twice([&](Var v, xg::Random& random) { return random_flip(v, probability, random, true); }, x).first;
    };
    BOOST_TEST(same(of(0), x));
    BOOST_TEST(same(of(1), twice([](Var v, xg::Random&) { return flip(v, 3); }, x).first));
}

BOOST_AUTO_TEST_CASE(crop_each_image_elsewhere) {
    for (const double value : {0.0, 99.0}) {
        const auto x = ramps<float>(600, 2, 3, 4);
        const auto [y, second] = twice([&](Var v, xg::Random& random) { return random_crop(v, 1, random, true, value); }, x);
        std::map<std::pair<int, int>, int> shifts;
        for (std::size_t i = 0; i < 600; ++i) {
            // The pixel in the middle says which shift it was.
            const int at = static_cast<int>(y(i, 0, 1, 1)) - 1, down = 1 - at / 4, right = 1 - at % 4;
            ++shifts[{down, right}];
            for (int c = 0; c < 2; ++c)
                for (int h = 0; h < 3; ++h)
                    for (int w = 0; w < 4; ++w) {
                        const int from_h = h - down, from_w = w - right;
                        const bool inside = from_h >= 0 && from_h < 3 && from_w >= 0 && from_w < 4;
                        const auto expected = inside ? static_cast<double>(12 * c + 4 * from_h + from_w + 1) : value;
                        if (y(i, c, h, w) != expected) BOOST_ERROR(fmt::format("image {}, pixel ({}, {}, {}) is {}, not {}", i, c, h, w, y(i, c, h, w), expected));
                    }
        }
        BOOST_TEST(shifts.size() == 9u);
        for (const auto& [shift, count] : shifts) BOOST_TEST(std::abs(count - 600 / 9) < 40); // the deviation is 7.7
        BOOST_TEST(!same(y, second));
    }
}

BOOST_AUTO_TEST_CASE(jitter_brightness_and_contrast) {
    auto x = xt::xarray<float>::from_shape({300, 2, 2, 2});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = 0.3f + 0.02f * static_cast<float>(i % 8);
    const auto jittered = [&](ColorJitter strength) {
        return twice([&](Var v, xg::Random& random) { return color_jitter(v, strength, random, true); }, x).first;
    };
    double least[2] = {9, 9}, most[2] = {0, 0};
    const auto brighter = jittered({.brightness = 0.4}), sharper = jittered({.contrast = 0.5});
    for (std::size_t i = 0; i < 300; ++i) {
        const float *image = x.data() + 8 * i, *b = brighter.data() + 8 * i, *c = sharper.data() + 8 * i;
        const double middle = 0.37, factors[2] = {b[0] / image[0], (c[0] - middle) / (image[0] - middle)};
        for (std::size_t j = 0; j < 8; ++j) {
            BOOST_TEST(std::abs(b[j] - factors[0] * image[j]) < 1e-6);
            BOOST_TEST(std::abs(c[j] - (middle + factors[1] * (image[j] - middle))) < 1e-6);
        }
        for (int k = 0; k < 2; ++k) least[k] = std::min(least[k], factors[k]), most[k] = std::max(most[k], factors[k]);
    }
    // 300 uniform factors come within a fiftieth of both ends but once in 400.
    BOOST_TEST((least[0] >= 0.6 - 1e-6 && least[0] < 0.62 && most[0] > 1.38 && most[0] <= 1.4 + 1e-6));
    BOOST_TEST((least[1] >= 0.5 - 1e-5 && least[1] < 0.52 && most[1] > 1.48 && most[1] <= 1.5 + 1e-5));
    for (const float pixel : jittered({.brightness = 1, .contrast = 1})) BOOST_TEST((pixel >= 0 && pixel <= 1));
    x.fill(1);
    const auto white = jittered({.brightness = 1});
    BOOST_TEST(std::ranges::count(white, 1.0f) > 8 * 100); // what is brighter than white is white
    x.fill(0.5f);
    BOOST_TEST(same(jittered({.contrast = 1}), x, 1e-6)); // no contrast to change
}

BOOST_AUTO_TEST_CASE(depend_on_the_seed_and_not_on_the_threads) {
    const auto x = ramps<float>(50, 3, 8, 8);
    const auto all = [](Var v, xg::Random& random) {
        return color_jitter(random_crop(random_flip(v, 0.5, random, true), 2, random, true) / 192.0, {0.2, 0.2}, random, true);
    };
    const int before = static_cast<int>(xg::num_threads());
    xg::set_num_threads(1);
    const auto one = twice(all, x, 5);
    xg::set_num_threads(4);
    const auto four = twice(all, x, 5);
    xg::set_num_threads(static_cast<std::size_t>(before));
    BOOST_TEST(same(one.first, four.first));
    BOOST_TEST(same(one.second, four.second));
    BOOST_TEST(!same(one.first, twice(all, x, 6).first));
}

BOOST_AUTO_TEST_CASE(do_nothing_when_not_training) {
    xg::Tape tape;
    xg::Random random(tape);
    const Var x = tape.input<float>({2, 1, 3, 3});
    BOOST_TEST(random_flip(x, 0.5, random, false).is(x));
    BOOST_TEST(random_crop(x, 2, random, false).is(x));
    BOOST_TEST(color_jitter(x, {0.5, 0.5}, random, false).is(x));
    BOOST_TEST(random_crop(x, 0, random, true).is(x));
    const Var none = tape.constant(xt::xarray<float>::from_shape({0, 1, 3, 3}));
    BOOST_TEST(random_flip(random_crop(none, 1, random, true), 0.5, random, true).value<float>().size() == 0u);
}

BOOST_AUTO_TEST_CASE(have_derivatives) {
    BOOST_TEST(differentiable([](Var x, xg::Random& random) { return random_flip(x, 0.5, random, true); }));
    BOOST_TEST(differentiable([](Var x, xg::Random& random) { return random_crop(x, 2, random, true); }));
    BOOST_TEST(differentiable([](Var x, xg::Random& random) { return color_jitter(x, {0.1, 0.1}, random, true); }));
}

BOOST_AUTO_TEST_SUITE_END()
