// Convolutions and pools of one, two and three dimensions against their definitions, in loops over single elements.

#include "../reference.hpp"

using namespace test;
using xg::Var;

namespace {

/// The windows along one axis as the documents tell it.
struct Along {
    std::int64_t extent, window, stride, before, after, dilation, count;

    Along(std::size_t n, std::size_t k, std::int64_t stride, xg::Sides padding, std::int64_t dilation, bool same = false)
        : extent(static_cast<std::int64_t>(n)), window(static_cast<std::int64_t>(k)), stride(stride), before(padding.before), after(padding.after), dilation(dilation) {
        const std::int64_t reach = dilation * (window - 1) + 1;
        count = (extent + before + after - reach) / stride + 1;
        if (!same) return;
        count = (extent + stride - 1) / stride;
        const std::int64_t total = std::max<std::int64_t>(0, (count - 1) * stride + reach - extent);
        before = total / 2;
    }
    std::int64_t at(std::size_t i, std::size_t j) const { return static_cast<std::int64_t>(i) * stride - before + static_cast<std::int64_t>(j) * dilation; }
    bool has(std::int64_t at) const { return at >= 0 && at < extent; }
    bool is_padding(std::int64_t at) const { return at >= -before && at < extent + after && !has(at); }
};

/// Calls f(index of the element in the image, index of it in the window, whether it is padding) for what a window shows.
template <class F>
void for_each_element(const std::vector<Along>& axes, const Extents& place, F f) {
    Extents window, image;
    for (const Along& a : axes) window.push_back(static_cast<std::size_t>(a.window)), image.push_back(static_cast<std::size_t>(a.extent));
    for (std::size_t k = 0; k < count(window); ++k) {
        const Extents in_window = index_of(k, window);
        std::size_t element = 0;
        bool inside = true, padding = true;
        for (std::size_t a = 0; a < axes.size(); ++a) {
            const std::int64_t at = axes[a].at(place[a], in_window[a]);
            inside = inside && axes[a].has(at);
            padding = padding && (axes[a].has(at) || axes[a].is_padding(at));
            if (inside) element = element * image[a] + static_cast<std::size_t>(at);
        }
        if (inside || padding) f(inside ? element : std::size_t{0}, k, !inside);
    }
}

Extents counts_of(Extents leading, const std::vector<Along>& axes) {
    for (const Along& a : axes) leading.push_back(static_cast<std::size_t>(a.count));
    return leading;
}

/// x (N, C, ...), w (K, C / groups, ...)
xt::xarray<double> convolved(const xt::xarray<double>& x, const xt::xarray<double>& w, const std::vector<Along>& axes, std::size_t groups) {
    const Extents sx = shape_of(x), sw = shape_of(w), places = counts_of({}, axes);
    auto y = xt::xarray<double>::from_shape(counts_of({sx[0], sw[0]}, axes));
    const std::size_t image = x.size() / std::max<std::size_t>(1, sx[0] * sx[1]), window = w.size() / (sw[0] * sw[1]);
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t of_image = count(places), k = i / of_image % sw[0], n = i / of_image / sw[0], group = k / (sw[0] / groups);
        double sum = 0;
        for (std::size_t c = 0; c < sw[1]; ++c)
            for_each_element(axes, index_of(i % of_image, places), [&](std::size_t element, std::size_t in_window, bool padding) {
                if (!padding) sum += x.data()[(n * sx[1] + group * sw[1] + c) * image + element] * w.data()[(k * sw[1] + c) * window + in_window];
            });
        y.data()[i] = sum;
    }
    return y;
}

struct Pooled {
    xt::xarray<double> maxima, means, means_inside;
    xt::xarray<std::int64_t> indices;
};
Pooled pooled(const xt::xarray<double>& x, const std::vector<Along>& axes) {
    const Extents sx = shape_of(x), places = counts_of({}, axes), shape = counts_of({sx[0], sx[1]}, axes);
    Pooled result{filled<double>(shape, -INFINITY), filled<double>(shape, 0), filled<double>(shape, 0), filled<std::int64_t>(shape, -1)};
    const std::size_t image = x.size() / (sx[0] * sx[1]), windows = count(places);
    for (std::size_t i = 0; i < result.maxima.size(); ++i) {
        double sum = 0, all = 0, inside = 0;
        for_each_element(axes, index_of(i % windows, places), [&](std::size_t element, std::size_t, bool padding) {
            ++all;
            if (padding) return;
            const double value = x.data()[i / windows * image + element];
            sum += value, ++inside;
            if (value <= result.maxima.data()[i]) return;
            result.maxima.data()[i] = value;
            result.indices.data()[i] = static_cast<std::int64_t>(element);
        });
        result.means.data()[i] = sum / all;
        result.means_inside.data()[i] = inside == 0 ? 0 : sum / inside;
    }
    return result;
}

