// Linear algebra where there is no result, or no derivative: errors, NaN, and what is said of degenerate matrices.

#include "../support.hpp"

using namespace test;
using xg::Var;
namespace linalg = xg::linalg;

namespace {

using Doubles = xt::xarray<double>;
using linalg::Failure;

const Doubles regular = {{2, 1}, {1, 3}}, singular = {{1, 2}, {2, 4}};

/// A batch of 2 x 3 matrices of 2 x 2, of which one is another one.
Doubles batch_with(const Doubles& other) {
    Doubles result = filled<double>({2, 3, 2, 2}, 0);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = (i / 4 == 4 ? other : regular).data()[i % 4];
    return result;
}

/// A large one, which goes to LAPACK if there is one: the identity, but for a pivot.
Doubles large_with(std::size_t place, double pivot) {
    Doubles result = filled<double>({12, 12}, 0);
    for (std::size_t i = 0; i < 12; ++i) result(i, i) = i == place ? pivot : 1;
    return result;
}

struct Fixture {
    xg::Tape tape;
    Var batch = tape.parameter(batch_with(singular)), one = tape.parameter(singular), b = tape.constant(Doubles{1, 1});
};

bool finite(Var x) { return all(isfinite(x)).scalar<bool>(); }

} // namespace

#define ERROR_IS(expression, text) BOOST_TEST(error_of([&] { (void)(expression); }) == std::string(text) + at(__LINE__))

BOOST_FIXTURE_TEST_SUITE(linear_algebra_failures, Fixture)

BOOST_AUTO_TEST_CASE(singular_matrices) {
    ERROR_IS(linalg::solve(batch, b).value<double>(), "solve: matrix (1, 1) of the batch (2, 3) is singular, pivot 1 of its LU decomposition is 0");
    ERROR_IS(linalg::solve(one, b).value<double>(), "solve: the matrix is singular, pivot 1 of its LU decomposition is 0");
    ERROR_IS(linalg::inverse(batch).value<double>(), "inverse: matrix (1, 1) of the batch (2, 3) is singular, pivot 1 of its LU decomposition is 0");
    ERROR_IS(linalg::matrix_power(one, -2).value<double>(), "matrix_power: the matrix is singular, pivot 1 of its LU decomposition is 0");
    ERROR_IS(linalg::solve_triangular(tape.parameter(Doubles{{1, 2}, {0, 0}}), b).value<double>(), "solve_triangular: the triangle of the matrix is singular, element 1 of its diagonal is 0");
    ERROR_IS(linalg::inverse(tape.parameter(large_with(7, 0))).value<double>(), "inverse: the matrix is singular, pivot 7 of its LU decomposition is 0");
    ERROR_IS(linalg::solve_triangular(tape.parameter(large_with(7, 0)), xg::ones(tape, xg::Shape(12))).value<double>(), "solve_triangular: the triangle of the matrix is singular, element 7 of its diagonal is 0");
    // Of several, the first; and of a vmap as of the batch.
    const Var two = xg::stack(one, one, 0);
    ERROR_IS(linalg::inverse(two).value<double>(), "inverse: matrix (0) of the batch (2,) is singular, pivot 1 of its LU decomposition is 0");
    const auto of_each = [](Var a) { return linalg::inverse(a); };
    const Var each = xg::vmap(of_each, two);
    BOOST_TEST(error_of([&] { (void)each.value<double>(); }).starts_with("inverse: matrix (0) of the batch (2,) is singular"));
}

BOOST_AUTO_TEST_CASE(indefinite_matrices) {
    const std::string advice = "; {.indefinite = xg::linalg::Failure::nan} gives NaN instead";
    ERROR_IS(linalg::cholesky(tape.parameter(batch_with({{1, 2}, {2, 3}}))).value<double>(),
             "cholesky: matrix (1, 1) of the batch (2, 3) is not positive definite, pivot 1 is not positive" + advice);
    ERROR_IS(linalg::cholesky(-one).value<double>(), "cholesky: the matrix is not positive definite, pivot 0 is not positive" + advice);
    ERROR_IS(linalg::cholesky(tape.parameter(large_with(7, -1))).value<double>(), "cholesky: the matrix is not positive definite, pivot 7 is not positive" + advice);
    ERROR_IS(linalg::cholesky(tape.parameter(large_with(7, std::nan("")))).value<double>(), "cholesky: the matrix is not positive definite, pivot 7 is not positive" + advice);
}

