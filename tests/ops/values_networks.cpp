// Convolution, pooling, normalization and random numbers: against their definitions in plain loops, and in distribution.

#include <numeric>

#include "../reference.hpp"

using namespace test;
using xg::Var;

namespace {

struct Case {
    Extents x, w; // images (N, C, H, W), weights
    xg::Conv2dOptions options;
};

const std::vector<Case> cases = {
    {{1, 1, 3, 3}, {1, 1, 1, 1}, {}},
    {{2, 3, 5, 6}, {4, 3, 3, 3}, {}},
    {{2, 3, 5, 6}, {4, 3, 3, 2}, {.stride = {2, 3}}},
    {{2, 3, 5, 6}, {4, 3, 3, 3}, {.padding = {1, 2}}},
    {{1, 2, 7, 9}, {3, 2, 3, 2}, {.stride = 2, .padding = {2, 1}, .dilation = {2, 3}}},
    {{3, 4, 5, 5}, {6, 2, 3, 3}, {.padding = 1, .groups = 2}},
    {{2, 4, 6, 5}, {4, 1, 3, 3}, {.stride = 2, .padding = 1, .groups = 4}},
    {{2, 5, 4, 4}, {3, 5, 1, 1}, {}},
    {{2, 4, 4, 4}, {6, 2, 1, 1}, {.groups = 2}},
    {{2, 5, 4, 4}, {3, 5, 1, 1}, {.stride = 2, .padding = 1}},
    {{2, 1, 2, 2}, {1, 1, 3, 3}, {.padding = 3}},
    {{0, 2, 4, 4}, {3, 2, 3, 3}, {}},
    {{9, 8, 30, 30}, {16, 8, 5, 5}, {.padding = 2}}, // several pieces, on several threads
};

xt::xarray<double> convolved(const xt::xarray<double>& x, const xt::xarray<double>& w, const xg::Conv2dOptions& o) {
    const auto at = [](std::size_t i, std::int64_t stride, std::int64_t padding, std::size_t j, std::int64_t dilation) {
        return static_cast<std::int64_t>(i) * stride - padding + static_cast<std::int64_t>(j) * dilation;
    };
    const auto extent = [](std::size_t n, std::size_t k, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
        return static_cast<std::size_t>((static_cast<std::int64_t>(n) + 2 * padding - dilation * (static_cast<std::int64_t>(k) - 1) - 1) / stride + 1);
    };
    const auto& s = x.shape();
    const auto& k = w.shape();
    auto y = xt::xarray<double>::from_shape({s[0], k[0], extent(s[2], k[2], o.stride[0], o.padding[0].before, o.dilation[0]),
                                             extent(s[3], k[3], o.stride[1], o.padding[1].before, o.dilation[1])});
    const std::size_t per_group = k[0] / static_cast<std::size_t>(o.groups);
    for (std::size_t i = 0; i < y.size(); ++i) {
        const Extents at_y = index_of(i, shape_of(y));
        double sum = 0;
        for (std::size_t c = 0; c < k[1]; ++c)
            for (std::size_t u = 0; u < k[2]; ++u)
                for (std::size_t v = 0; v < k[3]; ++v) {
                    const std::int64_t row = at(at_y[2], o.stride[0], o.padding[0].before, u, o.dilation[0]);
                    const std::int64_t column = at(at_y[3], o.stride[1], o.padding[1].before, v, o.dilation[1]);
                    if (row < 0 || column < 0 || row >= static_cast<std::int64_t>(s[2]) || column >= static_cast<std::int64_t>(s[3])) continue;
                    sum += x(at_y[0], at_y[1] / per_group * k[1] + c, static_cast<std::size_t>(row), static_cast<std::size_t>(column)) * w(at_y[1], c, u, v);
                }
        y.data()[i] = sum;
    }
    return y;
}

template <class T>
void check_convolution(double rtol) {
    Random random(1);
    for (const Case& c : cases) {
        const auto x = random_array<T>(c.x, random), w = random_array<T>(c.w, random);
        const xt::xarray<double> expected = convolved(xt::cast<double>(x), xt::cast<double>(w), c.options);
        BOOST_TEST(same(run<T>([&](Var a, Var b) { return conv2d(a, b, c.options); }, x, w), expected, rtol, 20 * rtol), xg::Shape(c.x).str());
    }
}

xt::xarray<double> pooled(const xt::xarray<double>& x, xg::HeightWidth window, const xg::MaxPool2dOptions& o, std::size_t rows, std::size_t columns) {
    const xg::HeightWidth stride = o.stride == 0 ? window : o.stride;
    auto y = xt::xarray<double>::from_shape({x.shape()[0], x.shape()[1], rows, columns});
    for (std::size_t i = 0; i < y.size(); ++i) {
        const Extents at = index_of(i, shape_of(y));
        double best = -INFINITY;
        for (std::int64_t u = 0; u < window[0]; ++u)
            for (std::int64_t v = 0; v < window[1]; ++v) {
                const std::int64_t row = static_cast<std::int64_t>(at[2]) * stride[0] - o.padding[0].before + u * o.dilation[0];
                const std::int64_t column = static_cast<std::int64_t>(at[3]) * stride[1] - o.padding[1].before + v * o.dilation[1];
                if (row < 0 || column < 0 || row >= static_cast<std::int64_t>(x.shape()[2]) || column >= static_cast<std::int64_t>(x.shape()[3])) continue;
                best = std::max(best, x(at[0], at[1], static_cast<std::size_t>(row), static_cast<std::size_t>(column)));
            }
        y.data()[i] = best;
    }
    return y;
}

template <class Numbers>
double mean_of(const Numbers& x) { return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size()); }

} // namespace

