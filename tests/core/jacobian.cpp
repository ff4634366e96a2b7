// Jacobians and Hessians against closed forms, differences and each other.

#include "../support.hpp"

using namespace test;
using xg::JacobianMode;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

struct Fixture {
    xg::Tape tape;
    Random random{5};
    Var x = tape.parameter(random_array<double>({4}, random), "x"), m = tape.parameter(random_array<double>({3, 4}, random), "m");

    Doubles values(Var v) { return v.value<double>(); }
};

constexpr JacobianMode modes[] = {JacobianMode::automatic, JacobianMode::forward, JacobianMode::reverse};

/// By differences, one element of the parameter after the other.
Doubles differences(xg::Tape& tape, Var y, Var x) {
    const Doubles at = x.value<double>();
    const std::size_t rows = y.shape().numel(), columns = at.size();
    Extents shape = extents(y.shape());
    for (const std::size_t extent : x.shape()) shape.push_back(extent);
    auto result = Doubles::from_shape(shape);
    constexpr double step = 1e-6;
    for (std::size_t k = 0; k < columns; ++k) {
        Doubles moved[2] = {at, at}, value[2];
        for (int side : {0, 1}) {
            moved[side].data()[k] += side == 0 ? -step : step;
            tape.assign(x, moved[side]);
            value[side] = y.value<double>();
        }
        for (std::size_t i = 0; i < rows; ++i)
            result.data()[i * columns + k] = (value[1].data()[i] - value[0].data()[i]) / (2 * step);
    }
    tape.assign(x, at);
    return result;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(jacobians, Fixture)

BOOST_AUTO_TEST_CASE(of_a_linear_map) {
    const Var y = matmul(m, x);
    for (const JacobianMode mode : modes) {
        BOOST_TEST(same(values(jacobian(y, x, {.mode = mode})), values(m)));
        const Doubles by_m = values(jacobian(y, m, {.mode = mode})), at = values(x);
        BOOST_TEST((extents(jacobian(y, m).shape()) == Extents{3, 3, 4}));
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 3; ++j)
                for (std::size_t k = 0; k < 4; ++k)
                    BOOST_TEST(by_m(i, j, k) == (i == j ? at(k) : 0));
    }
}

BOOST_AUTO_TEST_CASE(forward_reverse_and_differences) {
    const Var hidden = tanh(matmul(m, x));
    const std::vector<Var> ys = {hidden, outer(hidden, x) * 2, softmax(x), sum(square(hidden)), logsumexp(x),
                                 concatenate(sort(x), cumsum(x, 0)), reshape(transpose(outer(x, hidden)), {2, 6}), x, exp(x[2]),
                                 where(x > 0, x, 2 * x), take(x, tape.constant(xt::xarray<std::int64_t>{0, 0, 3}), 0)};
    for (std::size_t i = 0; i < ys.size(); ++i)
        for (const Var& by : {x, m}) {
            const Doubles forward = values(jacobian(ys[i], by, {.mode = JacobianMode::forward}));
            BOOST_TEST(same(forward, values(jacobian(ys[i], by, {.mode = JacobianMode::reverse})), 1e-13, 1e-14), "y " << i);
            BOOST_TEST(same(forward, values(jacobian(ys[i], by)), 1e-13, 1e-14), "y " << i);
            BOOST_TEST(same(forward, differences(tape, ys[i], by), 1e-7, 1e-7), "y " << i);
        }
}

BOOST_AUTO_TEST_CASE(several_arguments) {
    const Var y = tanh(matmul(m, x));
    for (const JacobianMode mode : modes) {
        const std::vector<Var> blocks = jacobian(y, {x, m}, {.mode = mode});
        BOOST_TEST(same(values(blocks[0]), values(jacobian(y, x)), 1e-14, 1e-15));
        BOOST_TEST(same(values(blocks[1]), values(jacobian(y, m)), 1e-14, 1e-15));
    }
    BOOST_TEST(jacobian(y, std::vector<Var>{}).empty());
}

BOOST_AUTO_TEST_CASE(of_the_smaller_side) {
    // Three rows by vjp, four columns by jvp.
    const Var y = tanh(matmul(m, x));
    BOOST_TEST(jacobian(y, x).shape() == xg::Shape(3, 4));
    const auto text = [&](JacobianMode mode) {
        return tape.compile({.outputs = {jacobian(y, x, {.mode = mode})}, .updates = {}}, {}).str();
    };
    BOOST_TEST(text(JacobianMode::automatic) == text(JacobianMode::reverse));
    BOOST_TEST(text(JacobianMode::automatic) != text(JacobianMode::forward));
    const auto wide = [&](JacobianMode mode) {
        return tape.compile({.outputs = {jacobian(outer(y, x), x, {.mode = mode})}, .updates = {}}, {}).str();
    };
    BOOST_TEST(wide(JacobianMode::automatic) == wide(JacobianMode::forward));
    BOOST_TEST(wide(JacobianMode::automatic) != wide(JacobianMode::reverse));
}

