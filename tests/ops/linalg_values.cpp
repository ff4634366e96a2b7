// Linear algebra: identities, also of ill-conditioned matrices, known values, ends, and that results do not depend on threads.

#include "../random_arrays.hpp"
#include "../support.hpp"

using namespace test;
using xg::Var;
namespace linalg = xg::linalg;

namespace {

using Doubles = xt::xarray<double>;
constexpr double eps = std::numeric_limits<double>::epsilon(), inf = std::numeric_limits<double>::infinity();

Doubles hilbert(std::size_t n) {
    Doubles result = filled<double>({n, n}, 0);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) result(i, j) = 1 / static_cast<double>(i + j + 1);
    return result;
}
Var transposed(Var x) { return xg::swap_axes(x, -2, -1); }
Var identity(Var x, std::int64_t rows) { return xg::eye(x.tape(), static_cast<std::size_t>(rows), 0, 0, x.dtype()); }
double largest(Var x) { return xg::max(abs(cast(x, xg::DType::float64))).scalar<double>(); }
double unit(Var x) { return x.dtype() == xg::DType::float32 ? 0x1p-23 : eps; }

/// One after the other: small matrices side by side, too few of them, large ones by LAPACK, tall and wide ones.
const std::vector<Extents> shapes = {{1, 1}, {2, 2}, {3, 3}, {8, 8}, {9, 9}, {30, 30}, {5, 3, 3}, {17, 4, 4}, {2, 3, 2, 2}, {33, 8, 8}, {3, 12, 12}, {19, 12, 12},
                                     {4, 2}, {2, 4}, {20, 7}, {7, 20}, {6, 5, 3}, {6, 3, 5}, {1, 5}, {5, 1}};

template <class F>
void for_all(F check) {
    for (const Extents& shape : shapes) {
        Random random(shape.size() + shape.back());
        const auto x = random_array<double>(shape, random);
        xg::Tape tape;
        for (const Var& a : {tape.parameter(x), tape.parameter(xt::xarray<float>(x))}) {
            const std::size_t m = a.shape()[a.rank() - 2], n = a.shape().back();
            BOOST_TEST_CONTEXT(a.shape().str() << " " << xg::name(a.dtype())) { check(a, m, n); }
        }
    }
}

/// Both sides of an equation differ by rounding: so many eps times the largest of either side and of the extents.
void equal(Var a, Var b, double scale = 1) {
    BOOST_REQUIRE(a.shape() == b.shape());
    const double extent = static_cast<double>(std::max(a.shape().back(), b.shape()[b.rank() - 2]));
    const double bound = 16 * extent * unit(a) * std::max({scale, largest(a), largest(b)});
    BOOST_TEST(largest(a - b) <= bound);
}

} // namespace

BOOST_AUTO_TEST_SUITE(linear_algebra)

BOOST_AUTO_TEST_CASE(decompositions_multiply_to_the_matrix) {
    for_all([](Var a, std::size_t m, std::size_t n) {
        const auto k = static_cast<std::int64_t>(std::min(m, n));
        const auto [p, l, u] = linalg::lu(a);
        equal(matmul(p, matmul(l, u)), a);
        BOOST_TEST(largest(l) <= 1);
        BOOST_TEST(largest(matmul(p, p, {.transpose_b = true}) - identity(a, static_cast<std::int64_t>(m))) == 0);
        BOOST_TEST(largest(triu(l, 1)) + largest(tril(u, -1)) == 0);
        BOOST_TEST(largest(diagonal(l, 0, -2, -1) - 1) == 0);
        const auto [q, r] = linalg::qr(a);
        equal(matmul(q, r), a);
        equal(matmul(q, q, {.transpose_a = true}), broadcast_to(identity(a, k), matmul(q, q, {.transpose_a = true}).shape()));
        BOOST_TEST(largest(tril(r, -1)) == 0);
        const auto [left, s, right] = linalg::svd(a);
        equal(matmul(left * expand_dims(s, -2), right), a);
        equal(matmul(left, left, {.transpose_a = true}), broadcast_to(identity(a, k), matmul(left, left, {.transpose_a = true}).shape()));
        equal(matmul(right, right, {.transpose_b = true}), broadcast_to(identity(a, k), matmul(right, right, {.transpose_b = true}).shape()));
        BOOST_TEST(all(s >= 0).scalar<bool>());
        if (k > 1) BOOST_TEST(all(slice(s, -1, 0, k - 1) >= slice(s, -1, 1, k)).scalar<bool>());
        if (m != n) return;
        const auto [w, v] = linalg::eigh(a);
        equal(matmul(v * expand_dims(w, -2), v, {.transpose_b = true}), (a + transposed(a)) / 2);
        equal(matmul(v, v, {.transpose_a = true}), broadcast_to(identity(a, k), a.shape()));
        if (k > 1) BOOST_TEST(all(slice(w, -1, 0, k - 1) <= slice(w, -1, 1, k)).scalar<bool>());
        const Var definite = matmul(a, a, {.transpose_b = true}) + identity(a, k), c = linalg::cholesky(definite);
        equal(matmul(c, c, {.transpose_b = true}), definite);
        BOOST_TEST(largest(triu(c, 1)) == 0);
        equal(linalg::cholesky(definite + a - transposed(a)), c); // it reads what is symmetric
    });
}

