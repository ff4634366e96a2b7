// Statistics, scans, what rearranges, what takes by index, and einsum.

#include <limits>

#include "../vmap_table.hpp"

using namespace test;
using xg::Var;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

const std::vector<std::vector<Extents>> deep = {{{2, 3, 4}}, {{1, 3, 1}}, {{2, 1, 3}}};
const std::vector<std::vector<Extents>> not_empty = {{{}}, {{1}}, {{7}}, {{3, 4}}, {{2, 1, 3}}};

/// Indices of the given shape from -extent to extent - 1, many of them twice.
Var indices(Var x, const Extents& shape, std::int64_t extent) {
    auto result = filled<std::int64_t>(shape, 0);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = (static_cast<std::int64_t>(i) * 5 + 2) % (2 * extent) - extent;
    return x.tape().constant(result);
}

/// x with zeros in it.
Var with_zeros(Var x) { return where(x > 0.7, 0, x); }

const std::vector<GradientRow> statistics = {
    {"prod", [](const Vars& x) { return prod(x[0]); }, any_one},
    {"prod_first", [](const Vars& x) { return square(prod(x[0], 0)); }, {{{3}}, {{3, 4}}, {{1, 3}}, {{0, 3}}, {{3, 0}}}},
    {"prod_last", [](const Vars& x) { return square(prod(x[0], -1)); }, deep},
    {"prod_outer", [](const Vars& x) { return x[0] * prod(x[0], {0, 2}, xg::keepdims); }, deep},
    {"prod_with_zeros", [](const Vars& x) { return prod(with_zeros(x[0]) * x[0] + with_zeros(x[0]), -1); }, {{{7}}, {{5, 4}}, {{4, 3, 2}}}},
    {"prod_of_zeros", [](const Vars& x) { return prod(x[0] * with_zeros(x[0]), 0); }, {{{2}}, {{2, 5}}, {{6, 2}}}},
    {"var", [](const Vars& x) { return var(x[0]); }, {{{2}}, {{7}}, {{3, 4}}}},
    {"var_axes", [](const Vars& x) { return x[0] * exp(var(x[0], {0, 2}, xg::keepdims, 0)); }, deep},
    {"stddev", [](const Vars& x) { return stddev(x[0], {-1}); }, {{{2}}, {{7}}, {{3, 4}}}},
    {"stddev_axes", [](const Vars& x) { return x[0] * stddev(x[0], {0, 1}, xg::keepdims, 0); }, {{{2, 3, 4}}, {{1, 3, 2}}}},
    {"norm", [](const Vars& x) { return norm(x[0]); }, any_one},
    {"norm_1", [](const Vars& x) { return square(norm(x[0], 1, {0})); }, deep},
    {"norm_inf", [](const Vars& x) { return square(norm(x[0], inf, {-1})); }, deep},
    {"norm_minus_inf", [](const Vars& x) { return square(norm(x[0], -inf, {-1})); }, deep},
    {"norm_3", [](const Vars& x) { return x[0] / norm(x[0], 3, {1}, xg::keepdims); }, deep},
    {"norm_minus_2", [](const Vars& x) { return x[0] * norm(x[0], -2, {-1}, xg::keepdims); }, deep},
    {"norm_of_large", [](const Vars& x) { return norm(1e200 * x[0]) * 1e-200; }, any_one},
    {"norm_0", [](const Vars& x) { return norm(x[0], 0) * x[0]; }, any_one},
    {"any_and_all", [](const Vars& x) { return where(any(x[0] > 1), square(x[0]), x[0]) + where(all(x[0] > -1, {0}), square(x[0]), x[0]); }, {{{7}}, {{3, 4}}, {{0, 2}}}},
    {"argmax", [](const Vars& x) { return take_along_axis(square(x[0]), argmax(x[0], 1, xg::keepdims), 1); }, deep},
    {"argmin", [](const Vars& x) { return take(square(x[0]), argmin(x[0])); }, not_empty},

    {"cumsum", [](const Vars& x) { return square(cumsum(x[0], 0)); }, {{{1}}, {{7}}, {{3, 4}}, {{2, 1, 3}}, {{0, 2}}, {{2, 0}}}},
    {"cumsum_last", [](const Vars& x) { return exp(cumsum(x[0], -1)); }, deep},
    {"cumprod", [](const Vars& x) { return square(cumprod(x[0], 0)); }, {{{1}}, {{7}}, {{3, 4}}, {{2, 1, 3}}, {{0, 2}}, {{2, 0}}}},
    {"cumprod_last", [](const Vars& x) { return exp(cumprod(x[0], -1)); }, deep},
    {"cumprod_with_zeros", [](const Vars& x) { return cumprod(with_zeros(x[0]) * x[0], 0); }, {{{7}}, {{5, 4}}, {{4, 2, 2}}}},
};

