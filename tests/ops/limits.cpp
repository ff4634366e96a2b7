// Extents, counts and steps that are large: what cannot be made is an error, and nothing overflows.

#include <limits>

#include "../reference.hpp"

using namespace test;
using xg::Shape;
using xg::Var;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t wide = std::int64_t{1} << 32, half = std::int64_t{1} << 62;

xt::xarray<double> column(double a, double b) {
    auto result = xt::xarray<double>::from_shape({2, 1});
    result(0, 0) = a, result(1, 0) = b;
    return result;
}

struct Fixture {
    xg::Tape tape;
    Var x = tape.parameter(xt::xarray<double>{{1, 2, 3}, {4, 5, 6}}, "x"), one = tape.parameter(1.0, "one");
    Var image = tape.input<float>({1, 1, 4, 4}), weights = tape.input<float>({1, 1, 2, 2});
    Var labels = tape.input<std::int64_t>({2});
};

} // namespace

/// That the expression is an error of the function, which names this line.
#define TOO_LARGE(expression, function) \
    do { \
        const std::string text = error_of([&] { (void)(expression); }); \
        BOOST_TEST((text.starts_with(function ": ") && text.find("is too large") != std::string::npos), text); \
        BOOST_TEST(text.ends_with(at(__LINE__)), text); \
    } while (false)

BOOST_FIXTURE_TEST_SUITE(op_limits, Fixture)

BOOST_AUTO_TEST_CASE(results_that_no_memory_holds) {
    BOOST_TEST((error_of([&] { (void)broadcast_to(one, {wide, wide}); }) != "no error"));
    TOO_LARGE(repeat(x, half, 0), "repeat");
    TOO_LARGE(repeat(x, most), "repeat");
    TOO_LARGE(tile(x, {half, 4}), "tile");
    TOO_LARGE(tile(x, {wide, 1, wide}), "tile");
    TOO_LARGE(pad(x, {{0, most}}), "pad");
    TOO_LARGE(pad(x, {{most, most}, {1, 1}}, 2.0), "pad");
    TOO_LARGE(reshape(x, {wide, wide}), "reshape");
    TOO_LARGE(reshape(x, {wide, wide, -1}), "reshape");
    TOO_LARGE(reshape(tape.input<float>({0}), {0, half}), "reshape");
    TOO_LARGE(one_hot(labels, std::size_t{1} << 60), "one_hot");
    constexpr std::int64_t long_axis = std::int64_t{1} << 30;
    const Var tall = tape.input<float>({long_axis, 1}), flat = tape.input<float>({1, long_axis});
    TOO_LARGE(tall + flat, "add");
    TOO_LARGE(matmul(tall, flat), "matmul");
    TOO_LARGE(dot(tall, reshape(flat, {1, 1, -1})), "dot");
    const Var large = broadcast_to(one, {std::int64_t{1} << 48});
    TOO_LARGE(xg::concatenate({large, large}), "concatenate");
    TOO_LARGE(xg::concatenate(std::vector<Var>(1 << 16, large)), "concatenate"); // 2^64 in all
    BOOST_TEST(large.shape().numel() == xg::max_numel);
}

BOOST_AUTO_TEST_CASE(steps_of_slices) {
    const auto values = [](Var v) { return v.value<double>(); };
    for (const std::int64_t step : {std::int64_t{3}, half, most}) {
        BOOST_TEST(same(values(slice(x, 1, 0, 3, step)), column(1, 4)), step);
        const Var adjoint = xg::gradient(sum(slice(x, 1, 1, 3, step)), x);
        BOOST_TEST(same(values(adjoint), xt::xarray<double>{{0, 1, 0}, {0, 1, 0}}), step);
    }
    for (const std::int64_t step : {std::int64_t{-3}, -half, -most, least})
        BOOST_TEST(same(values(slice(x, {{}, {2, xg::Range::open, step}})), column(3, 6)), step);
    BOOST_TEST(same(values(slice(x, 1, -most, most, 2)), xt::xarray<double>{{1, 3}, {4, 6}}));
    BOOST_TEST(same(values(slice(x, {{most, -most, -1}})), xt::xarray<double>{{4, 5, 6}, {1, 2, 3}}));
    BOOST_TEST(slice(x, 0, 1, 1, most).shape() == Shape(0, 3));
    BOOST_TEST(slice(x, 0, 0, 1, most).is(slice(x, 0, 0, 1, 1)));
}