BOOST_AUTO_TEST_CASE(solutions_solve) {
    for_all([](Var x, std::size_t m, std::size_t n) {
        if (m != n) return;
        const auto k = static_cast<std::int64_t>(n);
        const Var a = x + 4 * identity(x, k), b = slice(exp(x), -1, 0, std::min<std::int64_t>(k, 3)), vector = slice(exp(x), -1, 0, 1);
        equal(matmul(a, linalg::solve(a, b)), b, 8);
        equal(matmul(a, linalg::inverse(a)), broadcast_to(identity(x, k), a.shape()), 8);
        for (const bool lower : {false, true})
            for (const bool turned : {false, true})
                for (const bool ones : {false, true}) {
                    if (ones && n > 8) continue; // grows fast
                    Var t = lower ? tril(a) : triu(a);
                    if (ones) t = t - (lower ? triu(t) : tril(t)) + identity(x, k);
                    const Var y = linalg::solve_triangular(a, vector, {.lower = lower, .transposed = turned, .unit_diagonal = ones});
                    equal(matmul(t, y, {.transpose_a = turned}), vector, largest(y) * largest(t));
                }
        const auto [sign, logabsdet] = linalg::slogdet(a);
        if (n < 20) BOOST_TEST(largest(linalg::det(a) / (sign * exp(logabsdet)) - 1) < 100 * unit(x) * static_cast<double>(n));
        const Var cube = linalg::matrix_power(a / 4, 3), inverse = linalg::matrix_power(a / 4, -3);
        equal(matmul(cube, inverse), broadcast_to(identity(x, k), a.shape()), largest(cube) * largest(inverse));
        BOOST_TEST(largest(linalg::matrix_power(a, 0) - identity(x, k)) == 0);
        equal(matmul(linalg::expm(x), linalg::expm(-x)), broadcast_to(identity(x, k), x.shape()), largest(linalg::expm(x)) * largest(linalg::expm(-x)));
    });
}

/// A P A = A, P A P = P, and A P and P A symmetric; the least squares' normal equations.
BOOST_AUTO_TEST_CASE(pseudoinverses) {
    for_all([](Var a, std::size_t m, std::size_t n) {
        const Var p = linalg::pinv(a), ap = matmul(a, p), pa = matmul(p, a);
        const double scale = largest(a) * largest(p) * largest(a) * largest(p);
        equal(matmul(ap, a), a, scale), equal(matmul(pa, p), p, scale);
        equal(transposed(ap), ap, scale), equal(transposed(pa), pa, scale);
        const Var b = slice(exp(a), -1, 0, 1);
        const auto [x, residuals, rank, s] = linalg::lstsq(a, b);
        const Var rest = b - matmul(a, x);
        equal(matmul(a, rest, {.transpose_a = true}), 0 * x, scale * static_cast<double>(m) * largest(b));
        BOOST_TEST(largest(residuals - sum(square(rest), -2)) < 100 * unit(a));
        BOOST_TEST(all(rank == static_cast<std::int64_t>(std::min(m, n))).scalar<bool>());
    });
}

