// Products, spreads, norms, questions about all elements, positions of extremes, running sums: against plain loops.

#include <limits>

#include "../reference.hpp"

using namespace test;
using xg::Dims;
using xg::Var;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

const std::vector<Extents> shapes = {{}, {1}, {7}, {33}, {3000}, {3, 4}, {1, 5}, {5, 1}, {40, 33}, {2, 3, 4}, {7, 1, 20}, {0}, {0, 3}, {3, 0}};

template <class T>
struct Row {
    std::string name;
    std::function<Var(Var, const Dims&, xg::KeepDims)> op;
    std::function<double(const std::vector<T>&)> reference;
    bool of_nothing = true; // also of no elements
    double low = -9, high = 9, rtol = 0;
};

template <class R, class T>
void check_row(const Row<T>& row) {
    Random random(1);
    for (const Extents& shape : shapes) {
        const auto x = random_array<T>(shape, random, row.low, row.high);
        for (std::size_t set = 0; set < std::size_t{1} << shape.size(); ++set) {
            Extents axes, all(shape.size());
            std::iota(all.begin(), all.end(), std::size_t{0});
            for (std::size_t axis = 0; axis < shape.size(); ++axis)
                if (set >> axis & 1) axes.push_back(axis);
            const Extents reduced = axes.empty() ? all : axes;
            std::size_t length = 1;
            for (const std::size_t axis : reduced) length *= shape[axis];
            if (length == 0 && !row.of_nothing) continue;
            for (const bool keep : {false, true})
                BOOST_TEST(same(run<R>([&](Var v) { return row.op(v, Dims(axes), {keep}); }, x), test::reduce<R>(x, reduced, keep, row.reference), row.rtol, row.rtol),
                           fmt::format("{} of {} {} over {}", row.name, xg::name(xg::dtype_of<T>()), xg::Shape(shape).str(), Dims(axes).str()));
        }
    }
}

template <class T>
double multiplied(const std::vector<T>& x) {
    return static_cast<double>(std::accumulate(x.begin(), x.end(), static_cast<long double>(1), std::multiplies<>()));
}

template <class T>
double spread(const std::vector<T>& x, double correction) {
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    double total = 0;
    for (const double element : x) total += (element - mean) * (element - mean);
    return total / std::max(0.0, static_cast<double>(x.size()) - correction);
}

template <class T>
double p_norm(const std::vector<T>& x, double p) {
    if (p == inf || p == -inf) {
        double extreme = p == inf ? 0 : inf;
        for (const double element : x) extreme = p == inf ? std::max(extreme, std::abs(element)) : std::min(extreme, std::abs(element));
        return extreme;
    }
    double total = 0;
    for (const double element : x) total += p == 0 ? double(element != 0) : std::pow(std::abs(element), p);
    return p == 0 ? total : std::pow(total, 1 / p);
}

template <class T>
void check_real(double rtol) {
    check_row<T, T>({"prod", [](Var x, const Dims& a, xg::KeepDims k) { return prod(x, a, k); }, multiplied<T>, true, 0.9, 1.1, rtol * 10});
    check_row<T, T>({"var", [](Var x, const Dims& a, xg::KeepDims k) { return var(x, a, k); }, [](auto& x) { return spread(x, 1); }, false, -9, 9, rtol});
    check_row<T, T>({"var_0", [](Var x, const Dims& a, xg::KeepDims k) { return var(x, a, k, 0); }, [](auto& x) { return spread(x, 0); }, false, -9, 9, rtol});
    check_row<T, T>({"stddev", [](Var x, const Dims& a, xg::KeepDims k) { return stddev(x, a, k); }, [](auto& x) { return std::sqrt(spread(x, 1)); }, false, -9, 9, rtol});
    for (const double p : {0.0, 1.0, 2.0, 3.0, 0.5, inf, -inf, -1.0, -2.5})
        check_row<T, T>({fmt::format("norm {}", p), [p](Var x, const Dims& a, xg::KeepDims k) { return norm(x, p, a, k); }, [p](auto& x) { return p_norm(x, p); },
                         std::isfinite(p), -9, 9, rtol * (p == 0.5 ? 4 : 1)});
}