BOOST_AUTO_TEST_SUITE(networks)

BOOST_AUTO_TEST_CASE(convolution_is_its_definition) {
    check_convolution<float>(2e-6);
    check_convolution<double>(1e-14);
}

BOOST_AUTO_TEST_CASE(windows_of_any_kind) {
    Random random(17);
    auto number = [&](int low, int high) { return static_cast<std::size_t>(random.integer(low, high)); };
    for (int i = 0; i < 200; ++i) {
        std::size_t extent[2], window[2], count[2];
        std::int64_t stride[2], padding[2], dilation[2];
        for (int a = 0; a < 2; ++a) do {
                extent[a] = number(1, 40), window[a] = number(1, 5);
                stride[a] = random.integer(1, 3), dilation[a] = random.integer(1, 2), padding[a] = random.integer(0, static_cast<int>(window[a] / 2));
                const std::int64_t left = static_cast<std::int64_t>(extent[a]) + 2 * padding[a] - dilation[a] * (static_cast<std::int64_t>(window[a]) - 1) - 1;
                count[a] = left < 0 ? 0 : static_cast<std::size_t>(left / stride[a] + 1);
            } while (count[a] == 0);
        const std::string what = fmt::format("({}, {}), windows ({}, {}), strides ({}, {}), paddings ({}, {}), dilations ({}, {})", extent[0], extent[1], window[0],
                                             window[1], stride[0], stride[1], padding[0], padding[1], dilation[0], dilation[1]);
        const auto x = random_array<double>({2, 2, extent[0], extent[1]}, random), w = random_array<double>({3, 2, window[0], window[1]}, random);
        const xg::Conv2dOptions convolution{.stride = {stride[0], stride[1]}, .padding = {padding[0], padding[1]}, .dilation = {dilation[0], dilation[1]}};
        BOOST_TEST(same(run<double>([&](Var a, Var b) { return conv2d(a, b, convolution); }, x, w), convolved(x, w, convolution), 1e-14, 1e-13), what);
        const xg::MaxPool2dOptions options{.stride = {stride[0], stride[1]}, .padding = {padding[0], padding[1]}, .dilation = {dilation[0], dilation[1]}};
        const xg::HeightWidth size{static_cast<std::int64_t>(window[0]), static_cast<std::int64_t>(window[1])};
        const auto expected = pooled(x, size, options, count[0], count[1]);
        BOOST_TEST(same(run<double>([&](Var a) { return max_pool2d(a, size, options); }, x), expected), what);
        // Each window sends its adjoint to its largest element: so sum(x dy/dx) is the sum of y.
        xg::Tape tape;
        const Var v = tape.constant(x), y = max_pool2d(v, size, options);
        double sum_of_finite = 0;
        for (const double largest : expected) sum_of_finite += std::isfinite(largest) ? largest : 0;
        BOOST_TEST(std::abs(sum(v * gradient(sum(y), v)).scalar<double>() - sum_of_finite) < 1e-10, what);
    }
}