BOOST_AUTO_TEST_CASE(offsets_of_diagonals) {
    const auto values = [](Var v) { return v.value<double>(); };
    for (const std::int64_t far : {std::int64_t{9}, most}) {
        BOOST_TEST(same(values(tril(x, far)), values(x)), far);
        BOOST_TEST(same(values(triu(x, far)), values(0 * x)), far);
    }
    for (const std::int64_t far : {std::int64_t{-9}, least}) {
        BOOST_TEST(same(values(tril(x, far)), values(0 * x)), far);
        BOOST_TEST(same(values(triu(x, far)), values(x)), far);
    }
    BOOST_TEST(diagonal(x, most).shape() == Shape(0));
    BOOST_TEST(diagonal(x, least).shape() == Shape(0));
}

BOOST_AUTO_TEST_CASE(sizes_of_splits) {
    const Var v = tape.input<float>({2});
    const int line = __LINE__ + 1;
    const std::string error = error_of([&] { (void)xg::split_sizes(v, {most, most, 4}, 0); });
    BOOST_TEST(error == fmt::format("split_sizes: sizes ({}, {}, 4) do not make up the extent 2 of axis 0 of shape (2,)", most, most) +
                            at(line));
}

BOOST_AUTO_TEST_CASE(windows) {
    const auto refused = [](auto f, const char* function, const char* why) {
        const std::string text = error_of(f);
        BOOST_TEST((text.starts_with(function) && text.find(why) != std::string::npos), text);
    };
    for (const std::int64_t huge : {std::int64_t{1} << 32, half, most}) {
        refused([&] { (void)conv2d(image, weights, {.stride = huge}); }, "conv2d", "none more than 2^31");
        refused([&] { (void)conv2d(image, weights, {.padding = huge}); }, "conv2d", "none more than 2^31");
        refused([&] { (void)conv2d(image, weights, {.dilation = huge}); }, "conv2d", "none more than 2^31");
        refused([&] { (void)conv2d(image, weights, {.groups = huge}); }, "conv2d", "the groups must divide");
        refused([&] { (void)conv_transpose2d(image, weights, {.stride = huge}); }, "conv_transpose2d", "none more than 2^31");
        refused([&] { (void)conv_transpose2d(image, weights, {.output_padding = huge}); }, "conv_transpose2d", "do not fit");
        refused([&] { (void)max_pool2d(image, huge); }, "max_pool2d", "none more than 2^31");
        refused([&] { (void)max_pool2d(image, 2, {.stride = huge}); }, "max_pool2d", "none more than 2^31");
        refused([&] { (void)max_pool2d(image, 2, {.padding = huge}); }, "max_pool2d", "half the window");
        refused([&] { (void)max_pool2d(image, 2, {.dilation = huge}); }, "max_pool2d", "none more than 2^31");
        refused([&] { (void)avg_pool2d(image, 2, {.stride = huge}); }, "avg_pool2d", "none more than 2^31");
    }
    constexpr std::int64_t large = std::int64_t{1} << 31;
    refused([&] { (void)conv2d(image, weights, {.padding = large}); }, "conv2d", "is too large");
    refused([&] { (void)conv2d(image, weights, {.dilation = large}); }, "conv2d", "does not fit into 4");
    refused([&] { (void)conv_transpose2d(image, weights, {.stride = large}); }, "conv_transpose2d", "is too large");
    refused([&] { (void)max_pool2d(image, large, {.padding = large / 2}); }, "max_pool2d", "is too large");
    const Var ones = tape.constant(filled<float>({1, 1, 4, 4}, 1.f));
    BOOST_TEST(conv2d(ones, slice(ones, {{}, {}, {0, 2}, {0, 2}}), {.stride = large}).scalar<float>() == 4);
    BOOST_TEST(max_pool2d(ones, 2, {.stride = large}).scalar<float>() == 1);
}

BOOST_AUTO_TEST_CASE(ranges_of_random_integers) {
    xg::Random random(tape, 1);
    BOOST_TEST(error_of([&] { (void)random.integers({2}, least, most); })
                   .starts_with("integers: from -9223372036854775808 up to 9223372036854775807 were asked for"));
    BOOST_TEST(error_of([&] { (void)random.integers({2}, -3, (std::int64_t{1} << 53) - 3); }) == "no error");
}

BOOST_AUTO_TEST_SUITE_END()
