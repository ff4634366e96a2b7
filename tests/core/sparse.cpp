// Sparse Jacobians and Hessians against dense ones, and how many products they take.

#include "../support.hpp"

using namespace test;
using xg::JacobianMode;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

struct Fixture {
    xg::Tape tape;
    Random random{5};
    Var vector(std::size_t n) { return tape.parameter(random_array<double>({n}, random)); }
};

/// As text, a line for each row: x where an element may differ from zero.
std::string picture(const xg::Sparsity& p) {
    std::string result;
    for (std::size_t row = 0; row < p.rows; ++row) {
        std::string line(p.columns, '.');
        for (auto i = p.row_starts[row]; i < p.row_starts[row + 1]; ++i)
            line[static_cast<std::size_t>(p.columns_of[static_cast<std::size_t>(i)])] = 'x';
        result += (row == 0 ? "" : " ") + line;
    }
    return result;
}

/// The elements of a dense matrix in the places of a sparse one are its values, and all others zero.
void check_values(const xg::SparseMatrix& sparse, Var dense) {
    const xg::Sparsity& p = sparse.places;
    const Doubles values = sparse.values.value<double>(), all = reshape(dense, {static_cast<std::int64_t>(p.rows), static_cast<std::int64_t>(p.columns)}).value<double>();
    BOOST_REQUIRE(values.size() == p.count());
    Doubles expanded = filled<double>({p.rows, p.columns}, 0);
    const std::vector<std::int64_t> rows = p.rows_of();
    for (std::size_t i = 0; i < p.count(); ++i)
        expanded(static_cast<std::size_t>(rows[i]), static_cast<std::size_t>(p.columns_of[i])) = values(i);
    BOOST_TEST(same(expanded, all, 1e-13, 1e-14));
}

Var rosenbrock(Var x) {
    const auto n = static_cast<std::int64_t>(x.shape()[0]);
    const Var low = slice(x, 0, 0, n - 1), high = slice(x, 0, 1, n);
    return sum(100 * square(high - square(low)) + square(1 - low));
}

/// An opaque op of which nothing is known.
struct Opaque {
    static constexpr auto name = "opaque";
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        for (std::size_t i = 0; i < out.shape().numel(); ++i)
            out.pointer<double>()[i] = std::sin(in[0].pointer<double>()[i]);
    }
    static Var vjp(Var g, Var, Var x) { return g * cos(x); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sparse, Fixture)

BOOST_AUTO_TEST_CASE(dependence_by_forms) {
    const Var x = vector(4), m = reshape(x, {2, 2});
    const auto of = [&](Var y) { return picture(jacobian_sparsity(y, x)); };
    BOOST_TEST(of(exp(x)) == "x... .x.. ..x. ...x");
    BOOST_TEST(of(x * x[0]) == "x... xx.. x.x. x..x");
    BOOST_TEST(of(sum(m, 0)) == "x.x. .x.x");
    BOOST_TEST(of(max(m, 1)) == "xx.. ..xx");
    BOOST_TEST(of(sum(x)) == "xxxx");
    BOOST_TEST(of(flip(x)) == "...x ..x. .x.. x...");
    BOOST_TEST(of(transpose(m)) == "x... ..x. .x.. ...x");
    BOOST_TEST(of(slice(x, 0, 1, 4, 2)) == ".x.. ...x");
    BOOST_TEST(of(diagonal(m)) == "x... ...x");
    BOOST_TEST(of(broadcast_to(x[2], {2})) == "..x. ..x.");
    BOOST_TEST(of(concatenate(sin(x), slice(x, 0, 1, 2))) == "x... .x.. ..x. ...x .x..");
    BOOST_TEST(of(concatenate(slice(x, 0, 2, 4), x * 2)) == "..x. ...x x... .x.. ..x. ...x");
    BOOST_TEST(of(stack(x[3], x[0])) == "...x x...");
    BOOST_TEST(of(matmul(m, tape.constant(Doubles{{1, 2, 3}, {4, 5, 6}}))) == "xx.. xx.. xx.. ..xx ..xx ..xx");
    BOOST_TEST(of(matmul(tape.constant(Doubles{{1, 2}}), m)) == "x.x. .x.x");
    BOOST_TEST(of(matmul(m, m)) == "xxx. xx.x x.xx .xxx");
    BOOST_TEST(of(cumsum(m, 1)) == "xx.. xx.. ..xx ..xx");
    BOOST_TEST(of(record(Opaque{}, x)) == "xxxx xxxx xxxx xxxx");
    BOOST_TEST(of(cast(x > 0, xg::DType::float64)) == ".... .... .... ....");
    BOOST_TEST(of(x * stop_gradient(x[1])) == "x... .x.. ..x. ...x");
    BOOST_TEST(of(xg::checkpoint([](Var v) { return v * 2; })(x)) == "x... .x.. ..x. ...x");
    BOOST_TEST(of(tape.constant(Doubles{1, 2})) == ".... ....");
    BOOST_TEST(of(x) == "x... .x.. ..x. ...x");
    BOOST_TEST(picture(jacobian_sparsity(exp(m), m)) == "x... .x.. ..x. ...x");
}