const std::vector<GradientRow> rearranged = {
    {"swap_axes", [](const Vars& x) { return exp(swap_axes(x[0], 0, -1)); }, deep},
    {"moveaxis", [](const Vars& x) { return exp(moveaxis(x[0], {0, -1}, {-1, 0})); }, deep},
    {"stack", [](const Vars& x) { return square(xg::stack({x[0], x[1], x[0]}, 1)); }, {{{3}, {3}}, {{2, 3}, {2, 3}}, {{1, 0}, {1, 0}}}},
    {"stack_last", [](const Vars& x) { return square(xg::stack({x[0], exp(x[0])}, -1)); }, any_one},
    {"split", [](const Vars& x) { const auto parts = split(x[0], 2, 1); return parts[0] * exp(parts[1]); }, {{{3, 4}}, {{1, 2}}, {{2, 6, 2}}, {{0, 2}}}},
    {"split_sizes", [](const Vars& x) { const auto parts = split_sizes(x[0], {1, 0, 2}, -1); return exp(parts[0]) * parts[2] + sum(parts[1]); }, {{{3}}, {{2, 3}}, {{0, 3}}}},
    {"tile", [](const Vars& x) { return exp(tile(x[0], {2, 1, 3})); }, any_one},
    {"repeat", [](const Vars& x) { return exp(repeat(x[0], 3, 1)); }, {{{3, 4}}, {{2, 1}}, {{2, 3, 2}}, {{2, 0}}}},
    {"repeat_flat", [](const Vars& x) { return exp(repeat(x[0], 2)); }, any_one},
    {"flip", [](const Vars& x) { return exp(flip(x[0])) * x[0]; }, any_one},
    {"flip_axes", [](const Vars& x) { return exp(flip(x[0], {0, -1})) * x[0]; }, deep},
    {"pad", [](const Vars& x) { return exp(pad(x[0], {{1, 2}, {0, 3}})); }, deep},
    {"pad_with_a_value", [](const Vars& x) { return square(pad(x[0], {{1, 2}, {0, 3}}, 0.5)); }, {{{2, 3, 4}}, {{1, 1}}, {{0, 2}}}},
    {"pad_edge", [](const Vars& x) { return square(pad(x[0], {{1, 2}, {0, 3}}, xg::PadMode::edge)); }, {{{2, 3, 4}}, {{1, 1}}, {{3, 2}}}},
    {"pad_reflect", [](const Vars& x) { return square(pad(x[0], {{5, 2}, {0, 3}}, xg::PadMode::reflect)); }, {{{2, 3, 4}}, {{1, 1}}, {{3, 2}}}},
    {"pad_symmetric", [](const Vars& x) { return square(pad(x[0], {{5, 2}, {0, 3}}, xg::PadMode::symmetric)); }, {{{2, 3, 4}}, {{1, 1}}, {{3, 2}}}},
    {"pad_wrap", [](const Vars& x) { return square(pad(x[0], {{1, 2}, {4, 3}}, xg::PadMode::wrap)); }, {{{2, 3, 4}}, {{1, 1}}, {{3, 2}}}},
    {"diagonal", [](const Vars& x) { return exp(diagonal(x[0])); }, {{{3, 3}}, {{3, 5}}, {{4, 2, 3}}, {{1, 1}}, {{0, 2}}}},
    {"diagonal_above", [](const Vars& x) { return exp(diagonal(x[0], 1, -1, 0)); }, {{{3, 3}}, {{3, 5}}, {{4, 2, 3}}, {{1, 1}}}},
    {"diagonal_below", [](const Vars& x) { return exp(diagonal(x[0], -1, 0, 2)); }, deep},
    {"trace", [](const Vars& x) { return square(trace(x[0])); }, {{{3, 3}}, {{2, 5}}, {{2, 3, 4}}, {{0, 0}}}},
    {"tril", [](const Vars& x) { return exp(tril(x[0])) * x[0]; }, {{{3, 3}}, {{2, 5}}, {{2, 4, 3}}, {{0, 2}}, {{2, 0}}}},
    {"triu", [](const Vars& x) { return exp(triu(x[0], 1)) * x[0]; }, {{{3, 3}}, {{2, 5}}, {{2, 4, 3}}, {{1, 1}}}},
};