BOOST_AUTO_TEST_CASE(transposed_convolution_is_the_adjoint) {
    Random random(2);
    for (const Case& c : cases) {
        if (c.x[0] == 0 || c.x[2] > 10) continue;
        xg::Tape tape;
        const Var x = tape.constant(random_array<double>(c.x, random)), w = tape.constant(random_array<double>(c.w, random));
        const Var y = conv2d(x, w, c.options), u = tape.constant(random_array<double>(extents(y.shape()), random));
        auto left_over = [&](std::size_t axis, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
            return (static_cast<std::int64_t>(c.x[axis]) + 2 * padding - dilation * (static_cast<std::int64_t>(c.w[axis]) - 1) - 1) % stride;
        };
        const auto& o = c.options;
        const Var back = conv_transpose2d(u, w, {.stride = o.stride, .padding = o.padding,
                                                 .output_padding = {left_over(2, o.stride[0], o.padding[0].before, o.dilation[0]), left_over(3, o.stride[1], o.padding[1].before, o.dilation[1])},
                                                 .dilation = o.dilation, .groups = o.groups});
        BOOST_REQUIRE(back.shape() == x.shape());
        const double a = sum(y * u).scalar<double>(), b = sum(x * back).scalar<double>();
        BOOST_TEST(std::abs(a - b) <= 1e-11 * (1 + std::abs(a)));
    }
}

BOOST_AUTO_TEST_CASE(one_image_and_a_bias) {
    Random random(3);
    const auto x = random_array<double>({3, 5, 6}, random), w = random_array<double>({2, 3, 3, 3}, random), b = random_array<double>({2}, random);
    xt::xarray<double> batch = x;
    batch.reshape({std::size_t{1}, std::size_t{3}, std::size_t{5}, std::size_t{6}});
    xt::xarray<double> expected = convolved(batch, w, {.padding = 1});
    expected.reshape({std::size_t{2}, std::size_t{5}, std::size_t{6}});
    for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t i = 0; i < 30; ++i) expected.data()[k * 30 + i] += b(k);
    BOOST_TEST(same(run<double>([](Var a, Var v, Var c) { return conv2d(a, v, c, {.padding = 1}); }, x, w, b), expected, 1e-14, 1e-14));
}

BOOST_AUTO_TEST_CASE(max_pool_is_its_definition) {
    Random random(4);
    struct Row {
        Extents x;
        xg::HeightWidth window;
        xg::MaxPool2dOptions options;
        std::size_t rows, columns;
    };
    for (const Row& r : std::vector<Row>{{{2, 3, 4, 6}, 2, {}, 2, 3},
                                         {{2, 3, 5, 7}, 2, {}, 2, 3},
                                         {{2, 3, 5, 7}, 2, {.ceil_mode = true}, 3, 4},
                                         {{1, 2, 5, 7}, {3, 2}, {.stride = 1}, 3, 6},
                                         {{1, 2, 5, 7}, 3, {.stride = 2, .padding = 1}, 3, 4},
                                         {{1, 2, 9, 8}, {3, 2}, {.stride = {2, 1}, .padding = 1, .dilation = 2}, 4, 8},
                                         {{1, 1, 4, 4}, 3, {.stride = 3, .padding = 1, .ceil_mode = true}, 2, 2},
                                         {{0, 1, 4, 4}, 2, {}, 2, 2},
                                         {{40, 40, 12, 12}, 2, {}, 6, 6}}) {
        const auto x = random_array<double>(r.x, random);
        BOOST_TEST(same(run<double>([&](Var v) { return max_pool2d(v, r.window, r.options); }, x), pooled(x, r.window, r.options, r.rows, r.columns)));
    }
}

BOOST_AUTO_TEST_CASE(max_pool_of_ties_and_nan) {
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<double>{{{{1, 1, 2, 0}, {1, 1, NAN, 3}}}});
    const Var y = max_pool2d(x, 2);
    const auto value = y.value<double>();
    BOOST_TEST(value(0, 0, 0, 0) == 1);
    BOOST_TEST(std::isnan(value(0, 0, 0, 1)));
    BOOST_TEST(same(gradient(sum(y), x).value<double>(), xt::xarray<double>{{{{1, 0, 0, 0}, {0, 0, 1, 0}}}}));
}