BOOST_AUTO_TEST_CASE(interactions_by_forms) {
    const Var x = vector(4), m = reshape(x, {2, 2});
    const auto of = [&](Var y) { return picture(hessian_sparsity(y, x)); };
    BOOST_TEST(of(sum(exp(x))) == "x... .x.. ..x. ...x");
    BOOST_TEST(of(sum(3 * x - x[1] / 2)) == ".... .... .... ....");
    BOOST_TEST(of(x[0] * x[2]) == "..x. .... x... ....");
    BOOST_TEST(of(x[0] * x[0]) == "x... .... .... ....");
    BOOST_TEST(of(x[0] / x[3]) == "x..x .... .... x..x");
    BOOST_TEST(of(square(x[1] + x[2])) == ".... .xx. .xx. ....");
    BOOST_TEST(of(sum(matmul(m, m))) == "xxxx xxxx xxxx xxxx");
    BOOST_TEST(of(sum(matmul(m, tape.constant(Doubles{{1, 2}, {3, 4}})))) == ".... .... .... ....");
    BOOST_TEST(of(sum(max(m, 1))) == "xx.. xx.. ..xx ..xx");
    BOOST_TEST(of(sum(record(Opaque{}, x))) == "xxxx xxxx xxxx xxxx");
    BOOST_TEST(of(rosenbrock(x)) == "xx.. xxx. .xxx ..xx");
}

BOOST_AUTO_TEST_CASE(jacobians) {
    const Var x = vector(7), m = tape.constant(random_array<double>({3, 7}, random));
    const std::vector<Var> ys = {sin(x) * slice(concatenate(x, x), 0, 1, 8), matmul(m, x), reshape(slice(x, 0, 0, 6), {2, 3}) * x[0],
                                 concatenate(exp(slice(x, 0, 0, 3)), sum(x) * slice(x, 0, 3, 5)), record(Opaque{}, x),
                                 slice(x, 0, 2, 7) - 2 * square(slice(x, 0, 1, 6)) + slice(x, 0, 0, 5)};
    for (std::size_t i = 0; i < ys.size(); ++i)
        for (const JacobianMode mode : {JacobianMode::automatic, JacobianMode::forward, JacobianMode::reverse}) {
            BOOST_TEST_CONTEXT("y " << i) check_values(sparse_jacobian(ys[i], x, {.mode = mode}), jacobian(ys[i], x));
        }
    const xg::SparseMatrix banded = sparse_jacobian(ys.back(), x);
    BOOST_TEST(banded.products == 3u);
    BOOST_TEST(sparse_jacobian(matmul(m, x), x).products == 3u); // by rows
    BOOST_TEST(sparse_jacobian(exp(x), x).products == 1u);
    BOOST_TEST((sparse_jacobian(tape.constant(Doubles{1, 2}), x).values.shape() == xg::Shape(0)));
}

BOOST_AUTO_TEST_CASE(hessians) {
    const Var x = vector(9), m = reshape(x, {3, 3});
    for (const Var& y : {rosenbrock(x), sum(exp(x[0] * x) + x), sum(tanh(matmul(m, m))), x[1] / x[5] + sum(square(x)), logsumexp(m[1]), 2 * sum(x), x[3]})
        check_values(sparse_hessian(y, x), hessian(y, x));
}

