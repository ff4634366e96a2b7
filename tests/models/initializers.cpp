// With which numbers parameters start: against formulas, within statistical bounds, and the same on every machine.

#include <numbers>

#include <xgrad/core/base/split_mix.hpp>

#include "../support.hpp"

using namespace test;
using namespace xgrad::models;
using xg::DType;
using xg::Var;

namespace {

double bits(std::uint64_t seed, std::uint64_t i) {
    return xg::open_unit_interval(xg::split_mix(seed * 0xD1342543DE82EF95ull + (i + 1) * xg::split_mix_step));
}

double box_muller(std::uint64_t seed, std::uint64_t i) {
    return std::sqrt(-2 * std::log(bits(seed, 2 * i))) * std::cos(2 * std::numbers::pi * bits(seed, 2 * i + 1));
}

/// Whether element i is expected(i), to the last bit.
void check_elements(Var parameter, const std::function<double(std::size_t)>& expected) {
    const auto array = parameter.value<float>();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < array.size(); ++i) wrong += array.data()[i] != static_cast<float>(expected(i));
    BOOST_TEST(wrong == 0u);
}

struct Moments {
    double mean = 0, variance = 0, kurtosis = 0, least = INFINITY, most = -INFINITY;
    explicit Moments(const xt::xarray<double>& x) {
        const auto n = static_cast<double>(x.size());
        for (const double a : x) mean += a / n, least = std::min(least, a), most = std::max(most, a);
        for (const double a : x) variance += (a - mean) * (a - mean) / n;
        for (const double a : x) kurtosis += std::pow(a - mean, 4) / (n * variance * variance);
    }
};

struct Distribution {
    const char* name;
    Initializer initializer;
    double bound; // of an even distribution; 0: a normal one
    double variance;
};

} // namespace

BOOST_AUTO_TEST_SUITE(initializers)

BOOST_AUTO_TEST_CASE(of_layers_that_are_asked_for_nothing_else) {
    xg::Tape tape;
    const Linear linear(tape, 7, 5, {.seed = 3});
    check_elements(linear.weights(), [](std::size_t i) { return std::sqrt(1.0 / 7) * box_muller(3, i); });
    check_elements(linear.bias(), [](std::size_t) { return 0; });
    const Convolution convolution(tape, 4, 6, {3, 2}, {.geometry = {.groups = 2}, .seed = 11});
    check_elements(convolution.weights(), [](std::size_t i) { return std::sqrt(2.0 / 12) * box_muller(11, i); });
    check_elements(convolution.bias(), [](std::size_t) { return 0; });
    check_elements(Embedding(tape, 5, 3).table(), [](std::size_t i) { return box_muller(0, i); });
    const BatchNorm batch_norm(tape, 4);
    check_elements(batch_norm.scale(), [](std::size_t) { return 1; });
    check_elements(batch_norm.shift(), [](std::size_t) { return 0; });
    check_elements(batch_norm.mean(), [](std::size_t) { return 0; });
    check_elements(batch_norm.variance(), [](std::size_t) { return 1; });
    // Numbers that were once written down.
    const auto w = linear.weights().value<float>();
    BOOST_TEST(fmt::format("{:a} {:a} {:a}", w(0, 0), w(0, 1), w(6, 4)) == "-0x1.a1db2cp-2 0x1.900892p-7 -0x1.86a8e8p-3");
}

BOOST_AUTO_TEST_CASE(distributions) {
    const double in = 300, out = 200;
    const std::vector<Distribution> table = {
        {"uniform", uniform(-0.5, 0.5), 0.5, 1.0 / 12},
        {"normal", normal(0.25), 0, 0.0625},
        {"xavier_uniform", xavier_uniform(), std::sqrt(6 / (in + out)), 2 / (in + out)},
        {"xavier_uniform with a gain", xavier_uniform(5.0 / 3), 5.0 / 3 * std::sqrt(6 / (in + out)), 25.0 / 9 * 2 / (in + out)},
        {"xavier_normal", xavier_normal(), 0, 2 / (in + out)},
        {"xavier_normal with a gain", xavier_normal(2), 0, 8 / (in + out)},
        {"he_uniform", he_uniform(), std::sqrt(6 / in), 2 / in},
        {"he_normal", he_normal(), 0, 2 / in},
        {"lecun_normal", lecun_normal(), 0, 1 / in},
        {"fan_in_uniform", fan_in_uniform(), std::sqrt(1 / in), 1 / (3 * in)},
        {"of one's own", [](Fans fans, Draw draw) { return std::sqrt(3 / fans.outputs) * draw.normal(); }, 0, 3 / out},
    };
    for (const Distribution& d : table) {
        xg::Tape tape;
        const Var w = parameter(tape, {300, 200}, d.initializer, {.seed = 17, .dtype = DType::float64});
        const Moments moments(w.value<double>());
        const double n = 300 * 200, kurtosis = d.bound > 0 ? 1.8 : 3; // four standard errors each
        BOOST_TEST(std::abs(moments.mean) < 4 * std::sqrt(d.variance / n), d.name);
        BOOST_TEST(std::abs(moments.variance / d.variance - 1) < 4 * std::sqrt((kurtosis - 1) / n), d.name);
        BOOST_TEST(std::abs(moments.kurtosis - kurtosis) < 0.08, d.name);
        if (d.bound == 0) continue;
        BOOST_TEST((-d.bound <= moments.least && moments.least < -0.999 * d.bound), d.name);
        BOOST_TEST((0.999 * d.bound < moments.most && moments.most <= d.bound), d.name);
    }
    xg::Tape tape;
    const Moments uneven(parameter(tape, {60000}, uniform(0.1, 0.7), {.dtype = DType::float64}).value<double>());
    BOOST_TEST((0.1 <= uneven.least && uneven.least < 0.1005 && 0.6995 < uneven.most && uneven.most <= 0.7));
    BOOST_TEST(std::abs(uneven.mean - 0.4) < 0.003);
    const Moments constants(parameter(tape, {60}, constant(0.3), {.dtype = DType::float64}).value<double>());
    BOOST_TEST((constants.least == 0.3 && constants.most == 0.3));
}