BOOST_AUTO_TEST_CASE(avg_pool_divides_as_torch) {
    const xt::xarray<double> x{{{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}}};
    const auto pool = [&](xg::HeightWidth window, xg::AvgPool2dOptions o) { return run<double>([&](Var v) { return avg_pool2d(v, window, o); }, x); };
    BOOST_TEST(same(pool(2, {.stride = 1}), xt::xarray<double>{{{{3, 4}, {6, 7}}}}));
    BOOST_TEST(same(pool(2, {.padding = 1}), xt::xarray<double>{{{{0.25, 1.25}, {2.75, 7}}}}));
    BOOST_TEST(same(pool(2, {.padding = 1, .count_include_pad = false}), xt::xarray<double>{{{{1, 2.5}, {5.5, 7}}}}));
    BOOST_TEST(same(pool(2, {.ceil_mode = true}), xt::xarray<double>{{{{3, 4.5}, {7.5, 9}}}}));
    BOOST_TEST(same(run<double>([](Var v) { return global_avg_pool2d(v); }, x), filled<double>({1, 1, 1, 1}, 5)));
    BOOST_TEST(same(run<double>([](Var v) { return global_max_pool2d(v); }, x), filled<double>({1, 1, 1, 1}, 9)));
}

BOOST_AUTO_TEST_CASE(batch_norm_trains_and_infers) {
    Random random(5);
    const auto x = random_array<double>({4, 3, 2, 5}, random);
    xg::Tape tape;
    const Var v = tape.constant(x), mean = tape.state(xt::xarray<double>{1, 2, 3}, "m"), variance = tape.state(xt::xarray<double>{4, 5, 6}, "v");
    const Var scale = tape.parameter(xt::xarray<double>{1, 2, 0.5}), shift = tape.parameter(xt::xarray<double>{0, 1, -1});
    const auto trained = batch_norm(v, mean, variance, scale, shift, {.momentum = 0.25});
    const auto y = trained.y.value<double>();
    const auto running = trained.mean.value<double>(), running_variance = trained.variance.value<double>();
    const auto inferred = batch_norm(v, mean, variance, scale, shift, {.training = false}).y.value<double>();
    for (std::size_t c = 0; c < 3; ++c) {
        std::vector<double> channel;
        for (std::size_t i = 0; i < x.size(); ++i)
            if (i / 10 % 3 == c) channel.push_back(x.data()[i]);
        const double m = mean_of(channel);
        double squares = 0;
        for (const double e : channel) squares += (e - m) * (e - m);
        const double biased = squares / 40, a = scale.value<double>()(c), b = shift.value<double>()(c);
        BOOST_TEST(running(c) == 0.75 * static_cast<double>(c + 1) + 0.25 * m, boost::test_tools::tolerance(1e-13));
        BOOST_TEST(running_variance(c) == 0.75 * static_cast<double>(c + 4) + 0.25 * squares / 39, boost::test_tools::tolerance(1e-13));
        for (std::size_t n = 0; n < 4; ++n) {
            BOOST_TEST(y(n, c, 1, 2) == (x(n, c, 1, 2) - m) / std::sqrt(biased + 1e-5) * a + b, boost::test_tools::tolerance(1e-12));
            BOOST_TEST(inferred(n, c, 1, 2) == (x(n, c, 1, 2) - static_cast<double>(c + 1)) / std::sqrt(static_cast<double>(c + 4) + 1e-5) * a + b, boost::test_tools::tolerance(1e-12));
        }
    }
}

BOOST_AUTO_TEST_CASE(layer_norm_and_embedding) {
    Random random(6);
    const auto x = random_array<double>({2, 3, 4}, random);
    xg::Tape tape;
    const auto y = layer_norm(tape.constant(x), tape.constant(filled<double>({3, 4}, 2)), tape.constant(filled<double>({3, 4}, 1))).value<double>();
    for (std::size_t n = 0; n < 2; ++n) {
        const std::vector<double> row(x.data() + 12 * n, x.data() + 12 * n + 12);
        const double m = mean_of(row);
        double squares = 0;
        for (const double e : row) squares += (e - m) * (e - m);
        BOOST_TEST(y(n, 1, 2) == 2 * (x(n, 1, 2) - m) / std::sqrt(squares / 12 + 1e-5) + 1, boost::test_tools::tolerance(1e-12));
    }
    const Var table = tape.parameter(xt::xarray<double>{{1, 2}, {3, 4}, {5, 6}});
    const Var rows = embedding(table, tape.constant(xt::xarray<std::int64_t>{{2, 0}, {2, -1}}));
    BOOST_TEST(same(rows.value<double>(), xt::xarray<double>{{{5, 6}, {1, 2}}, {{5, 6}, {5, 6}}}));
    BOOST_TEST(same(gradient(sum(rows), table).value<double>(), xt::xarray<double>{{1, 1}, {0, 0}, {3, 3}}));
}