/// Columns that share rows are made by one product, as one of two symmetric elements is enough.
BOOST_AUTO_TEST_CASE(hessians_by_symmetry) {
    const Var x = vector(40);
    const auto products = [&](Var y) {
        const xg::SparseMatrix h = sparse_hessian(y, x);
        check_values(h, hessian(y, x));
        return h.products;
    };
    const auto arrow = [&](std::int64_t tip) { return sum(sin(x[tip] * x)); };
    BOOST_TEST(products(arrow(0)) == 2u);
    BOOST_TEST(products(arrow(17)) == 2u);
    BOOST_TEST(products(arrow(39)) == 2u);
    // Two tips: each meets all others, and both meet.
    BOOST_TEST(products(arrow(3) + arrow(20)) == 3u);
    // A ring, of which no four in a row are of two groups.
    BOOST_TEST(products(sum(x * concatenate(slice(x, 0, 1, 40), slice(x, 0, 0, 1)))) <= 4u);
    // A grid of 5 x 8: a colouring of columns takes five.
    const Var grid = reshape(x, {5, 8});
    BOOST_TEST(products(sum(slice(grid, 0, 1, 5) * slice(grid, 0, 0, 4)) + sum(square(slice(grid, 1, 1, 8) + slice(grid, 1, 0, 7)))) <= 5u);

    // Pairs at random, few and many.
    const auto any = [&] { return random.integer(0, 39); };
    for (int pairs = 1; pairs < 200; pairs = 2 * pairs + 1) {
        Var y = tape.constant(0.0);
        for (int k = 0; k < pairs; ++k)
            y = y + exp(x[any()] * x[any()]);
        BOOST_TEST_CONTEXT(pairs << " pairs") BOOST_TEST(products(y) <= 40u);
    }

    const Var wide = vector(100000);
    const xg::SparseMatrix h = sparse_hessian(sum(wide[99999] * exp(wide)), wide);
    BOOST_TEST(h.products == 2u);
    BOOST_TEST(h.places.count() == 3u * 100000 - 2);
}

BOOST_AUTO_TEST_CASE(derivatives_of_the_values) {
    const Var x = vector(5), w = tape.constant(random_array<double>({13}, random));
    const Var sparse = sum(sparse_hessian(rosenbrock(x), x).values * w);
    Var dense = tape.constant(0.0);
    const xg::Sparsity p = hessian_sparsity(rosenbrock(x), x);
    const Var h = hessian(rosenbrock(x), x);
    for (std::size_t i = 0; i < p.count(); ++i)
        dense = dense + h[{p.rows_of()[i], p.columns_of[i]}] * w[static_cast<std::int64_t>(i)];
    BOOST_TEST(same(gradient(sparse, x).value<double>(), gradient(dense, x).value<double>(), 1e-13, 1e-13));
}

BOOST_AUTO_TEST_CASE(a_long_chain) {
    constexpr std::size_t n = 100000;
    const Var x = vector(n);
    const xg::SparseMatrix h = sparse_hessian(rosenbrock(x), x);
    BOOST_TEST(h.products == 3u);
    BOOST_TEST(h.places.count() == 3 * n - 2);
    const Doubles at = x.value<double>(), values = h.values.value<double>();
    const std::vector<std::int64_t> rows = h.places.rows_of();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto r = static_cast<std::size_t>(rows[i]), c = static_cast<std::size_t>(h.places.columns_of[i]);
        double expected = -400 * at(std::min(r, c));
        if (r == c) expected = (r + 1 < n ? 1200 * at(r) * at(r) - 400 * at(r + 1) + 2 : 0) + (r > 0 ? 200 : 0);
        wrong += std::abs(values(i) - expected) > 1e-10 * (1 + std::abs(expected));
    }
    BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(errors) {
    const auto check = [](const std::string& text, const std::string& start, int line) {
        BOOST_TEST((text.starts_with(start) && text.ends_with(at(line))), text);
    };
    const Var x = vector(3), n = tape.constant(xt::xarray<std::int64_t>{1, 2}), none;
    check(error_of([&] { (void)jacobian_sparsity(n, x); }), "jacobian_sparsity: there is no derivative of or by int64", __LINE__);
    check(error_of([&] { (void)hessian_sparsity(x, x); }), "hessian_sparsity: y is (3,); it must be one number", __LINE__);
    check(error_of([&] { (void)sparse_jacobian(x, n); }), "sparse_jacobian: there is no derivative", __LINE__);
    check(error_of([&] { (void)sparse_hessian(x, x); }), "sparse_hessian: y is (3,)", __LINE__);
    check(error_of([&] { (void)sparse_jacobian(x, none); }), "sparse_jacobian: a Var{} without a node", __LINE__);
}

BOOST_AUTO_TEST_SUITE_END()