template <class T>
void check_any_and_all() {
    check_row<std::uint8_t, T>({"any", [](Var x, const Dims& a, xg::KeepDims k) { return any(x, a, k); },
                                [](const std::vector<T>& x) { return double(std::any_of(x.begin(), x.end(), [](T e) { return e != 0; })); }, true, 0, 1});
    check_row<std::uint8_t, T>({"all", [](Var x, const Dims& a, xg::KeepDims k) { return all(x, a, k); },
                                [](const std::vector<T>& x) { return double(std::all_of(x.begin(), x.end(), [](T e) { return e != 0; })); }, true, 0, 2});
}

template <class T>
void check_argument() {
    Random random(3);
    for (const Extents& shape : shapes) {
        if (count(shape) == 0) continue;
        const auto x = random_array<T>(shape, random, 0, 5);
        const auto first = [](bool largest) {
            return [largest](const std::vector<T>& g) {
                return static_cast<double>((largest ? std::max_element(g.begin(), g.end()) : std::min_element(g.begin(), g.end())) - g.begin());
            };
        };
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            for (const bool keep : {false, true}) {
                const auto a = static_cast<std::int64_t>(axis);
                BOOST_TEST(same(run<std::int64_t>([&](Var v) { return argmax(v, a, {keep}); }, x), test::reduce<std::int64_t>(x, {axis}, keep, first(true))));
                BOOST_TEST(same(run<std::int64_t>([&](Var v) { return argmin(v, a - static_cast<std::int64_t>(shape.size()), {keep}); }, x),
                                test::reduce<std::int64_t>(x, {axis}, keep, first(false))));
            }
        BOOST_TEST(run<std::int64_t>([](Var v) { return argmax(v); }, x)() == std::max_element(x.data(), x.data() + x.size()) - x.data());
        BOOST_TEST(run<std::int64_t>([](Var v) { return argmin(v); }, x)() == std::min_element(x.data(), x.data() + x.size()) - x.data());
    }
}

/// op along each axis, against f of each line.
template <class R, class T, class F>
void check_scan(std::function<Var(Var, std::int64_t)> op, F combine, double low, double high, double rtol) {
    Random random(5);
    for (const Extents& shape : shapes)
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            const auto x = random_array<T>(shape, random, low, high);
            auto expected = xt::xarray<R>::from_shape(shape);
            std::size_t inner = 1;
            for (std::size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
            std::vector<double> running(x.size());
            for (std::size_t i = 0; i < x.size(); ++i) {
                const auto element = static_cast<double>(x.data()[i]);
                running[i] = index_of(i, shape)[axis] == 0 ? element : combine(running[i - inner], element);
                expected.data()[i] = static_cast<R>(running[i]);
            }
            BOOST_TEST(same(run<R>([&](Var v) { return op(v, static_cast<std::int64_t>(axis)); }, x), expected, rtol, rtol),
                       fmt::format("{} along {}", xg::Shape(shape).str(), axis));
        }
}

} // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(statistics) {
    check_real<float>(2e-5);
    check_real<double>(1e-12);
    check_row<std::int64_t, std::int64_t>({"prod", [](Var x, const Dims& a, xg::KeepDims k) { return prod(x, a, k); }, multiplied<std::int64_t>, true, -1, 1});
    BOOST_TEST(run<std::int64_t>([](Var x) { return xg::prod(x); }, xt::xarray<std::uint8_t>{100, 100, 100})() == 1000000);
}

BOOST_AUTO_TEST_CASE(any_and_all) {
    check_any_and_all<float>();
    check_any_and_all<double>();
    check_any_and_all<std::int64_t>();
    check_any_and_all<std::uint8_t>();
}