/// The inverse of Hilbert's matrix is whole numbers; its condition is 1.7e8 for n = 6 and 1.6e13 for n = 10.
BOOST_AUTO_TEST_CASE(ill_conditioned) {
    for (const auto& [n, condition] : {std::pair{6, 1.7e8}, std::pair{10, 1.7e13}}) {
        xg::Tape tape;
        const Var a = tape.parameter(hilbert(static_cast<std::size_t>(n)));
        const Var y = linalg::inverse(a), whole = xg::round(y);
        BOOST_TEST(largest(y - whole) <= condition * eps * largest(y));
        if (n == 6) BOOST_TEST(largest(matmul(a, whole) - identity(a, n)) < 1e-9); // rounded it is exact
        const auto [q, r] = linalg::qr(a);
        BOOST_TEST(largest(matmul(q, q, {.transpose_a = true}) - identity(a, n)) < 100 * eps);
        const auto [u, s, vh] = linalg::svd(a);
        BOOST_TEST(largest(matmul(u * expand_dims(s, -2), vh) - a) < 100 * eps);
        BOOST_TEST(largest(matmul(u, u, {.transpose_a = true}) - identity(a, n)) < 100 * eps);
        const Var c = linalg::cholesky(a);
        BOOST_TEST(largest(matmul(c, c, {.transpose_b = true}) - a) < 10 * eps);
        // The backward error of a solution is small whatever the condition.
        const Var b = tape.constant(filled<double>({static_cast<std::size_t>(n)}, 1)), x = linalg::solve(a, b);
        BOOST_TEST(largest(matmul(a, x) - b) <= 100 * eps * largest(x));
    }
    // 2.16e-43 / 6.5e... : of n = 5 it is 1 / 266716800000.
    xg::Tape tape;
    BOOST_TEST(std::abs(linalg::det(tape.parameter(hilbert(5))).scalar<double>() * 266716800000.0 - 1) < 1e-10);
}

/// d log|det A| = tr(A^-1 dA), and d det A = det A tr(A^-1 dA).
BOOST_AUTO_TEST_CASE(derivatives_of_determinants) {
    Random random(3);
    xg::Tape tape;
    const Var a = tape.parameter(random_array<double>({7, 4, 4}, random)), da = tape.parameter(random_array<double>({7, 4, 4}, random));
    const Var expected = linalg::trace(matmul(linalg::inverse(a), da), 0, -2, -1);
    const Var slope = xg::jvp({linalg::slogdet(a).logabsdet}, {a}, {da})[0], other = xg::jvp({linalg::det(a)}, {a}, {da})[0];
    BOOST_TEST(same(slope.value<double>(), expected.value<double>(), 1e-10, 1e-10));
    BOOST_TEST(same(other.value<double>(), (linalg::det(a) * expected).value<double>(), 1e-10, 1e-10));
}

BOOST_AUTO_TEST_CASE(exponentials) {
    xg::Tape tape;
    const auto expm = [&](const Doubles& a) { return linalg::expm(tape.constant(a)).value<double>(); };
    BOOST_TEST(same(expm({{1, 0}, {0, -700}}), Doubles{{std::exp(1.0), 0}, {0, std::exp(-700.0)}}, 1e-12));
    BOOST_TEST(same(expm({{0, 1, 2}, {0, 0, 3}, {0, 0, 0}}), Doubles{{1, 1, 3.5}, {0, 1, 3}, {0, 0, 1}}, 1e-15)); // nilpotent
    for (const double angle : {1e-9, 0.01, 0.2, 0.9, 2.0, 5.0, 100.0}) // of each degree, and halved
        BOOST_TEST(same(expm({{0, -angle}, {angle, 0}}), Doubles{{std::cos(angle), -std::sin(angle)}, {std::sin(angle), std::cos(angle)}}, 1e-12 + 1e-15 * angle, 1e-14 * (1 + angle)));
    BOOST_TEST(largest(linalg::expm(tape.constant(filled<double>({3, 3}, 0))) - xg::eye(tape, 3)) == 0);
    for (const double bad : {inf, -inf, std::numeric_limits<double>::quiet_NaN()}) // all of it
        BOOST_TEST(std::isnan(expm(Doubles{{0, 0}, {0, bad}})(0, 0)));
    // In the direction of 1e200 the derivative is as exact as in that of 1.
    const Var a = tape.parameter(Doubles{{0.1, 0.2}, {0.3, 0.4}}), e = tape.constant(Doubles{{1, 2}, {3, -1}});
    const Var one = xg::jvp({linalg::expm(a)}, {a}, {e})[0], huge = xg::jvp({linalg::expm(a)}, {a}, {1e200 * e})[0];
    BOOST_TEST(largest(huge * 1e-200 - one) < 1e-14);
    BOOST_TEST(largest(xg::jvp({linalg::expm(0 * a)}, {a}, {e})[0]) == 0);
}