BOOST_AUTO_TEST_CASE(without_products_by_the_identity) {
    // Of two products of matrices the first is none: the identity, or a diagonal, times a matrix.
    const Var square_matrix = tape.parameter(random_array<double>({4, 4}, random)), y = tanh(matmul(tanh(matmul(square_matrix, x)), square_matrix));
    for (const JacobianMode mode : modes) {
        const std::string plan = tape.compile({.outputs = {jacobian(y, x, {.mode = mode})}, .updates = {}}, {}, {.fuse = false}).str();
        std::size_t products = 0;
        for (std::size_t from = 0; (from = plan.find("product", from)) != plan.npos; ++from) ++products;
        BOOST_TEST(products == 3u, plan); // two of them of vectors
        BOOST_TEST(same(values(jacobian(y, x, {.mode = mode})), differences(tape, y, x), 1e-7, 1e-7));
    }
}

BOOST_AUTO_TEST_CASE(zeros_and_nothing) {
    const Var other = tape.parameter(Doubles{1, 2}), none = tape.constant(Doubles::from_shape({0}));
    BOOST_TEST(same(values(jacobian(exp(x), other)), filled<double>({4, 2}, 0)));
    BOOST_TEST(same(values(jacobian(other, x, {.mode = JacobianMode::reverse})), filled<double>({2, 4}, 0)));
    BOOST_TEST((extents(jacobian(exp(none), none).shape()) == Extents{0, 0}));
    BOOST_TEST(values(jacobian(exp(x), none)).size() == 0u);
    BOOST_TEST(values(jacobian(exp(none), x)).size() == 0u);
}

BOOST_AUTO_TEST_CASE(float32) {
    const Var f = tape.parameter(xt::xarray<float>{1, 2, 3});
    BOOST_TEST((jacobian(square(f), f).dtype() == xg::DType::float32));
    BOOST_TEST(same(jacobian(square(f), f).value<float>(), xt::xarray<float>{{2, 0, 0}, {0, 4, 0}, {0, 0, 6}}));
}

BOOST_AUTO_TEST_CASE(draws_and_checkpoints_stand_as_they_are) {
    // The noise of y is the same for each column, also where it is drawn again.
    xg::Random noise(tape, 2);
    const auto f = [&](Var v) { return v * noise.uniform({4}, 0, 1, xg::DType::float64); };
    for (const bool again : {false, true}) {
        const Var y = again ? xg::checkpoint(f)(x) : f(x);
        for (const JacobianMode mode : modes) {
            const xg::Results results = tape.compile({.outputs = {y / x, jacobian(y, x, {.mode = mode})}, .updates = {}}, {})();
            const Doubles u = results.array<double>(0), j = results.array<double>(1);
            for (std::size_t i = 0; i < 4; ++i)
                for (std::size_t k = 0; k < 4; ++k)
                    BOOST_TEST(std::abs(j(i, k) - (i == k ? u(i) : 0)) < 1e-15);
        }
    }
}

BOOST_AUTO_TEST_CASE(derivatives_of_it) {
    const auto report = xg::gradcheck([](Var a, Var b) { return jacobian(tanh(matmul(a, b)) * 2, b); },
                                      {random_array<double>({3, 2}, random), random_array<double>({2}, random)});
    BOOST_TEST(report.ok, report.str());
    // Jacobians of each example.
    const Var batch = tape.parameter(random_array<double>({5, 4}, random));
    for (const JacobianMode mode : modes) {
        const Var all = xg::vmap([&](Var one) { return jacobian(sin(matmul(m, one)), one, {.mode = mode}); }, batch);
        BOOST_TEST((extents(all.shape()) == Extents{5, 3, 4}));
        for (std::int64_t i = 0; i < 5; ++i)
            BOOST_TEST(same(values(all[i]), values(cos(reshape(matmul(m, batch[i]), {3, 1})) * m), 1e-14, 1e-15));
    }
}

BOOST_AUTO_TEST_CASE(of_a_quadratic_form) {
    const Var a = tape.constant(random_array<double>({4, 4}, random));
    const Var y = sum(x * matmul(a, x));
    BOOST_TEST(same(values(hessian(y, x)), values(a + transpose(a)), 1e-14));
}