const std::vector<GradientRow> taken = {
    {"take", [](const Vars& x) { return exp(take(x[0], indices(x[0], {5}, 3), 1)); }, {{{2, 3}}, {{2, 3, 2}}, {{1, 3}}, {{0, 3}}}},
    {"take_several_axes", [](const Vars& x) { return exp(take(x[0], indices(x[0], {2, 2}, 3), -1)); }, {{{3}}, {{2, 3}}, {{2, 2, 3}}}},
    {"take_one", [](const Vars& x) { return exp(take(x[0], indices(x[0], {}, 3), 0)); }, {{{3}}, {{3, 2}}, {{3, 0}}}},
    {"take_flat", [](const Vars& x) { return exp(take(x[0], indices(x[0], {4}, static_cast<std::int64_t>(x[0].shape().numel())))); }, not_empty},
    {"take_nothing", [](const Vars& x) { return exp(take(x[0], indices(x[0], {0}, 3), 0)) * x[0]; }, {{{1}}, {{1, 2}}}},
    {"take_along_axis", [](const Vars& x) { return exp(take_along_axis(x[0], indices(x[0], {2, 5, 2}, 3), 1)); }, {{{2, 3, 2}}, {{1, 3, 2}}, {{2, 3, 1}}, {{1, 3, 1}}}},
    {"take_along_broadcast", [](const Vars& x) { return exp(take_along_axis(x[0], indices(x[0], {1, 2}, 3), 1)); }, {{{2, 3}}, {{1, 3}}, {{0, 3}}}},
    {"scatter_add", [](const Vars& x) { return exp(scatter_add(x[0], indices(x[0], {2, 5}, 3), x[1], 1)); }, {{{2, 3}, {2, 5}}, {{4, 3}, {2, 5}}, {{2, 3}, {5}}, {{2, 3}, {}}}},
    {"scatter_add_first", [](const Vars& x) { return square(scatter_add(x[0], indices(x[0], {4, 1}, 3), x[1] * x[1], 0)); }, {{{3, 1}, {4, 1}}, {{3, 2}, {4, 1}}, {{3, 2}, {1, 1}}}},
    {"scatter", [](const Vars& x) { return exp(scatter(x[0], indices(x[0], {2, 5}, 3), x[1], 1)); }, {{{2, 3}, {2, 5}}, {{4, 3}, {2, 5}}, {{2, 3}, {5}}, {{2, 3}, {}}}},
    {"scatter_first", [](const Vars& x) { return square(scatter(x[0], indices(x[0], {2, 1}, 3), x[1] * x[1], 0)); }, {{{3, 1}, {2, 1}}, {{3, 2}, {2, 1}}}},
    {"scatter_max", [](const Vars& x) { return square(scatter_max(x[0], indices(x[0], {2, 5}, 3), x[1], 1)); }, {{{2, 3}, {2, 5}}, {{4, 3}, {2, 5}}}},
    {"scatter_min", [](const Vars& x) { return square(scatter_min(x[0], indices(x[0], {2, 5}, 3), x[1], 1)); }, {{{2, 3}, {2, 5}}, {{4, 3}, {2, 5}}}},
    {"scatter_multiply", [](const Vars& x) { return square(scatter_multiply(x[0], indices(x[0], {2, 8}, 3), x[1], 1)); }, {{{2, 3}, {2, 8}}, {{4, 3}, {2, 8}}, {{2, 3}, {8}}}},
    {"scatter_multiply_zeros", [](const Vars& x) { return scatter_multiply(with_zeros(x[0]) * x[0], indices(x[0], {9}, 3), with_zeros(x[1]) * x[1], 0); }, {{{3}, {9}}}},
    {"gather_nd", [](const Vars& x) { return exp(gather_nd(x[0], x[0].tape().constant(xt::xarray<std::int64_t>{{0, 1}, {1, -1}, {0, 1}}))); }, {{{2, 2}}, {{2, 3, 4}}, {{2, 2, 0}}}},
    {"sort", [](const Vars& x) { return exp(sort(x[0], 0)) * x[0]; }, {{{7}}, {{3, 4}}, {{2, 1, 3}}, {{0, 2}}}},
    {"sort_descending", [](const Vars& x) { return exp(sort(x[0], -1, xg::SortOrder::descending)) * x[0]; }, deep},
    {"top_k", [](const Vars& x) { return exp(top_k(x[0], 2, 1).values); }, {{{2, 3, 4}}, {{3, 2}}, {{0, 3}}}},
    {"one_hot_axis", [](const Vars& x) { return exp(one_hot(x[0].tape().constant(xt::xarray<std::int64_t>{2, 0}), 3, 0, x[0].dtype()) * x[0]); }, {{{3, 2}}, {{3, 1}}, {{2}}}},
};