BOOST_AUTO_TEST_CASE(norms_and_products) {
    xg::Tape tape;
    const Var a = tape.parameter(Doubles{{3, 0}, {0, -4}}), zero = tape.parameter(filled<double>({2, 3}, 0));
    BOOST_TEST(linalg::norm(a).scalar<double>() == 5);
    BOOST_TEST(linalg::norm(a, 1).scalar<double>() == 7);
    BOOST_TEST(linalg::norm(a, linalg::MatrixNorm::frobenius).scalar<double>() == 5);
    BOOST_TEST(linalg::norm(a, linalg::MatrixNorm::nuclear).scalar<double>() == 7);
    BOOST_TEST(linalg::norm(a, linalg::MatrixNorm::spectral).scalar<double>() == 4);
    BOOST_TEST(largest(gradient(linalg::norm(zero, linalg::MatrixNorm::frobenius), zero)) == 0);
    // U V^T of a zero matrix, of norm 1 in each of its singular vectors: a subgradient.
    const Var slope = gradient(linalg::norm(zero, linalg::MatrixNorm::nuclear), zero);
    BOOST_TEST(std::abs(linalg::norm(slope, linalg::MatrixNorm::spectral).scalar<double>() - 1) < 1e-14);
    BOOST_TEST(same(linalg::kron(a, tape.constant(Doubles{1, 2})).value<double>(), Doubles{{3, 6, 0, 0}, {0, 0, -4, -8}}));
    BOOST_TEST(linalg::trace(a).scalar<double>() == -1);
}

BOOST_AUTO_TEST_CASE(nothing) {
    xg::Tape tape;
    const auto of = [&](const Extents& shape) { return tape.parameter(filled<double>(shape, 0)); };
    BOOST_TEST(linalg::det(of({0, 0})).scalar<double>() == 1);
    BOOST_TEST(linalg::slogdet(of({0, 0})).sign.scalar<double>() == 1);
    BOOST_TEST(linalg::slogdet(of({0, 0})).logabsdet.scalar<double>() == 0);
    BOOST_TEST(linalg::solve(of({0, 0}), of({0, 2})).value<double>().size() == 0u);
    BOOST_TEST((linalg::solve(xg::eye(tape, 3), of({3, 0})).shape() == xg::Shape(3, 0)));
    BOOST_TEST((linalg::inverse(of({0, 3, 3})).value<double>().shape(0) == 0u));
    BOOST_TEST((linalg::cholesky(of({0, 2, 2})).value<double>().size() == 0u));
    BOOST_TEST((linalg::svd(of({0, 3})).U.value<double>().size() == 0u));
    BOOST_TEST((linalg::qr(of({3, 0})).Q.shape() == xg::Shape(3, 0)));
    BOOST_TEST(linalg::eigh(of({2, 0, 0})).eigenvectors.value<double>().size() == 0u);
    BOOST_TEST(linalg::pinv(of({3, 0})).value<double>().size() == 0u);
    BOOST_TEST(linalg::expm(of({0, 0})).value<double>().size() == 0u);
    BOOST_TEST(linalg::norm(of({2, 0, 3}), linalg::MatrixNorm::spectral).value<double>()(1) == 0);
    const Var a = of({0, 2, 2});
    BOOST_TEST(gradient(sum(linalg::det(a)), a).value<double>().size() == 0u);
}

/// NaN and infinity in one matrix say nothing of the others.
BOOST_AUTO_TEST_CASE(not_finite) {
    for (const std::size_t n : {3, 12})
        for (const double bad : {inf, std::numeric_limits<double>::quiet_NaN()}) {
            Random random(1);
            auto elements = random_array<double>({20, n, n}, random);
            elements(7, 1, 2) = bad;
            xg::Tape tape;
            const Var alone = tape.parameter(elements)[7]; // for LAPACK, if it is large
            BOOST_TEST(all(isnan(linalg::eigh(alone).eigenvalues) & isnan(linalg::svd(alone).S)).scalar<bool>());
            const Var a = tape.parameter(elements), s = linalg::svd(a).S, w = linalg::eigh(a).eigenvalues;
            const auto finite = [&](Var x) { return sum(cast(all(isfinite(x), {-1}), xg::DType::int64)).scalar<int>(); };
            BOOST_TEST(finite(s) == 19);
            BOOST_TEST(finite(w) == 19);
            BOOST_TEST(isnan(s[7]).value<bool>()(n - 1));
            BOOST_TEST(sum(cast(isfinite(linalg::det(a)), xg::DType::int64)).scalar<int>() == 19);
        }
}