xt::xarray<double> shaped(const Extents& shape, std::initializer_list<double> elements) {
    auto result = xt::xarray<double>::from_shape(shape);
    std::copy(elements.begin(), elements.end(), result.data());
    return result;
}

template <std::size_t N>
struct Ops;
template <>
struct Ops<1> {
    static constexpr auto conv = [](auto... x) { return xg::conv1d(x...); };
    static constexpr auto transpose = [](auto... x) { return xg::conv_transpose1d(x...); };
    static constexpr auto max_pool = [](auto... x) { return xg::max_pool1d_with_indices(x...); };
    static constexpr auto avg_pool = [](auto... x) { return xg::avg_pool1d(x...); };
};
template <>
struct Ops<2> {
    static constexpr auto conv = [](auto... x) { return xg::conv2d(x...); };
    static constexpr auto transpose = [](auto... x) { return xg::conv_transpose2d(x...); };
    static constexpr auto max_pool = [](auto... x) { return xg::max_pool2d_with_indices(x...); };
    static constexpr auto avg_pool = [](auto... x) { return xg::avg_pool2d(x...); };
};
template <>
struct Ops<3> {
    static constexpr auto conv = [](auto... x) { return xg::conv3d(x...); };
    static constexpr auto transpose = [](auto... x) { return xg::conv_transpose3d(x...); };
    static constexpr auto max_pool = [](auto... x) { return xg::max_pool3d_with_indices(x...); };
    static constexpr auto avg_pool = [](auto... x) { return xg::avg_pool3d(x...); };
};

/// Windows drawn at random that fit, with a padding that differs on the two sides, or the same padding.
template <std::size_t N>
struct Drawn {
    Extents extent, window;
    xg::PerAxis<N> stride = 1, dilation = 1, size = 1;
    std::vector<xg::Sides> sides = std::vector<xg::Sides>(N, 0);
    bool same;
    std::vector<Along> axes;

    Drawn(Random& random, bool of_pool) : same(random.integer(0, 3) == 0) {
        for (std::size_t a = 0; a < N; ++a) {
            do {
                const auto k = random.integer(1, 4);
                const std::int64_t most = of_pool ? k / 2 : 3;
                if (axes.size() > a) axes.pop_back(), extent.pop_back(), window.pop_back();
                extent.push_back(static_cast<std::size_t>(random.integer(1, N == 1 ? 40 : N == 2 ? 12 : 7)));
                window.push_back(static_cast<std::size_t>(k));
                size[a] = k, stride[a] = random.integer(1, 3), dilation[a] = random.integer(1, 2);
                sides[a] = xg::Sides(random.integer(0, most), random.integer(0, most));
                axes.emplace_back(extent[a], window[a], stride[a], sides[a], dilation[a], same);
            } while (!same && (axes[a].extent + axes[a].before + axes[a].after < axes[a].dilation * (axes[a].window - 1) + 1));
            if (same) { // the rest of what the padding adds up to stands after
                const std::int64_t total = std::max<std::int64_t>(0, (axes[a].count - 1) * axes[a].stride + axes[a].dilation * (axes[a].window - 1) + 1 - axes[a].extent);
                axes[a].after = total - axes[a].before;
            }
        }
    }
    xg::Padding<N> padding() const {
        if (same) return xg::same_padding;
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return xg::Padding<N>(sides[I]...); }(std::make_index_sequence<N>());
    }
    std::string str() const {
        std::string result;
        for (const Along& a : axes)
            result += fmt::format("[extent {} window {} stride {} padding {} {} dilation {}] ", a.extent, a.window, a.stride, a.before, a.after, a.dilation);
        return result + (same ? "same" : "");
    }
    Extents with(Extents leading, const Extents& rest) const {
        leading.insert(leading.end(), rest.begin(), rest.end());
        return leading;
    }
};

