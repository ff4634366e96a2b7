// Products at sizes around the blocks of the kernels, in all transpositions, batched, with vectors and through views.

#include "../reference.hpp"

using namespace test;
using xg::Var;

namespace {

template <class T>
double tolerance(std::size_t k) {
    return 4 * static_cast<double>(std::numeric_limits<T>::epsilon()) * std::sqrt(static_cast<double>(k + 1));
}

template <class T>
void check_transpositions(std::size_t m, std::size_t k, std::size_t n) {
    Random random(m * 1000003 + k * 1009 + n);
    const auto a = random_array<T>({m, k}, random), b = random_array<T>({k, n}, random);
    const auto expected = product(a, b);
    for (const bool ta : {false, true})
        for (const bool tb : {false, true})
            BOOST_TEST(same(run<T>([=](Var x, Var y) { return matmul(x, y, ta, tb); }, ta ? flipped(a) : a, tb ? flipped(b) : b), expected,
                            tolerance<T>(k), 4 * tolerance<T>(k)),
                       fmt::format("{} x {} x {}, {} {}", m, k, n, ta, tb));
}

template <class T>
void check_batches() {
    Random random(5);
    for (const auto& [first, second] : std::vector<std::pair<Extents, Extents>>{
             {{2, 3, 4}, {2, 4, 5}}, {{3, 4}, {2, 4, 5}}, {{2, 3, 4}, {4, 5}}, {{2, 1, 3, 4}, {3, 4, 5}}, {{5, 2, 20, 33}, {1, 33, 17}}, {{0, 3, 4}, {0, 4, 5}},
             {{2, 3, 0}, {2, 0, 5}}, {{2, 0, 4}, {4, 5}}, {{7, 1, 9}, {7, 9, 1}}}) {
        const auto a = random_array<T>(first, random), b = random_array<T>(second, random);
        const auto expected = product(a, b);
        const double rtol = tolerance<T>(first.back());
        const std::string context = xg::Shape(first).str() + " x " + xg::Shape(second).str();
        BOOST_TEST(same(run<T>([](Var x, Var y) { return matmul(x, y); }, a, b), expected, rtol, 4 * rtol), context);
        BOOST_TEST(same(run<T>([](Var x, Var y) { return matmul(x, y, true); }, flipped(a), b), expected, rtol, 4 * rtol), context);
        BOOST_TEST(same(run<T>([](Var x, Var y) { return matmul(x, y, false, true); }, a, flipped(b)), expected, rtol, 4 * rtol), context);
        BOOST_TEST(same(run<T>([](Var x, Var y) { return matmul(x, y, true, true); }, flipped(a), flipped(b)), expected, rtol, 4 * rtol), context);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(matmul) {
    for (const std::size_t m : {1, 2, 5, 16, 33, 130})
        for (const std::size_t k : {0, 1, 3, 16, 17, 100})
            for (const std::size_t n : {1, 2, 10, 16, 31, 32, 33, 70}) check_transpositions<float>(m, k, n);
    for (const std::size_t m : {1, 3, 40})
        for (const std::size_t k : {1, 8, 23})
            for (const std::size_t n : {1, 9, 32, 35}) check_transpositions<double>(m, k, n);
    check_transpositions<float>(300, 784, 10);
    check_transpositions<double>(300, 200, 10);
    check_transpositions<float>(0, 3, 4);
    check_transpositions<float>(3, 4, 0);
}

BOOST_AUTO_TEST_CASE(matmul_batched) {
    check_batches<float>();
    check_batches<double>();
}

BOOST_AUTO_TEST_CASE(matmul_of_vectors) {
    const xt::xarray<double> v = {1, 2, 3}, m = {{1, 0, 2}, {0, 3, 1}, {4, 1, 0}};
    BOOST_TEST(run<double>([](Var x, Var y) { return xg::matmul(x, y); }, v, v)() == 14);
    BOOST_TEST(same(run<double>([](Var x, Var y) { return xg::matmul(x, y); }, m, v), xt::xarray<double>{7, 9, 6}));
    BOOST_TEST(same(run<double>([](Var x, Var y) { return xg::matmul(x, y); }, v, m), xt::xarray<double>{13, 9, 4}));
    BOOST_TEST(same(run<double>([](Var x, Var y) { return xg::matmul(x, y, true); }, m, v), xt::xarray<double>{13, 9, 4}));
    const auto many = run<double>([](Var x, Var y) { return xg::matmul(broadcast_to(x, {4, 3, 3}), y); }, m, v);
    BOOST_TEST((shape_of(many) == Extents{4, 3}));
    BOOST_TEST(many(3, 2) == 6);
}

BOOST_AUTO_TEST_CASE(matmul_of_views) {
    Random random(3);
    const auto a = random_array<double>({20, 30}, random), b = random_array<double>({30, 12}, random);
    const double rtol = 1e-13;
    BOOST_TEST(same(run<double>([](Var x, Var y) { return xg::matmul(transpose(x), transpose(y)); }, flipped(a), flipped(b)), product(a, b), rtol, rtol));
    const auto part = run<double>([](Var x) { return slice(x, {{2, 18, 3}, {5, 25}}); }, a), rest = run<double>([](Var x) { return slice(x, {{5, 25}, {.step = -1}}); }, b);
    BOOST_TEST(same(run<double>([](Var x, Var y) { return xg::matmul(slice(x, {{2, 18, 3}, {5, 25}}), slice(y, {{5, 25}, {.step = -1}})); }, a, b), product(part, rest), rtol, rtol));
    BOOST_TEST(same(run<double>([](Var x, Var y) { return xg::matmul(slice(x, {{0, 20}, {0, 30}}), slice(y, 1, 3, 7)); }, a, b), product(a, run<double>([](Var y) { return slice(y, 1, 3, 7); }, b)), rtol, rtol));
    const auto row = random_array<double>({1, 30}, random);
    BOOST_TEST(same(run<double>([](Var x, Var y) { return xg::matmul(broadcast_to(x, {9, 30}), y); }, row, b), product(map<double>([](double x, double) { return x; }, row, filled({9, 1}, 0.0)), b), rtol, rtol));
    // What is computed, turned, and used at once.
    BOOST_TEST(same(run<double>([](Var x, Var y) { return xg::matmul(transpose(2 * x), transpose(y + 1)); }, flipped(a), flipped(b)),
                    product(map<double>([](double x) { return 2 * x; }, a), map<double>([](double x) { return x + 1; }, b)), rtol, rtol));
    BOOST_TEST(same(run<double>([](Var x) { return xg::matmul(x * 3, transpose(x * 3)); }, a),
                    product(map<double>([](double x) { return 3 * x; }, a), flipped(map<double>([](double x) { return 3 * x; }, a))), rtol, rtol));
}

BOOST_AUTO_TEST_SUITE_END()