/// Large and tiny numbers overflow only where results do.
BOOST_AUTO_TEST_CASE(scales) {
    Random random(2);
    const auto x = random_array<double>({5, 4, 4}, random);
    for (const double scale : {1e-200, 1e200}) {
        xg::Tape tape;
        const Var a = tape.constant(x), large = scale * a;
        const auto close = [&](Var scaled, Var plain) { BOOST_TEST(largest(scaled / scale - plain) < 1e-13 * (1 + largest(plain))); };
        close(linalg::svd(large).S, linalg::svd(a).S);
        close(linalg::eigh(large).eigenvalues, linalg::eigh(a).eigenvalues);
        close(linalg::qr(large).R, linalg::qr(a).R);
        BOOST_TEST(largest(linalg::inverse(large) * scale - linalg::inverse(a)) < 1e-10);
    }
    xg::Tape tape; // a pivot whose inverse would overflow
    const Var a = tape.constant(Doubles{{2, 1}, {1, 3}});
    BOOST_TEST(largest(linalg::lu(1e-310 * a).L - linalg::lu(a).L) < 1e-12);
}

/// The same bits on any number of threads, and of small matrices whatever stands beside them.
BOOST_AUTO_TEST_CASE(bits) {
    const std::size_t threads = xg::num_threads();
    for (const std::size_t n : {3, 8, 12, 30}) {
        Random random(n);
        const auto x = random_array<double>({500, n, n}, random);
        const auto all_of = [&](const Doubles& elements) {
            xg::Tape tape;
            const Var a = tape.parameter(elements), definite = matmul(a, a, {.transpose_b = true}) + identity(a, static_cast<std::int64_t>(n));
            std::vector<Var> y{linalg::lu(a).U, linalg::qr(a).Q, linalg::eigh(a).eigenvectors, linalg::svd(a).Vh, linalg::cholesky(definite), linalg::inverse(a), linalg::expm(a), linalg::pinv(definite)};
            y.push_back(gradient(sum(linalg::det(a)) + sum(y[4]) + sum(y[6]), a));
            const xg::Results r = tape.compile({.outputs = y, .updates = {}}, {})();
            std::vector<Doubles> result;
            for (std::size_t i = 0; i < y.size(); ++i) result.push_back(r.array<double>(i));
            return result;
        };
        xg::set_num_threads(1);
        const auto one = all_of(x);
        for (const std::size_t t : {2, 5}) {
            xg::set_num_threads(t);
            const auto several = all_of(x);
            for (std::size_t i = 0; i < one.size(); ++i) BOOST_TEST(xt::all(xt::equal(one[i], several[i])), "result " << i << " of " << n);
        }
        const auto part_of = [](const Doubles& all) {
            Extents shape(all.shape().begin(), all.shape().end());
            const std::size_t one_matrix = all.size() / shape[0];
            shape[0] = 3;
            Doubles result = filled<double>(shape, 0);
            std::copy_n(all.data() + 101 * one_matrix, result.size(), result.data());
            return result;
        };
        if (n > 8) continue; // three of them are for LAPACK, if there is one, and many are not
        const auto part = all_of(part_of(x));
        for (std::size_t i = 0; i < one.size(); ++i)
            BOOST_TEST(xt::all(xt::equal(part_of(one[i]), part[i])), "result " << i << " of " << n);
    }
    xg::set_num_threads(threads);
}

/// In the body of a scan: x := solve(A, x) step by step is A^-n x.
BOOST_AUTO_TEST_CASE(in_a_scan) {
    xg::Tape tape;
    const Var a = tape.parameter(Doubles{{3, 1}, {0.5, 2}}), start = tape.parameter(Doubles{1, 2});
    const auto step = [&](const std::vector<Var>& carry, const std::vector<Var>&) {
        const auto [w, v] = linalg::eigh(carry[1]);
        return std::pair{std::vector<Var>{linalg::solve(a, carry[0]), matmul(v * expand_dims(w, -2), v, {.transpose_b = true})}, std::vector<Var>{linalg::det(carry[1]), linalg::svd(carry[1]).S}};
    };
    const Var symmetric = 0.5 * (a + transposed(a));
    const xg::ScanResult r = xg::scan(step, {start, symmetric}, {}, {.length = 3});
    const Var expected = matmul(linalg::matrix_power(a, -3), start);
    BOOST_TEST(largest(r.carry[0] - expected) < 1e-14);
    BOOST_TEST(largest(r.ys[0] - linalg::det(symmetric)) < 1e-13);
    const Var slope = gradient(sum(square(r.carry[0])), a), direct = gradient(sum(square(expected)), a);
    BOOST_TEST(largest(slope - direct) < 1e-13);
    BOOST_TEST(largest(gradient(sum(r.ys[0]), a) - 3 * gradient(linalg::det(symmetric), a)) < 1e-12);
    BOOST_TEST(largest(xg::jvp({sum(r.ys[1])}, {a}, {a})[0] - 3 * xg::jvp({sum(linalg::svd(symmetric).S)}, {a}, {a})[0]) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