BOOST_AUTO_TEST_CASE(norms_of_groups) { // as torch, of (1, 4, 3)
    const xt::xarray<double> x{{{0.0, 0.14285714285714285, 0.4040610178208843}, {0.7423074889580903, 1.1428571428571428, 1.5971914124998499},
                                {2.0995626366712954, 2.6457513110645903, 3.2324881425670746}, {3.857142857142857, 4.5175395145262565, 5.211838956272771}}};
    xg::Tape tape;
    const Var v = tape.constant(x), scale = tape.constant(xt::xarray<double>{1, 2, 3, 4}), shift = tape.constant(xt::xarray<double>{0, 1, -1, 0.5});
    BOOST_TEST(same(group_norm(v, 2, scale, shift).value<double>(),
                    xt::xarray<double>{{{-1.1977716394977056, -0.9429710592811742, -0.47708676701220076}, {1.2524220254029588, 2.6812660044690904, 4.301970901710112},
                                        {-5.210610592802241, -3.6717673289966424, -2.0186828490096245}, {1.4883096782781386, 3.9691299400872957, 6.57730807604592}}}, 1e-13));
    BOOST_TEST(same(instance_norm(v).value<double>(),
                    xt::xarray<double>{{{-1.0895066533540696, -0.2357565743894872, 1.3252632277435572}, {-1.198220758253473, -0.051333534658285454, 1.249554292911759},
                                        {-1.2098468529625672, -0.029216035959829315, 1.239062888922396}, {-1.2143813963944778, -0.020431273192494666, 1.2348126695869734}}}, 1e-12));
    const auto rms = rms_norm(v, tape.constant(xt::xarray<double>{1, 2, 3}), 0.5).value<double>();
    for (std::size_t c = 0; c < 4; ++c) {
        const double mean = (x(0, c, 0) * x(0, c, 0) + x(0, c, 1) * x(0, c, 1) + x(0, c, 2) * x(0, c, 2)) / 3;
        BOOST_TEST(rms(0, c, 2) == 3 * x(0, c, 2) / std::sqrt(mean + 0.5), boost::test_tools::tolerance(1e-14));
    }
    BOOST_TEST(group_norm(tape.constant(xt::xarray<double>::from_shape({0, 4, 3})), 2).shape() == xg::Shape(0, 4, 3));
    BOOST_TEST(error_of([&] { (void)group_norm(v, 3); }).starts_with("group_norm: 3 groups do not divide the 4 channels of x (1, 4, 3)"));
    BOOST_TEST(error_of([&] { (void)group_norm(v, 2, tape.constant(xt::xarray<double>{1, 2})); }).starts_with("group_norm: the scale is float64 (2,), and x float64 (1, 4, 3); it must be float64 (4,), one number for each channel"));
    BOOST_TEST(error_of([&] { (void)instance_norm(tape.input<float>({2, 3})); }).starts_with("instance_norm: x is (2, 3), with 3 groups one value for each, which has no variance"));
    BOOST_TEST(error_of([&] { (void)rms_norm(v, scale); }).starts_with("rms_norm: x is (1, 4, 3), the scale (4,); the shape"));
}