/// NaN for the one matrix, in the result and in the gradient, and the others are as they are without it.
BOOST_AUTO_TEST_CASE(nan_where_it_is_asked_for) {
    const auto check = [&](const std::function<Var(Var)>& f, const Doubles& bad) {
        const Var x = tape.parameter(batch_with(bad)), good = tape.parameter(batch_with(regular));
        const Var y = f(x), expected = f(good), slope = gradient(sum(y * y), x), right = gradient(sum(expected * expected), good);
        for (std::int64_t i = 0; i < 6; ++i)
            for (const auto& [got, wanted] : {std::pair{y, expected}, std::pair{slope, right}}) {
                const Var part = got[{i / 3, i % 3}];
                if (i == 4)
                    BOOST_TEST(all(isnan(part)).scalar<bool>());
                else
                    BOOST_TEST(same(part.value<double>(), wanted[{i / 3, i % 3}].value<double>(), 1e-14));
            }
    };
    check([&](Var a) { return linalg::solve(a, b, {.singular = Failure::nan}); }, singular);
    check([](Var a) { return linalg::inverse(a, {.singular = Failure::nan}); }, singular);
    const Var x = tape.parameter(batch_with({{1, 2}, {2, 3}})), l = linalg::cholesky(x, {.indefinite = Failure::nan});
    BOOST_TEST(all(isnan(l[{1, 1}])).scalar<bool>());
    BOOST_TEST(finite(l[{1, 2}]));
    const Var slope = gradient(sum(tril(l)), x);
    BOOST_TEST(finite(slope[{0, 1}]));
    BOOST_TEST(any(isnan(slope[{1, 1}])).scalar<bool>());
    const Var zero = linalg::solve_triangular(xg::zeros(tape, {12, 12}), xg::ones(tape, xg::Shape(12)), {.singular = Failure::nan});
    BOOST_TEST(all(isnan(zero)).scalar<bool>());
}

BOOST_AUTO_TEST_CASE(determinants_of_singular_matrices) {
    const auto [sign, logabsdet] = linalg::slogdet(one);
    const Var determinant = linalg::det(one);
    const std::string place = at(__LINE__ - 1);
    BOOST_TEST(determinant.scalar<double>() == 0);
    BOOST_TEST(sign.scalar<double>() == 0);
    BOOST_TEST(logabsdet.scalar<double>() == -std::numeric_limits<double>::infinity());
    // The cofactors, of rank n - 1, of rank n - 2, and of one whose first pivot is 0.
    BOOST_TEST(same(gradient(linalg::det(one), one).value<double>(), Doubles{{4, -2}, {-2, 1}}, 1e-14));
    const Var nothing = tape.parameter(filled<double>({3, 3}, 0)), nilpotent = tape.parameter(Doubles{{0, 1, 0}, {0, 0, 1}, {0, 0, 0}});
    BOOST_TEST(max(abs(gradient(linalg::det(nothing), nothing))).scalar<double>() == 0);
    BOOST_TEST(same(gradient(linalg::det(nilpotent), nilpotent).value<double>(), Doubles{{0, 0, 0}, {0, 0, 0}, {1, 0, 0}}, 0, 1e-15));
    const Var slope = gradient(determinant, one);
    BOOST_TEST(error_of([&] { gradient(sum(square(slope)), one).value<double>(); }) == "det: the matrix is singular, pivot 1 of its LU decomposition is 0" + place);
}

/// Derivatives that do not exist are errors, at the line that decomposed.
BOOST_AUTO_TEST_CASE(no_derivative) {
    const Var logabsdet = linalg::slogdet(one).logabsdet;
    const std::string place = at(__LINE__ - 1);
    BOOST_TEST(error_of([&] { gradient(logabsdet, one).value<double>(); }) == "slogdet: the matrix is singular, pivot 1 of its LU decomposition is 0" + place);
    const Var zero = tape.parameter(filled<double>({2, 2}, 0)), q = linalg::qr(zero).Q;
    const std::string place_of_q = at(__LINE__ - 1);
    BOOST_TEST(error_of([&] { gradient(sum(q), zero).value<double>(); }) == "qr: the triangle of the matrix is singular, element 0 of its diagonal is 0" + place_of_q);
    const Var u = linalg::lu(one).U;
    const std::string place_of_u = at(__LINE__ - 1);
    BOOST_TEST(error_of([&] { gradient(sum(u), one).value<double>(); }) == "lu: the triangle of the matrix is singular, element 1 of its diagonal is 0" + place_of_u);
}

