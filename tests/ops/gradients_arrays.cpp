// Reductions, what changes shapes, what chooses by label, and the composites.

#include "../vmap_table.hpp"

using namespace test;
using xg::DType;
using xg::Range;
using xg::Var;

namespace {

const std::vector<std::vector<Extents>> deep = {{{2, 3, 4}}, {{1, 3, 1}}, {{2, 1, 3}}};

/// Labels 2, 0, 1, 2, ... of the given shape on x's tape.
Var labels(Var x, const Extents& shape, std::int64_t classes) {
    auto result = filled<std::int64_t>(shape, 0);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = (static_cast<std::int64_t>(i) * 5 + 2) % classes;
    return x.tape().constant(result);
}

Var picked(const Vars& x) {
    Extents rows = extents(x[0].shape());
    const auto classes = static_cast<std::int64_t>(rows.back());
    rows.pop_back();
    return pick(square(x[0]), labels(x[0], rows, classes));
}

const std::vector<GradientRow> reductions = {
    {"sum", [](const Vars& x) { return square(sum(x[0])); }, any_one},
    {"sum_0", [](const Vars& x) { return square(sum(x[0], {0})); }, {{{3}}, {{3, 4}}, {{1, 3}}, {{2, 3, 4}}, {{0, 3}}, {{3, 0}}}},
    {"sum_last", [](const Vars& x) { return square(sum(x[0], -1)); }, {{{3}}, {{3, 4}}, {{3, 1}}, {{2, 3, 4}}, {{3, 0}}, {{0, 3}}}},
    {"sum_middle", [](const Vars& x) { return square(sum(x[0], 1)); }, deep},
    {"sum_outer", [](const Vars& x) { return square(sum(x[0], {0, 2})); }, deep},
    {"sum_keepdims", [](const Vars& x) { return x[0] * sum(square(x[0]), {0, 2}, xg::keepdims); }, deep},
    {"sum_of_strided", [](const Vars& x) { return exp(sum(transpose(x[0], {2, 0, 1}), 1)); }, deep},
    {"mean", [](const Vars& x) { return exp(mean(x[0])); }, {{{}}, {{1}}, {{7}}, {{3, 4}}}},
    {"mean_axes", [](const Vars& x) { return x[0] * exp(mean(x[0], {-1, 0}, xg::keepdims)); }, deep},
    {"max", [](const Vars& x) { return square(max(x[0])); }, {{{}}, {{1}}, {{7}}, {{3, 4}}, {{2, 1, 3}}}},
    {"max_first", [](const Vars& x) { return square(max(x[0], 0)); }, deep},
    {"max_last", [](const Vars& x) { return square(max(x[0], -1)); }, deep},
    {"max_outer", [](const Vars& x) { return x[0] * max(square(x[0]), {0, 2}, xg::keepdims); }, deep},
    {"max_of_nothing", [](const Vars& x) { return max(x[0], 1); }, {{{0, 3}}}},
    {"min", [](const Vars& x) { return square(min(x[0])); }, {{{}}, {{1}}, {{7}}, {{3, 4}}, {{2, 1, 3}}}},
    {"min_axes", [](const Vars& x) { return x[0] * min(square(x[0]), {1}, xg::keepdims); }, deep},
    {"variance", [](const Vars& x) { return mean(square(x[0] - mean(x[0], 0, xg::keepdims)), 0); }, deep},
};

const std::vector<GradientRow> shapes = {
    {"reshape", [](const Vars& x) { return exp(reshape(x[0], {-1, 2})); }, {{{2, 3, 4}}, {{4}}, {{1, 2}}, {{0, 2}}}},
    {"reshape_of_transpose", [](const Vars& x) { return exp(reshape(transpose(x[0]), {-1})); }, deep},
    {"reshape_to_scalar", [](const Vars& x) { return exp(reshape(x[0], {})); }, {{{}}, {{1}}, {{1, 1}}}},
    {"transpose", [](const Vars& x) { return square(transpose(x[0])) * 3; }, any_one},
    {"transpose_axes", [](const Vars& x) { return square(transpose(x[0], {2, 0, 1})); }, deep},
    {"transpose_meets_itself", [](const Vars& x) { return x[0] * exp(transpose(x[0])); }, {{{3, 3}}, {{1, 1}}}},
    {"broadcast_to", [](const Vars& x) { return square(broadcast_to(x[0], {2, 3, 4})); }, {{{}}, {{4}}, {{3, 1}}, {{2, 1, 4}}, {{2, 3, 4}}}},
    {"sum_to", [](const Vars& x) { return square(sum_to(x[0], {3, 1})); }, {{{3, 1}}, {{3, 4}}, {{2, 3, 4}}, {{2, 3, 1}}}},
    {"expand_dims", [](const Vars& x) { return square(expand_dims(x[0], 1)) * x[0]; }, {{{3, 3}}, {{2, 2}}}},
    {"squeeze", [](const Vars& x) { return square(squeeze(x[0])); }, {{{1}}, {{2, 1, 3}}, {{1, 2, 1, 3, 1}}}},
    {"concatenate", [](const Vars& x) { return square(xg::concatenate({x[0], x[1], x[0]}, 1)); }, {{{2, 3}, {2, 1}}, {{1, 1, 2}, {1, 3, 2}}, {{2, 0}, {2, 2}}}},
    {"concatenate_first", [](const Vars& x) { return exp(xg::concatenate({x[0], x[1]})); }, {{{2}, {3}}, {{2, 3}, {1, 3}}, {{0, 3}, {0, 3}}}},
    {"concatenate_last", [](const Vars& x) { return exp(xg::concatenate({transpose(x[0]), x[1]}, -1)); }, {{{2, 3}, {3, 4}}}},
    {"concatenate_six", [](const Vars& x) { return exp(xg::concatenate({x[0], x[1], x[0] * x[1], x[1], x[0], x[1]}, 0)); }, {{{2, 2}, {2, 2}}}},
    {"slice", [](const Vars& x) { return square(slice(x[0], {{1, 3}, {0, -1}})); }, {{{4, 3}}, {{3, 2, 2}}}},
    {"slice_by_steps", [](const Vars& x) { return exp(slice(x[0], 1, Range::open, Range::open, 2)); }, {{{2, 5}}, {{2, 4, 3}}, {{3, 1}}}},
    {"slice_backwards", [](const Vars& x) { return exp(slice(x[0], {{.step = -1}, {.start = 3, .step = -2}})) * 2; }, {{{2, 5}}, {{3, 4, 2}}}},
    {"slice_of_nothing", [](const Vars& x) { return exp(slice(x[0], 0, 2, 2)); }, {{{3, 2}}}},
    {"slices_that_overlap", [](const Vars& x) { return slice(x[0], 0, 0, 3) * slice(x[0], 0, 1, 4) * slice(x[0], 0, 2, 5); }, {{{5}}, {{5, 2}}}},
    {"embed", [](const Vars& x) { return square(xg::detail::embed(x[0], {7, 5}, {1, 4}, {2, -2})); }, {{{3, 2}}}},
};

const std::vector<GradientRow> choices = {
    {"pick", picked, {{{3, 4}}, {{1, 3}}, {{2, 3, 4}}, {{5, 1}}, {{4}}, {{0, 3}}}},
    {"one_hot", [](const Vars& x) { return square(x[0]) * one_hot(labels(x[0], {3}, 4), 4, DType::float64); }, {{{3, 4}}}},
};

const std::vector<GradientRow> composites = {
    {"logsumexp", [](const Vars& x) { return logsumexp(x[0]); }, {{{}}, {{1}}, {{5}}, {{3, 4}}, {{2, 1, 3}}}},
    {"logsumexp_axes", [](const Vars& x) { return square(logsumexp(x[0], {0, -1})) * 2; }, deep},
    {"logsumexp_keepdims", [](const Vars& x) { return x[0] * logsumexp(x[0], 1, xg::keepdims); }, deep},
    {"softmax", [](const Vars& x) { return square(softmax(x[0])); }, {{{5}}, {{3, 4}}, {{2, 1, 3}}, {{3, 1}}}},
    {"softmax_first", [](const Vars& x) { return square(softmax(x[0], 0)); }, deep},
    {"log_softmax", [](const Vars& x) { return square(log_softmax(x[0])); }, {{{5}}, {{3, 4}}, {{2, 1, 3}}, {{3, 1}}}},
    {"log_softmax_middle", [](const Vars& x) { return square(log_softmax(x[0], 1)); }, deep},
    {"log_of_sum_of_exp", [](const Vars& x) { return log(sum(exp(x[0]), {1})); }, deep},
    {"log_of_softmax", [](const Vars& x) { return log(softmax(x[0])) * x[0]; }, deep},
    {"log_of_sigmoid", [](const Vars& x) { return log(sigmoid(x[0])) * x[0]; }, any_one},
};

} // namespace

BOOST_AUTO_TEST_SUITE(gradients)
const Cases reduction_cases(reductions, check_gradient);
const Cases shape_cases(shapes, check_gradient);
const Cases choice_cases(choices, check_gradient);
const Cases composite_cases(composites, check_gradient);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(vmapped)
const Cases vmapped_reductions(reductions, check_vmap);
const Cases vmapped_shapes(shapes, check_vmap);
const Cases vmapped_choices(choices, check_vmap);
const Cases vmapped_composites(composites, check_vmap);
BOOST_AUTO_TEST_SUITE_END()