template <std::size_t N>
void check_convolutions() {
    Random random(17 + N);
    for (int round = 0; round < 60; ++round) {
        const Drawn<N> d(random, false);
        const auto groups = static_cast<std::size_t>(random.integer(1, 2));
        const auto x = random_array<double>(d.with({2, 2 * groups}, d.extent), random), w = random_array<double>(d.with({groups * 2, 2}, d.window), random);
        const xg::ConvolutionOptions<N> o{.stride = d.stride, .padding = d.padding(), .dilation = d.dilation, .groups = static_cast<std::int64_t>(groups)};
        const auto expected = convolved(x, w, d.axes, groups);
        BOOST_TEST(same(run<double>([&](Var a, Var b) { return Ops<N>::conv(xg::Operand(a), xg::Operand(b), o); }, x, w), expected, 1e-13, 1e-13), d.str());
        BOOST_TEST(same(run<float>([&](Var a, Var b) { return Ops<N>::conv(xg::Operand(a), xg::Operand(b), o); }, xt::xarray<float>(x), xt::xarray<float>(w)), expected, 1e-5, 1e-5), d.str());
        // The adjoint in the images: of equal sides its own function, where the windows reach to the end of the padding.
        xg::Tape tape;
        const Var v = tape.constant(x), weights = tape.constant(w), y = Ops<N>::conv(xg::Operand(v), xg::Operand(weights), o);
        const Var g = tape.constant(random_array<double>(extents(y.shape()), random));
        const Var back = xg::vjp({y}, {v}, {g})[0];
        BOOST_TEST(sum(g * y).scalar<double>() == sum(back * v).scalar<double>(), boost::test_tools::tolerance(1e-10));
        xg::ConvolutionTransposeOptions<N> t{.stride = d.stride, .padding = d.padding(), .dilation = d.dilation, .groups = o.groups};
        bool fits = true;
        for (std::size_t a = 0; a < N; ++a) {
            const Along& s = d.axes[a];
            const std::int64_t left = s.extent + s.before + s.after - s.dilation * (s.window - 1) - 1 - (s.count - 1) * s.stride;
            fits = fits && (d.same ? s.extent == s.count * s.stride : left < std::max(s.stride, s.dilation));
            if (!d.same) t.output_padding[a] = left;
        }
        if (fits) BOOST_TEST(same(Ops<N>::transpose(xg::Operand(g), xg::Operand(weights), t).template value<double>(), back.value<double>(), 1e-12, 1e-12), d.str());
    }
}