/// Of equal eigenvalues: what is made of the values has derivatives, what is made of the vectors has NaN.
BOOST_AUTO_TEST_CASE(equal_eigenvalues) {
    const Doubles rotated = {{2, 0, 0}, {0, 2.5, 0.5}, {0, 0.5, 2.5}}; // 2, 2, 3
    for (const Doubles& elements : {rotated, Doubles{{2, 0, 0}, {0, 2, 0}, {0, 0, 3}}}) {
        const Var a = tape.parameter(elements);
        const auto [w, v] = linalg::eigh(a);
        BOOST_TEST(same(gradient(sum(w), a).value<double>(), Doubles{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, 0, 1e-14));
        BOOST_TEST(same(gradient(sum(w * w), a).value<double>(), Doubles(2.0 * elements), 1e-14, 1e-14));
        BOOST_TEST(same(gradient(w[2], a).value<double>(), matmul(expand_dims(take(v, tape.constant(std::int64_t{2}), 1), 1), expand_dims(take(v, tape.constant(std::int64_t{2}), 1), 0)).value<double>(), 1e-14, 1e-14));
        BOOST_TEST(any(isnan(gradient(sum(v * a), a))).scalar<bool>());
        // The second derivative of sum w^2 exists, and the way by the vectors cannot tell: no number rather than a wrong one.
        const Var slope = gradient(sum(w * w), a), direction = tape.constant(Doubles{{0, 1, 0}, {1, 0, 0}, {0, 0, 0}});
        BOOST_TEST(any(isnan(gradient(sum(slope * direction), a))).scalar<bool>());
        BOOST_TEST(any(isnan(xg::jvp({v}, {a}, {direction})[0])).scalar<bool>());
    }
    const Var a = tape.parameter(Doubles{{2, 0}, {0, 2 + 1e-9}}); // well apart
    BOOST_TEST(finite(gradient(sum(linalg::eigh(a).eigenvectors * a), a)));
    const Var zero = tape.parameter(filled<double>({2, 2}, 0)), slope = gradient(sum(square(linalg::eigh(zero).eigenvalues)), zero);
    BOOST_TEST(any(isnan(gradient(sum(slope), zero))).scalar<bool>());
}

BOOST_AUTO_TEST_CASE(equal_singular_values) {
    const Var a = tape.parameter(Doubles{{0, 2}, {-2, 0}}), deficient = tape.parameter(Doubles{{1, 2}, {2, 4}, {3, 6}});
    const auto [u, s, vh] = linalg::svd(a);
    BOOST_TEST(same(gradient(sum(s * s), a).value<double>(), (2 * a).value<double>(), 1e-14, 1e-14));
    BOOST_TEST(any(isnan(gradient(sum(u * a), a))).scalar<bool>());
    BOOST_TEST(any(isnan(gradient(sum(vh * a), a))).scalar<bool>());
    BOOST_TEST(finite(gradient(sum(linalg::svd(deficient).S), deficient))); // a subgradient
    BOOST_TEST(any(isnan(gradient(sum(linalg::svd(deficient).U * deficient), deficient))).scalar<bool>());
    // A square one of rank n - 1 still has them: its vectors are as unique as those of others.
    BOOST_TEST(finite(gradient(sum(abs(linalg::svd(one).U) * one), one)));
}

/// Ranks below the full one: what counts, the least norm, and the derivative among matrices of that rank.
BOOST_AUTO_TEST_CASE(deficient_ranks) {
    const Var a = tape.parameter(Doubles{{1, 2}, {2, 4}, {3, 6}}), right = tape.constant(Doubles{1, 2, 4});
    const auto [x, residuals, rank, s] = linalg::lstsq(a, right);
    BOOST_TEST(rank.scalar<std::int64_t>() == 1);
    BOOST_TEST(same(x.value<double>(), Doubles{17.0 / 70, 34.0 / 70}, 1e-14));
    BOOST_TEST(std::abs(residuals.scalar<double>() - (21 - 17.0 * 17 / 14)) < 1e-13);
    // Along a itself the rank stays: (t a)^+ = a^+ / t.
    const Var slope = xg::jvp({linalg::pinv(a)}, {a}, {a})[0];
    BOOST_TEST(same(slope.value<double>(), (-linalg::pinv(a)).value<double>(), 1e-13, 1e-14));
    BOOST_TEST(linalg::lstsq(tape.parameter(regular), tape.constant(Doubles{1, 1}), 0.9).rank.scalar<std::int64_t>() == 1);
    BOOST_TEST(linalg::lstsq(tape.parameter(regular), tape.constant(Doubles{1, 1})).rank.scalar<std::int64_t>() == 2);
}

BOOST_AUTO_TEST_CASE(arguments) {
    const Var wide = tape.input<double>({2, 3}), vector = tape.input<double>({3}), integers = tape.input<std::int64_t>({2, 2}), single = tape.input<float>({2, 2});
    ERROR_IS(linalg::inverse(wide), "inverse: takes square matrices, was given (2, 3); the last two extents must be equal");
    ERROR_IS(linalg::det(vector), "det: takes matrices, was given (3,); the last two axes are a matrix's");
    ERROR_IS(linalg::svd(integers), "svd: takes real matrices, was given int64 (2, 2); cast it to float32 or float64");
    ERROR_IS(linalg::solve(one, vector), "solve: a is (2, 2) and b (3, 1); b must have as many rows as a");
    ERROR_IS(linalg::solve(one, single), "solve: dtypes differ, float64 (2, 2) and float32 (2, 2); cast the float32 one: cast(x, xg::DType::float64)");
    ERROR_IS(linalg::solve(batch, tape.input<double>({4, 2, 1})), "solve: leading axes do not broadcast, (2, 3, 2, 2) and (4, 2, 1); their extents must be equal or 1");
    ERROR_IS(linalg::kron(tape.input<double>({1, 1, 1, 1, 1}), vector), "kron: takes at most 4 axes, was given (1, 1, 1, 1, 1) and (3,)");
}

BOOST_AUTO_TEST_SUITE_END()