BOOST_AUTO_TEST_CASE(fans) {
    const auto check = [](const xg::Shape& shape, double inputs, double outputs) {
        const Fans fans = fans_of(shape);
        BOOST_TEST((fans.inputs == inputs && fans.outputs == outputs), shape.str());
    };
    check({7, 5}, 7, 5);
    check({6, 2, 3}, 6, 18);
    check({6, 2, 3, 5}, 30, 90);
    check({6, 2, 1, 2, 3}, 12, 36);
    check({7}, 1, 1);
    check({}, 1, 1);
    check({0, 5}, 1, 5);

    // Each layer with an initializer that tells the fans it gets.
    xg::Tape tape;
    const Initializer tell = [](Fans f, Draw) { return f.inputs + 1000 * f.outputs; };
    const auto told = [](Var parameter) { return parameter.value<float>().data()[0]; };
    const Linear linear(tape, 7, 5, {.weights = tell, .bias = tell});
    BOOST_TEST((told(linear.weights()) == 5007 && told(linear.bias()) == 5007));
    const Convolution convolution(tape, 4, 6, {3, 2}, {.geometry = {.groups = 2}, .weights = tell, .bias = tell});
    BOOST_TEST((told(convolution.weights()) == 36012 && told(convolution.bias()) == 36012));
    BOOST_TEST(told(Embedding(tape, 9, 4, {.table = tell}).table()) == 9004);
    const BatchNorm batch_norm(tape, 4, {.scale = tell, .shift = tell});
    const LayerNorm layer_norm(tape, {2, 4}, {.scale = tell, .shift = tell});
    for (const Var& v : {batch_norm.scale(), batch_norm.shift(), layer_norm.scale(), layer_norm.shift()}) BOOST_TEST(told(v) == 1001);
    BOOST_TEST(told(parameter(tape, {7, 5}, tell, {.fans = Fans{2, 3}})) == 3002);
}

BOOST_AUTO_TEST_CASE(weights_and_bias_draw_different_numbers) {
    xg::Tape tape;
    const Linear torch(tape, 7, 5, {.weights = fan_in_uniform(), .bias = fan_in_uniform(), .seed = 4});
    const double bound = std::sqrt(1.0 / 7);
    check_elements(torch.weights(), [&](std::size_t i) { return bound * std::lerp(-1.0, 1.0, bits(4, 2 * i)); });
    check_elements(torch.bias(), [&](std::size_t i) { return bound * std::lerp(-1.0, 1.0, bits(4, 2 * (35 + i))); });
    const BatchNorm norm(tape, 6, {.scale = normal(1), .shift = normal(1), .seed = 4});
    check_elements(norm.scale(), [](std::size_t i) { return box_muller(4, i); });
    check_elements(norm.shift(), [](std::size_t i) { return box_muller(4, 6 + i); });
}

BOOST_AUTO_TEST_CASE(no_bias) {
    xg::Tape tape;
    const Linear linear(tape, 3, 2, {.bias = none(), .dtype = DType::float64});
    const LayerNorm norm(tape, {2}, {.shift = none(), .dtype = DType::float64});
    BOOST_TEST(tape.parameters().size() == 2u);
    BOOST_TEST((!linear.bias().valid() && !norm.shift().valid()));
    const Var x = tape.constant(xt::xarray<double>{{1, 2, 3}, {4, 5, 6}});
    BOOST_TEST(same(linear(x).value<double>(), matmul(x, linear.weights()).value<double>()));
    BOOST_TEST(same(norm(linear(x)).value<double>(), normalize(linear(x), {1}).value<double>(), 1e-14));
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    const auto check = [](const std::string& text, const char* begin, int line) { BOOST_TEST((text.starts_with(begin) && text.ends_with(at(line))), text); };
    check(error_of([&] { Linear(tape, 3, 2, {.weights = none()}); }), "Linear: \"linear.weights\" has no initializer, and only a bias or a shift may have none()", __LINE__);
    check(error_of([&] { BatchNorm(tape, 3, {.scale = none()}); }), "BatchNorm: \"batch_norm.scale\" has no initializer", __LINE__);
    check(error_of([&] { Linear(tape, 3, 2, {.bias = constant(NAN)}); }), "Linear: \"linear.bias\" would start with nan at (0)", __LINE__);
    check(error_of([&] { Embedding(tape, 3, 2, {.table = constant(1e39)}); }), "Embedding: \"embedding.table\" would start with 1e+39 at (0, 0); its initializer must give finite numbers that float32 holds", __LINE__);
    check(error_of([&] { Convolution(tape, 3, 2, 3, {.dtype = DType::int64}); }), "Convolution: the dtype of \"conv.weights\" is int64; it must be float32 or float64", __LINE__);
    check(error_of([&] { parameter(tape, {2, 3}, zeros(), {.dtype = DType::uint8, .name = "w"}); }), "parameter: the dtype of \"w\" is uint8", __LINE__);
    BOOST_TEST(Embedding(tape, 3, 2, {.table = constant(1e39), .dtype = DType::float64}).table().value<double>()(2, 1) == 1e39);
}

BOOST_AUTO_TEST_SUITE_END()