BOOST_AUTO_TEST_CASE(argmax_and_argmin) {
    check_argument<float>();
    check_argument<double>();
    check_argument<std::int64_t>();
    check_argument<std::uint8_t>();
    const double nan = std::nan("");
    const xt::xarray<double> x = {1, nan, 5, nan};
    BOOST_TEST(run<std::int64_t>([](Var v) { return argmax(v); }, x)() == 1);
    BOOST_TEST(run<std::int64_t>([](Var v) { return argmin(v); }, x)() == 1);
    BOOST_TEST(run<std::int64_t>([](Var v) { return argmin(v); }, xt::xarray<double>{inf, inf, -inf})() == 2);
}

BOOST_AUTO_TEST_CASE(scans) {
    const auto add = [](double a, double b) { return a + b; };
    const auto multiply = [](double a, double b) { return a * b; };
    const auto sums = [](Var x, std::int64_t a) { return cumsum(x, a); };
    const auto products = [](Var x, std::int64_t a) { return cumprod(x, a); };
    check_scan<float, float>(sums, add, -9, 9, 1e-6);
    check_scan<double, double>(sums, add, -9, 9, 1e-12);
    check_scan<std::int64_t, std::int64_t>(sums, add, -9, 9, 0);
    check_scan<std::int64_t, std::uint8_t>(sums, add, 0, 255, 0);
    check_scan<float, float>(products, multiply, 0.99, 1.01, 1e-6);
    check_scan<double, double>(products, multiply, 0.99, 1.01, 1e-12);
    check_scan<std::int64_t, std::int64_t>(products, multiply, -1, 1, 0);
    // Long sums of float32 keep their digits.
    const auto many = run<float>([](Var x) { return cumsum(x, 0); }, filled<float>({1000000}, 0.1f));
    BOOST_TEST(many(999999) == 100000.0f, boost::test_tools::tolerance(1e-6f));
}

BOOST_AUTO_TEST_CASE(right_answers_in_one_loop) {
    // What is asked of a classifier: for how many examples the largest score is that of the label.
    xg::Tape tape;
    const Var scores = tape.input<float>({100, 10}), labels = tape.input<std::int64_t>({100});
    auto program = tape.compile({.outputs = {sum(argmax(scores, 1) == labels)}, .updates = {}}, {scores, labels});
    BOOST_TEST(program.loops() == 1u);
    auto x = filled<float>({100, 10}, 0);
    auto y = filled<std::int64_t>({100}, 3);
    for (std::size_t i = 0; i < 100; ++i) x(i, i % 10) = 1;
    BOOST_TEST(program(x, y).scalar<std::int64_t>() == 10);
}

BOOST_AUTO_TEST_CASE(all_axes_have_a_name) {
    const xt::xarray<double> x = {{1, 2}, {3, 4}};
    BOOST_TEST(same(run<double>([](Var v) { return sum(v, xg::all_axes, xg::keepdims); }, x), filled<double>({1, 1}, 10)));
    BOOST_TEST(same(run<double>([](Var v) { return max(v, xg::all_axes); }, x), xt::xarray<double>(4)));
    BOOST_TEST(same(run<double>([](Var v) { return flip(v, xg::all_axes); }, x), xt::xarray<double>{{4, 3}, {2, 1}}));
}

BOOST_AUTO_TEST_CASE(statistics_say_what_is_wrong) {
    xg::Tape tape;
    const Var x = tape.constant(filled<double>({2, 0}, 0));
    const int line = __LINE__ + 1;
    BOOST_TEST(error_of([&] { (void)argmax(x, 1); }) == "argmax: shape (2, 0) has no elements along axis 1; there is no argmax of nothing" + at(line));
    BOOST_TEST(error_of([&] { (void)argmin(x, 2); }) == "argmin: axis 2 does not exist in shape (2, 0); axes go from -2 to 1" + at(line + 1));
    BOOST_TEST(error_of([&] { (void)norm(x, std::nan("")); }) == "norm: p is NaN; it must be a number, infinity or -infinity" + at(line + 2));
    BOOST_TEST(error_of([&] { (void)cumsum(x, 2); }) == "cumsum: axis 2 does not exist in shape (2, 0); axes go from -2 to 1" + at(line + 3));
}

BOOST_AUTO_TEST_SUITE_END()