BOOST_AUTO_TEST_CASE(errors_tell_what_is_required) {
    xg::Tape tape;
    const Var x = tape.input<float>({2, 3, 8, 8}), w = tape.input<float>({4, 2, 3, 3});
    BOOST_TEST(error_of([&] { (void)conv2d(x, w); }).starts_with("conv2d: x has 3 channels as (N, C, H, W), and the weights"));
    BOOST_TEST(error_of([&] { (void)conv2d(x, tape.input<float>({4, 3, 9, 3})); }).starts_with("conv2d: a window that reaches over 9 does not fit into 8 with padding 0"));
    BOOST_TEST(error_of([&] { (void)conv2d(x, tape.input<double>({4, 3, 3, 3})); }).find("cast the float32 one: cast(x, xg::DType::float64)") != std::string::npos);
    BOOST_TEST(error_of([&] { (void)conv2d(x, tape.input<float>({4, 3, 3, 3}), tape.input<float>({3})); }).find("it must be float32 (4,)") != std::string::npos);
    BOOST_TEST(error_of([&] { (void)max_pool2d(x, 2, {.padding = 2}); }).find("from 0 to half the window, 1") != std::string::npos);
    BOOST_TEST(error_of([&] { (void)batch_norm(tape.input<float>({1, 3}), {}, {}); }).find("no variance") != std::string::npos);
    BOOST_TEST(error_of([&] { (void)layer_norm(x, tape.input<float>({8, 3})); }).find("x's last axes") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_AUTO_TEST_CASE(their_distributions) {
    xg::Tape tape;
    xg::Random random(tape, 42);
    constexpr std::size_t n = 200000;
    const auto u = random.uniform({n}, 2, 5, xg::DType::float64).value<double>();
    const auto z = random.normal({n}, 1, 3).value<double>();
    const auto b = random.bernoulli({n}, 0.3).value<double>();
    const auto i = random.integers({n}, -2, 3).value<double>();
    // Five standard deviations of each mean.
    BOOST_TEST(std::abs(mean_of(u) - 3.5) < 5 * 3 / std::sqrt(12.0 * n));
    BOOST_TEST((*std::min_element(u.begin(), u.end()) >= 2 && *std::max_element(u.begin(), u.end()) < 5));
    BOOST_TEST(std::abs(mean_of(z) - 1) < 5 * 3 / std::sqrt(1.0 * n));
    double square = 0, fourth = 0;
    for (const double e : z) square += (e - 1) * (e - 1) / 9, fourth += std::pow((e - 1) / 3, 4);
    BOOST_TEST(std::abs(square / n - 1) < 5 * std::sqrt(2.0 / n));
    BOOST_TEST(std::abs(fourth / n - 3) < 5 * std::sqrt(96.0 / n));
    BOOST_TEST(std::abs(mean_of(b) - 0.3) < 5 * std::sqrt(0.21 / n));
    std::array<double, 5> counts{};
    for (const double e : i) ++counts.at(static_cast<std::size_t>(e + 2));
    double chi_squared = 0;
    for (const double count : counts) chi_squared += (count - n / 5.0) * (count - n / 5.0) / (n / 5.0);
    BOOST_TEST(chi_squared < 30); // four degrees of freedom
    // Neighbours are independent.
    double product = 0;
    for (std::size_t k = 1; k < n; ++k) product += (u(k) - 3.5) * (u(k - 1) - 3.5);
    BOOST_TEST(std::abs(product / n) < 5 * 0.75 / std::sqrt(1.0 * n));
}

BOOST_AUTO_TEST_CASE(every_call_draws_afresh_and_runs_are_reproducible) {
    auto draws = [](std::uint64_t seed) {
        xg::Tape tape;
        xg::Random random(tape, seed);
        auto draw = tape.function([&](Var x) { return std::vector<Var>{x + random.uniform({3, 5}), x + random.uniform({3, 5})}; });
        std::vector<xt::xarray<float>> result;
        for (int call = 0; call < 3; ++call) {
            const auto both = draw(0.0f);
            result.push_back(both.array<float>(0));
            result.push_back(both.array<float>(1));
        }
        BOOST_TEST(random.counter().scalar<std::int64_t>() == 3);
        return result;
    };
    const auto first = draws(7), again = draws(7), other = draws(8);
    for (std::size_t i = 0; i < first.size(); ++i) {
        BOOST_TEST(same(first[i], again[i]));
        BOOST_TEST(!same(first[i], other[i]));
        for (std::size_t j = 0; j < i; ++j) BOOST_TEST(!same(first[i], first[j]));
    }
}

BOOST_AUTO_TEST_CASE(the_state_is_all_there_is) {
    // Whatever was traced before, and in whatever order, a counter gives the same numbers.
    auto draw_at = [](std::int64_t counter, bool small_first) {
        xg::Tape tape;
        xg::Random random(tape, 3);
        auto draw = tape.function([&](Var x) { return dropout(x, 0.5, random); });
        if (small_first) draw(filled<float>({2, 2}, 1));
        tape.assign(random.counter(), counter);
        return draw(filled<float>({40, 30}, 1)).array<float>();
    };
    BOOST_TEST(same(draw_at(5, false), draw_at(5, true)));
    BOOST_TEST(!same(draw_at(5, false), draw_at(6, false)));
}

BOOST_AUTO_TEST_CASE(threads_and_fusion_do_not_matter) {
    xg::Tape tape;
    xg::Random random(tape, 11);
    const Var x = tape.input<float>({700, 513});
    const xg::Step step{.outputs = {exp(random.normal({700, 513})) * x, sum(random.uniform({700, 513}) * x, {1})}, .updates = {}};
    const auto input = filled<float>({700, 513}, 1);
    const std::size_t threads = xg::num_threads();
    std::vector<xt::xarray<float>> results;
    for (const std::size_t n : {1, 2, 4})
        for (const bool fuse : {true, false}) {
            xg::set_num_threads(n);
            results.push_back(tape.compile(step, {x}, {.fuse = fuse, .advance = false})(input).array<float>(0));
        }
    xg::set_num_threads(threads);
    for (const auto& result : results) BOOST_TEST(same(result, results[0]));
}

BOOST_AUTO_TEST_CASE(dropout_keeps_the_mean_and_its_mask_in_the_gradient) {
    xg::Tape tape;
    xg::Random random(tape, 1);
    const Var x = tape.parameter(filled<double>({100, 100}, 3));
    const Var y = dropout(x, 0.25, random);
    const auto results = tape.compile({.outputs = {y, gradient(sum(y), x)}, .updates = {}}, {})();
    const auto values = results.array<double>(0), slopes = results.array<double>(1);
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        zeros += values.data()[i] == 0;
        BOOST_TEST(values.data()[i] == 3 * slopes.data()[i]);
        BOOST_TEST((values.data()[i] == 0 || std::abs(values.data()[i] - 4) < 1e-12));
    }
    BOOST_TEST(std::abs(static_cast<double>(zeros) / 10000 - 0.25) < 5 * std::sqrt(0.1875 / 10000));
    BOOST_TEST(dropout(x, 0.25, random, false).is(x));
    BOOST_TEST(same(dropout(x, 1, random).value<double>(), filled<double>({100, 100}, 0)));
    BOOST_TEST(error_of([&] { (void)dropout(x, 1.5, random); }).starts_with("dropout: a rate of 1.5 was given"));
}

BOOST_AUTO_TEST_CASE(a_mask_of_dropout_can_be_shared) {
    xg::Tape tape;
    xg::Random random(tape, 1);
    const Var x = tape.parameter(filled<double>({50, 40}, 3)), row = xg::dropout_mask({40}, 0.25, random);
    const Var first = dropout(x, 0.25, row), second = dropout(2 * x, 0.25, row);
    const auto results = tape.compile({.outputs = {row, first, second, gradient(sum(first), x)}, .updates = {}}, {})();
    const auto mask = results.array<std::uint8_t>(0);
    BOOST_TEST((xt::sum(mask)() > 15 && xt::sum(mask)() < 40));
    for (std::size_t i = 0; i < 50; ++i)
        for (std::size_t j = 0; j < 40; ++j) {
            BOOST_TEST(results.array<double>(1)(i, j) == 4.0 * mask(j), boost::test_tools::tolerance(1e-15));
            BOOST_TEST(results.array<double>(2)(i, j) == 8.0 * mask(j), boost::test_tools::tolerance(1e-15));
            BOOST_TEST(results.array<double>(3)(i, j) == 4. / 3 * mask(j), boost::test_tools::tolerance(1e-15));
        }
    BOOST_TEST(same(dropout(x, 1, row).value<double>(), filled<double>({50, 40}, 0)));
    BOOST_TEST(error_of([&] { (void)xg::dropout_mask({3}, -1, random); }).starts_with("dropout_mask: a rate of -1 was given"));
    BOOST_TEST(error_of([&] { (void)dropout(x, 0.5, x); }).starts_with("dropout: the mask is float64; it must be uint8"));
}

BOOST_AUTO_TEST_SUITE_END()
