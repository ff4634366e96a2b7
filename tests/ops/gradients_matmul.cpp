// Products in all four transpositions, batched with broadcasting, with vectors, and through views.

#include "../vmap_table.hpp"

using namespace test;

namespace {

template <bool ta, bool tb>
xg::Var product(const Vars& x) {
    return matmul(x[0], x[1], ta, tb);
}

xg::Var curved(const Vars& x) { return tanh(matmul(x[0], x[1])) * 2; }

const std::vector<GradientRow> rows = {
    {"matmul", product<false, false>, {{{3, 4}, {4, 2}}, {{1, 4}, {4, 1}}, {{1, 1}, {1, 1}}, {{2, 0}, {0, 3}}, {{0, 2}, {2, 3}}, {{2, 3}, {3, 0}}}},
    {"matmul_ta", product<true, false>, {{{4, 3}, {4, 2}}, {{4, 1}, {4, 1}}, {{0, 2}, {0, 3}}}},
    {"matmul_tb", product<false, true>, {{{3, 4}, {2, 4}}, {{1, 4}, {1, 4}}, {{2, 0}, {3, 0}}}},
    {"matmul_ta_tb", product<true, true>, {{{4, 3}, {2, 4}}, {{4, 1}, {1, 4}}}},
    {"matmul_batched", curved, {{{2, 3, 4}, {2, 4, 2}}, {{5, 2, 3, 4}, {5, 2, 4, 1}}, {{0, 2, 3}, {0, 3, 1}}}},
    {"matmul_batched_ta", product<true, false>, {{{2, 4, 3}, {2, 4, 2}}, {{4, 3}, {2, 4, 2}}}},
    {"matmul_batched_tb", product<false, true>, {{{2, 3, 4}, {2, 2, 4}}, {{2, 3, 4}, {2, 4}}}},
    {"matmul_batched_ta_tb", product<true, true>, {{{2, 4, 3}, {2, 2, 4}}, {{1, 4, 3}, {3, 2, 4}}}},
    {"matmul_broadcasts", curved, {{{3, 4}, {2, 4, 2}}, {{2, 3, 4}, {4, 2}}, {{2, 1, 3, 4}, {3, 4, 2}}, {{1, 2, 3}, {4, 3, 2}}, {{3, 1, 2, 2}, {1, 2, 2, 2}}}},
    {"matmul_vector_matrix", curved, {{{4}, {4, 2}}, {{4}, {3, 4, 2}}, {{1}, {1, 1}}}},
    {"matmul_matrix_vector", curved, {{{3, 4}, {4}}, {{2, 3, 4}, {4}}, {{1, 1}, {1}}}},
    {"matmul_vector_vector", curved, {{{4}, {4}}, {{1}, {1}}}},
    {"matmul_vector_flags", [](const Vars& x) { return matmul(x[0], x[1], true, true); }, {{{4}, {2, 4}}, {{4, 3}, {4}}}},
    {"matmul_by_itself", [](const Vars& x) { return matmul(x[0], x[0], true) + matmul(x[0], x[0], false, true); }, {{{3, 3}}, {{1, 1}}, {{2, 2, 2}}}},
    {"matmul_transposed_views", [](const Vars& x) { return matmul(transpose(x[0]), transpose(x[1], {1, 0})); }, {{{4, 3}, {2, 4}}}},
    {"matmul_sliced_views", [](const Vars& x) { return matmul(slice(x[0], {{0, 3}, {1, 4}}), slice(x[1], {{.step = 2}, {.step = -1}})); }, {{{4, 5}, {5, 3}}}},
    {"matmul_broadcast_views", [](const Vars& x) { return matmul(broadcast_to(x[0], {3, 4}), x[1]); }, {{{4}, {4, 2}}, {{3, 1}, {4, 2}}, {{}, {4, 2}}}},
    {"matmul_wide", [](const Vars& x) { return sum(square(matmul(x[0], x[1])), 1); }, {{{3, 2}, {2, 40}}}, {}, {.directions = 1}},
    {"matmul_classifier", [](const Vars& x) { return logsumexp(matmul(x[0], x[1]) + x[2], 1); }, {{{5, 3}, {3, 4}, {4}}}},
    {"matmul_two_layers", [](const Vars& x) { return matmul(tanh(matmul(x[0], x[1])), x[2]); }, {{{5, 3}, {3, 4}, {4, 2}}, {{2, 3}, {3, 1}, {1, 2}}}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(gradients)
const Cases cases(rows, check_gradient);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(vmapped)
const Cases vmapped_cases(rows, check_vmap);
BOOST_AUTO_TEST_SUITE_END()