template <std::size_t N>
void check_pools() {
    Random random(27 + N);
    for (int round = 0; round < 80; ++round) {
        const Drawn<N> d(random, true);
        const auto x = random_array<double>(d.with({2, 3}, d.extent), random);
        const Pooled expected = pooled(x, d.axes);
        const xg::MaxPoolOptions<N> m{.stride = d.stride, .padding = d.padding(), .dilation = d.dilation};
        xg::Tape tape;
        const Var v = tape.constant(x);
        const auto result = Ops<N>::max_pool(xg::Operand(v), d.size, m);
        BOOST_TEST(same(result.values.template value<double>(), expected.maxima), d.str());
        BOOST_TEST(same(result.indices.template value<std::int64_t>(), expected.indices), d.str());
        BOOST_TEST(same(run<float>([&](Var a) { return Ops<N>::max_pool(xg::Operand(a), d.size, m).values; }, xt::xarray<float>(x)), xt::xarray<float>(expected.maxima)), d.str());
        // Each window sends its adjoint to its largest element: so sum(x dy/dx) is the sum of y.
        double sum_of_finite = 0;
        for (const double largest : expected.maxima) sum_of_finite += std::isfinite(largest) ? largest : 0;
        BOOST_TEST(std::abs(sum(v * gradient(sum(result.values), v)).template scalar<double>() - sum_of_finite) < 1e-10, d.str());
        xg::AvgPoolOptions<N> a{.stride = d.stride, .padding = d.padding(), .dilation = d.dilation};
        BOOST_TEST(same(Ops<N>::avg_pool(xg::Operand(v), d.size, a).template value<double>(), expected.means, 1e-14, 1e-14), d.str());
        a.count_include_pad = false;
        const Var means = Ops<N>::avg_pool(xg::Operand(v), d.size, a);
        BOOST_TEST(same(means.value<double>(), expected.means_inside, 1e-14, 1e-14), d.str());
        BOOST_TEST(std::abs(sum(v * gradient(sum(means), v)).template scalar<double>() - sum(means).template scalar<double>()) < 1e-10, d.str()); // it is linear
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(windows)

BOOST_AUTO_TEST_CASE(convolution_of_one_dimension) { check_convolutions<1>(); }
BOOST_AUTO_TEST_CASE(convolution_of_two_dimensions) { check_convolutions<2>(); }
BOOST_AUTO_TEST_CASE(convolution_of_three_dimensions) { check_convolutions<3>(); }
BOOST_AUTO_TEST_CASE(pools_of_one_dimension) { check_pools<1>(); }
BOOST_AUTO_TEST_CASE(pools_of_two_dimensions) { check_pools<2>(); }
BOOST_AUTO_TEST_CASE(pools_of_three_dimensions) { check_pools<3>(); }

BOOST_AUTO_TEST_CASE(long_sequences_are_taken_in_parts) {
    Random random(5);
    const auto x = random_array<float>({2, 40, 7000}, random), w = random_array<float>({3, 40, 9}, random);
    const std::vector<Along> axes = {Along(7000, 9, 2, {5, 2}, 3)};
    const auto conv = [](Var a, Var b) { return conv1d(a, b, {.stride = 2, .padding = {{5, 2}}, .dilation = 3}); };
    const auto expected = convolved(xt::xarray<double>(x), xt::xarray<double>(w), axes, 1);
    BOOST_TEST(same(run<float>(conv, x, w), expected, 1e-4, 1e-4));
    xg::Tape tape;
    const Var a = tape.constant(xt::xarray<double>(x)), b = tape.constant(xt::xarray<double>(w)), y = conv(a, b);
    const Var g = tape.constant(random_array<double>(extents(y.shape()), random));
    const auto adjoints = xg::vjp({y}, {a, b}, {g});
    const double form = sum(g * y).scalar<double>();
    BOOST_TEST(sum(adjoints[0] * a).scalar<double>() == form, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(sum(adjoints[1] * b).scalar<double>() == form, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(one_sequence_and_a_bias) {
    Random random(6);
    const auto x = random_array<double>({3, 8}, random), w = random_array<double>({2, 3, 3}, random);
    xt::xarray<double> batch = x;
    batch.reshape({std::size_t{1}, std::size_t{3}, std::size_t{8}});
    auto expected = convolved(batch, w, {Along(8, 3, 1, 1, 1)}, 1);
    expected.reshape({std::size_t{2}, std::size_t{8}});
    for (std::size_t i = 0; i < 8; ++i) expected(0, i) += 10, expected(1, i) += 20;
    BOOST_TEST(same(run<double>([](Var a, Var b, Var c) { return conv1d(a, b, c, {.padding = 1}); }, x, w, xt::xarray<double>{10, 20}), expected, 1e-14, 1e-14));
    const auto volume = random_array<double>({3, 4, 5, 6}, random), cube = random_array<double>({2, 3, 2, 2, 2}, random);
    xg::Tape tape;
    const Var v = tape.constant(volume), c = tape.constant(cube), b = tape.constant(xt::xarray<double>{1, 2});
    BOOST_TEST(same(conv3d(v, c, b).value<double>(), (conv3d(v, c) + reshape(b, {2, 1, 1, 1})).value<double>()));
    BOOST_TEST(conv3d(v, c).shape() == xg::Shape(2, 3, 4, 5));
}

BOOST_AUTO_TEST_CASE(pools_as_torch_has_them) {
    xg::Tape tape;
    const Var x = tape.constant(shaped({1, 1, 8}, {3, 1, 4, 1, 5, 9, 2, 6}));
    const auto is = [&](const xg::MaxPoolResult& pool, const Extents& shape, std::initializer_list<double> values, std::initializer_list<double> indices) {
        BOOST_TEST(same(pool.values.value<double>(), shaped(shape, values)));
        BOOST_TEST(same(pool.indices.value<std::int64_t>(), shaped(shape, indices)));
    };
    is(max_pool1d_with_indices(x, 3, {.stride = 2, .padding = 1}), {1, 1, 4}, {3, 4, 9, 9}, {0, 2, 5, 5});
    is(max_pool1d_with_indices(x, 2, {.stride = 1, .dilation = 2}), {1, 1, 6}, {4, 1, 5, 9, 5, 9}, {2, 1, 4, 5, 4, 5});
    const double third = 1. / 3;
    BOOST_TEST(same(avg_pool1d(x, 3, {.stride = 2, .padding = 1}).value<double>(), shaped({1, 1, 4}, {4 * third, 2, 5, 17 * third}), 1e-15));
    BOOST_TEST(same(avg_pool1d(x, 3, {.stride = 2, .padding = 1, .count_include_pad = false}).value<double>(), shaped({1, 1, 4}, {2, 2, 5, 17 * third}), 1e-15));
    BOOST_TEST(same(avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = true}).value<double>(), shaped({1, 1, 5}, {4 * third, 2, 5, 17 * third, 3}), 1e-15));
    BOOST_TEST(same(global_avg_pool1d(x).value<double>(), shaped({1, 1, 1}, {31. / 8})));
    BOOST_TEST(same(global_max_pool1d(x).value<double>(), shaped({1, 1, 1}, {9})));

    auto cube = xt::xarray<double>::from_shape({1, 1, 3, 3, 3});
    for (std::size_t i = 0; i < 27; ++i) cube.data()[i] = static_cast<double>(i * 7 % 10);
    is(max_pool3d_with_indices(tape.constant(cube), 2, {.stride = 1}), {1, 1, 2, 2, 2}, {8, 8, 9, 9, 7, 8, 8, 9}, {4, 4, 7, 7, 21, 14, 24, 17});
    BOOST_TEST(global_max_pool3d(tape.constant(cube)).shape() == xg::Shape(1, 1, 1, 1, 1));
    BOOST_TEST(global_avg_pool3d(tape.constant(cube)).value<double>()(0, 0, 0, 0, 0) == xt::sum(cube)() / 27, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_window_of_padding_alone) {
    // A reach of 4 over one element: both elements of the window are padding.
    xg::Tape tape;
    const Var x = tape.constant(shaped({1, 1}, {5}));
    const auto pool = max_pool1d_with_indices(x, 2, {.stride = 1, .padding = xg::same_padding, .dilation = 3});
    BOOST_TEST(pool.values.value<double>()(0, 0) == -INFINITY);
    BOOST_TEST(pool.indices.value<std::int64_t>()(0, 0) == -1);
    BOOST_TEST(gradient(sum(pool.values), x).value<double>()(0, 0) == 0);
    BOOST_TEST(avg_pool1d(x, 2, {.stride = 1, .padding = xg::same_padding, .dilation = 3, .count_include_pad = false}).value<double>()(0, 0) == 0);
}

BOOST_AUTO_TEST_CASE(errors_of_windows) {
    xg::Tape tape;
    const Var x = tape.input<float>({2, 3, 8}), w = tape.input<float>({4, 3, 3});
    const auto is = [](const std::string& error, const std::string& text) { BOOST_TEST(error.find(text) == 0u, error); };
    is(error_of([&] { (void)conv1d(x, tape.input<float>({4, 2, 3})); }), "conv1d: x has 3 channels as (N, C, L), and the weights (K, C / groups, ...) are for 2");
    is(error_of([&] { (void)conv1d(x, tape.input<float>({4, 3, 9})); }), "conv1d: a window that reaches over 9 does not fit into 8 with padding 0");
    is(error_of([&] { (void)conv1d(x, tape.input<float>({4, 3, 30}), {.padding = {{2, 3}}}); }), "conv1d: a window that reaches over 30 does not fit into 8 with padding {2, 3}");
    is(error_of([&] { (void)conv1d(x, w, {.padding = -1}); }), "conv1d: strides (1), dilations (1) and groups 1 must be positive, paddings (-1) not negative");
    is(error_of([&] { (void)conv2d(x, w); }), "conv2d: x must be (N, C, H, W) or (C, H, W), and the weights (K, C / groups, h, w)");
    is(error_of([&] { (void)conv3d(x, w); }), "conv3d: x must be (N, C, D, H, W) or (C, D, H, W), and the weights (K, C / groups, d, h, w)");
    is(error_of([&] { (void)conv_transpose1d(x, w); }), "conv_transpose1d: x has 3 channels as (N, C, L), and the weights (K, C / groups, ...) are for 4");
    is(error_of([&] { (void)conv_transpose1d(x, tape.input<float>({3, 4, 3}), {.padding = xg::same_padding, .output_padding = 1}); }), "conv_transpose1d: an output padding (1) was given with same_padding");
    is(error_of([&] { (void)max_pool1d(x, 9); }), "max_pool1d: a window that reaches over 9 does not fit into 8 with padding 0");
    is(error_of([&] { (void)avg_pool3d(x, {1, 2, 3}, {.padding = {0, {0, 2}, 1}}); }), "avg_pool3d: a padding of 2 was given; it must be from 0 to half the window, 1");
    is(error_of([&] { (void)avg_pool2d(x, {1, 0}); }), "avg_pool2d: windows (1, 0), strides (1, 0) and dilations (1, 1) must be positive");
}

BOOST_AUTO_TEST_SUITE_END()
