// Derivatives of linear algebra to second order, of one matrix and of batches, and under vmap.

#include "../vmap_table.hpp"

using namespace test;
using xg::Var;
namespace linalg = xg::linalg;

namespace {

using Shapes = std::vector<std::vector<Extents>>;

const Shapes squares = {{{1, 1}}, {{2, 2}}, {{4, 4}}, {{3, 3, 3}}, {{2, 1, 5, 5}}};
const Shapes any_shape = {{{3, 3}}, {{4, 2}}, {{2, 4}}, {{2, 5, 3}}, {{3, 2, 3}}, {{1, 4}}, {{4, 1}}};
const Shapes systems = {{{1, 1}, {1}}, {{3, 3}, {3}}, {{3, 3}, {3, 2}}, {{2, 3, 3}, {3}}, {{2, 3, 3}, {2, 3, 1}}, {{3, 3}, {2, 3, 2}}, {{2, 1, 2, 2}, {3, 2, 4}}};

Var eye_of(Var x) { return xg::eye(x.tape(), x.shape().back(), 0, 0, x.dtype()); }
/// With eigenvalues that are far from 0, and from each other.
Var regular(Var x) {
    const auto n = x.shape().back();
    return x + eye_of(x) * (3 + 4 * xg::arange(x.tape(), 0, static_cast<double>(n), 1, x.dtype()));
}
Var definite(Var x) { return matmul(x, x, {.transpose_b = true}) + eye_of(x); }
/// With far singular values, for any extents.
Var spread(Var x) {
    const auto m = x.shape()[x.rank() - 2], n = x.shape().back();
    return 0.3 * x + xg::eye(x.tape(), m, n, 0, x.dtype()) * (2 + 3 * xg::arange(x.tape(), 0, static_cast<double>(n), 1, x.dtype()));
}
/// All elements, each with a weight of its own, so that signs and order matter.
Var weighted(Var x) {
    if (x.rank() == 0) return x;
    return x * (1 + 0.1 * xg::arange(x.tape(), 0, static_cast<double>(x.shape().back()), 1, x.dtype()));
}
Var transpose_last(Var x) { return xg::swap_axes(x, -2, -1); }
/// Of what may have either sign.
Var outers(Var vectors) { return expand_dims(vectors, -1) * expand_dims(vectors, -2); }

const std::vector<GradientRow> rows = {
    {"solve", [](const Vars& x) { return linalg::solve(regular(x[0]), x[1]); }, systems},
    {"solve_nan", [](const Vars& x) { return linalg::solve(regular(x[0]), x[1], {.singular = linalg::Failure::nan}); }, {{{2, 3, 3}, {3, 2}}}},
    {"solve_triangular", [](const Vars& x) { return linalg::solve_triangular(regular(x[0]), x[1]); }, systems},
    {"solve_triangular_lower", [](const Vars& x) { return linalg::solve_triangular(regular(x[0]), x[1], {.lower = true}); }, systems},
    {"solve_triangular_transposed", [](const Vars& x) { return linalg::solve_triangular(regular(x[0]), x[1], {.lower = true, .transposed = true}); }, {{{3, 3}, {3, 2}}, {{2, 2, 2}, {2}}}},
    {"solve_triangular_unit", [](const Vars& x) { return linalg::solve_triangular(x[0], x[1], {.transposed = true, .unit_diagonal = true}); }, {{{3, 3}, {3, 2}}, {{2, 2, 2}, {2}}}},
    {"inverse", [](const Vars& x) { return linalg::inverse(regular(x[0])); }, squares},
    {"inv", [](const Vars& x) { return linalg::inv(regular(x[0])); }, {{{2, 2}}}},
    {"det", [](const Vars& x) { return linalg::det(regular(x[0])) / 100; }, squares},
    {"logabsdet", [](const Vars& x) { return linalg::slogdet(regular(x[0])).logabsdet; }, squares},
    {"sign_of_det", [](const Vars& x) { return linalg::slogdet(x[0]).sign * sum(square(x[0]), {-2, -1}); }, {{{3, 3}}, {{2, 2, 2}}}},
    {"cholesky", [](const Vars& x) { return weighted(linalg::cholesky(definite(x[0]))); }, squares},
    {"cholesky_not_symmetric", [](const Vars& x) { return weighted(linalg::cholesky(8 * eye_of(x[0]) + x[0])); }, squares},
    {"lu_L", [](const Vars& x) { return weighted(linalg::lu(spread(x[0])).L); }, any_shape},
    {"lu_U", [](const Vars& x) { return weighted(linalg::lu(spread(x[0])).U); }, any_shape},
    {"lu_product", [](const Vars& x) { const auto [p, l, u] = linalg::lu(flip(spread(x[0]), -2)); return square(matmul(p, matmul(l, u))); }, any_shape},
    {"qr_Q", [](const Vars& x) { return weighted(linalg::qr(spread(x[0])).Q); }, any_shape},
    {"qr_R", [](const Vars& x) { return weighted(linalg::qr(spread(x[0])).R); }, any_shape},
    {"qr_product", [](const Vars& x) { const auto [q, r] = linalg::qr(spread(x[0])); return square(matmul(q, r)); }, any_shape},
    {"eigenvalues", [](const Vars& x) { return weighted(linalg::eigh(regular(x[0])).eigenvalues); }, squares},
    {"eigenvectors", [](const Vars& x) { return weighted(outers(transpose_last(linalg::eigh(regular(x[0])).eigenvectors))); }, {{{1, 1}}, {{3, 3}}, {{2, 2, 2}}}},
    {"eigh_product", [](const Vars& x) { const auto [w, v] = linalg::eigh(regular(x[0])); return matmul(v * expand_dims(exp(0.1 * w), -2), v, {.transpose_b = true}); }, squares},
    {"singular_values", [](const Vars& x) { return weighted(linalg::svd(spread(x[0])).S); }, any_shape},
    {"left_vectors", [](const Vars& x) { return weighted(outers(transpose_last(linalg::svd(spread(x[0])).U))); }, {{{3, 3}}, {{4, 2}}, {{2, 4}}, {{2, 3, 2}}}},
    {"right_vectors", [](const Vars& x) { return weighted(outers(linalg::svd(spread(x[0])).Vh)); }, {{{3, 3}}, {{4, 2}}, {{2, 4}}, {{2, 3, 2}}}},
    {"svd_product", [](const Vars& x) { const auto [u, s, vh] = linalg::svd(spread(x[0])); return matmul(u * expand_dims(square(s), -2), vh); }, any_shape},
    {"pinv", [](const Vars& x) { return linalg::pinv(spread(x[0])); }, any_shape},
    {"lstsq", [](const Vars& x) { return linalg::lstsq(spread(x[0]), x[1]).x; }, {{{4, 2}, {4}}, {{2, 4}, {2, 3}}, {{3, 3}, {3}}, {{2, 4, 2}, {2, 4, 1}}}},
    {"residuals", [](const Vars& x) { return linalg::lstsq(spread(x[0]), x[1]).residuals; }, {{{4, 2}, {4}}, {{4, 2}, {4, 3}}, {{2, 4, 2}, {2, 4, 1}}}},
    {"matrix_power", [](const Vars& x) { return linalg::matrix_power(0.5 * x[0], 5); }, squares},
    {"matrix_power_minus_3", [](const Vars& x) { return linalg::matrix_power(regular(x[0]), -3); }, squares},
    {"matrix_power_0", [](const Vars& x) { return linalg::matrix_power(x[0], 0) * x[0]; }, squares},
    {"expm", [](const Vars& x) { return linalg::expm(x[0]); }, squares},
    {"expm_of_small", [](const Vars& x) { return linalg::expm(0.01 * x[0]); }, {{{3, 3}}}},
    {"kron", [](const Vars& x) { return linalg::kron(x[0], x[1]); }, {{{2, 3}, {3, 1}}, {{2}, {3, 2}}, {{}, {2, 2}}, {{2, 1, 2}, {2, 2}}}},
    {"norm_of_all", [](const Vars& x) { return linalg::norm(x[0]); }, {{{3}}, {{2, 3}}}},
    {"norm_frobenius", [](const Vars& x) { return linalg::norm(x[0], linalg::MatrixNorm::frobenius); }, any_shape},
    {"norm_nuclear", [](const Vars& x) { return linalg::norm(spread(x[0]), linalg::MatrixNorm::nuclear); }, any_shape},
    {"norm_spectral", [](const Vars& x) { return linalg::norm(spread(x[0]), linalg::MatrixNorm::spectral); }, any_shape},
};

} // namespace

BOOST_AUTO_TEST_SUITE(gradients)
const Cases linalg_cases(rows, check_gradient);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(vmapped)
const Cases linalg_vmapped_cases(rows, check_vmap);
BOOST_AUTO_TEST_SUITE_END()