GradientRow einsum_row(std::string equation, std::vector<std::vector<Extents>> shapes) {
    return {"einsum_" + equation, [equation](const Vars& x) { return x.size() == 1 ? exp(xg::einsum(equation, x[0])) : square(xg::einsum(equation, x)); }, std::move(shapes)};
}

const std::vector<GradientRow> linear_algebra = {
    einsum_row("ij,jk->ik", {{{2, 3}, {3, 4}}, {{1, 1}, {1, 1}}, {{2, 0}, {0, 2}}}),
    einsum_row("ij,kj", {{{2, 3}, {4, 3}}}),
    einsum_row("i,i", {{{3}, {3}}, {{1}, {3}}, {{0}, {0}}}),
    einsum_row("i,j->ji", {{{3}, {2}}}),
    einsum_row("bij,bj->bi", {{{2, 3, 4}, {2, 4}}, {{2, 3, 4}, {1, 4}}}),
    einsum_row("bhqd,bhkd->bhqk", {{{2, 1, 3, 2}, {2, 1, 2, 2}}}),
    einsum_row("ijk,kl->il", {{{2, 3, 2}, {2, 2}}}),
    einsum_row("...ij,...jk->...ik", {{{2, 3, 4}, {4, 2}}, {{2, 1, 3, 4}, {3, 4, 2}}}),
    einsum_row("ii,i->i", {{{3, 3}, {3}}}),
    einsum_row("ii", {{{3, 3}}, {{1, 1}}}),
    einsum_row("ijij->ji", {{{2, 3, 2, 3}}}),
    einsum_row("ij->", {{{2, 3}}, {{0, 3}}}),
    einsum_row("i...->...i", {{{2, 3}}, {{2, 3, 4}}, {{2}}}),
    einsum_row("i,ij,j->", {{{2}, {2, 3}, {3}}, {{1}, {1, 1}, {1}}, {{0}, {0, 2}, {2}}}),
    einsum_row("ij,jk,kl->il", {{{2, 3}, {3, 4}, {4, 2}}, {{2, 1}, {3, 4}, {1, 2}}}),
    einsum_row("bi,bj,bij->b", {{{2, 3}, {2, 2}, {2, 3, 2}}}),
    einsum_row("...i,...j,ij,k->k...", {{{2, 3}, {2, 2}, {3, 2}, {2}}}),
    {"dot_vectors", [](const Vars& x) { return square(dot(x[0], x[1])); }, {{{3}, {3}}, {{0}, {0}}, {{2, 3}, {3}}, {{}, {3}}, {{2, 3}, {3, 2}}}},
    {"dot_deep", [](const Vars& x) { return square(dot(x[0], x[1])); }, {{{3}, {2, 3, 4}}, {{2, 3}, {2, 3, 4}}, {{2, 2, 3}, {1, 3, 2}}}},
    {"outer", [](const Vars& x) { return square(outer(x[0], x[1])); }, {{{3}, {2}}, {{1}, {4}}, {{2, 2}, {3}}, {{}, {2}}}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(gradients)
const Cases statistics_cases(statistics, check_gradient);
const Cases rearranged_cases(rearranged, check_gradient);
const Cases taken_cases(taken, check_gradient);
const Cases linear_algebra_cases(linear_algebra, check_gradient);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(vmapped)
const Cases vmapped_statistics(statistics, check_vmap);
const Cases vmapped_rearranged(rearranged, check_vmap);
const Cases vmapped_taken(taken, check_vmap);
const Cases vmapped_linear_algebra(linear_algebra, check_vmap);
BOOST_AUTO_TEST_SUITE_END()