BOOST_AUTO_TEST_CASE(hessians) {
    const Var y = sum(tanh(matmul(m, exp(x))));
    const Doubles h = values(hessian(y, x));
    BOOST_TEST(same(h, differences(tape, gradient(y, x), x), 1e-6, 1e-6));
    BOOST_TEST(same(h, values(jacobian(gradient(y, x), x, {.mode = JacobianMode::reverse})), 1e-13, 1e-14));
    BOOST_TEST(same(h, values(transpose(hessian(y, x))), 1e-12, 1e-13));
    const auto blocks = hessian(y, {x, m});
    BOOST_TEST((extents(blocks[0][1].shape()) == Extents{4, 3, 4} && extents(blocks[1][0].shape()) == Extents{3, 4, 4}));
    BOOST_TEST(same(values(blocks[0][0]), h, 1e-13, 1e-14));
    BOOST_TEST(same(values(blocks[1][1]), values(hessian(y, m)), 1e-13, 1e-14));
    BOOST_TEST(same(values(blocks[0][1]), values(transpose(blocks[1][0], {2, 0, 1})), 1e-12, 1e-13));
    // Their product with a vector.
    const Var v = tape.constant(random_array<double>({4}, random)), w = tape.constant(random_array<double>({3, 4}, random));
    BOOST_TEST(same(values(matmul(hessian(y, x), v)), values(hessian_vector_product(y, x, v)), 1e-13));
    const std::vector<Var> products = hessian_vector_product(y, {x, m}, {v, w});
    const Var flat = reshape(w, {-1});
    BOOST_TEST(same(values(products[0]), values(matmul(blocks[0][0], v) + matmul(reshape(blocks[0][1], {4, 12}), flat)), 1e-12));
    BOOST_TEST(same(values(reshape(products[1], {-1})), values(matmul(reshape(blocks[1][0], {12, 4}), v) + matmul(reshape(blocks[1][1], {12, 12}), flat)), 1e-12));
    BOOST_TEST(hessian(y, std::vector<Var>{}).empty());
}

BOOST_AUTO_TEST_CASE(newtons_step) {
    // A quadratic function has its minimum after one step: H s = -g.
    const Var a = tape.constant(Doubles{{3, 1}, {1, 2}}), b = tape.constant(Doubles{1, -1}), z = tape.parameter(Doubles{5, 7});
    const Var y = 0.5 * sum(z * matmul(a, z)) - sum(b * z), h = hessian(y, z), g = gradient(y, z);
    const Var determinant = h[{0, 0}] * h[{1, 1}] - h[{0, 1}] * h[{1, 0}];
    const Var step = stack(h[{1, 1}] * g[0] - h[{0, 1}] * g[1], h[{0, 0}] * g[1] - h[{1, 0}] * g[0]) / determinant;
    BOOST_TEST(same(values(matmul(a, z - step)), values(b), 1e-14));
}

BOOST_AUTO_TEST_CASE(errors) {
    const auto check = [](const std::string& text, const std::string& start, int line) {
        BOOST_TEST((text.starts_with(start) && text.ends_with(at(line))), text);
    };
    const Var n = tape.constant(xt::xarray<std::int64_t>{1, 2}), none;
    const Var deep = tape.parameter(filled<double>({1, 1, 1, 1, 1}, 1));
    xg::Tape other;
    const Var foreign = other.parameter(1.0);
    check(error_of([&] { (void)jacobian(n, x); }), "jacobian: y is int64 (2,), which has no derivative", __LINE__);
    check(error_of([&] { (void)jacobian(x, n); }), "jacobian: there is no derivative by a Var of dtype int64", __LINE__);
    check(error_of([&] { (void)jacobian(x, foreign); }), "jacobian: the Vars are of different tapes", __LINE__);
    check(error_of([&] { (void)jacobian(x, none); }), "jacobian: a Var{} without a node", __LINE__);
    check(error_of([&] { (void)jacobian(exp(deep), deep); }), "jacobian: of (1, 1, 1, 1, 1) by (1, 1, 1, 1, 1) it has 10 axes", __LINE__);
    check(error_of([&] { (void)hessian(sum(deep), deep); }), "hessian: of (1, 1, 1, 1, 1) by", __LINE__);
    check(error_of([&] { (void)hessian(exp(x), x); }), "hessian: y is float64 (4,); it must be one floating-point number", __LINE__);
    check(error_of([&] { (void)hessian_vector_product(sum(x), {x, m}, {x}); }), "hessian_vector_product: 1 vectors were given for 2 Vars", __LINE__);
    check(error_of([&] { (void)hessian_vector_product(sum(x), {x}, {m}); }), "hessian_vector_product: vector 0 is float64 (3, 4)", __LINE__);
}

BOOST_AUTO_TEST_SUITE_END()
