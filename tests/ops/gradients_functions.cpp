// The elementwise ops beyond arithmetic and exponentials, each at several shapes and in its domain.

#include "../vmap_table.hpp"

using namespace test;
using xg::Var;

namespace {

const std::vector<GradientRow> rows = {
    {"sin", [](const Vars& x) { return sin(x[0]); }, any_one, {{-9, 9}}},
    {"cos", [](const Vars& x) { return cos(x[0]); }, any_one, {{-9, 9}}},
    {"tan", [](const Vars& x) { return tan(x[0]); }, any_one, {{-1.2, 1.2}}},
    {"asin", [](const Vars& x) { return asin(x[0]); }, any_one, {{-0.9, 0.9}}},
    {"acos", [](const Vars& x) { return acos(x[0]); }, any_one, {{-0.9, 0.9}}},
    {"atan", [](const Vars& x) { return atan(x[0]); }, any_one},
    {"sinh", [](const Vars& x) { return sinh(x[0]); }, any_one},
    {"cosh", [](const Vars& x) { return cosh(x[0]); }, any_one},
    {"asinh", [](const Vars& x) { return asinh(x[0]); }, any_one},
    {"acosh", [](const Vars& x) { return acosh(x[0]); }, any_one, {{1.3, 4}}},
    {"atanh", [](const Vars& x) { return atanh(x[0]); }, any_one, {{-0.8, 0.8}}},
    {"erf", [](const Vars& x) { return erf(x[0]); }, any_one},
    {"erfc", [](const Vars& x) { return erfc(x[0]); }, any_one},
    {"ndtr", [](const Vars& x) { return ndtr(x[0]); }, any_one, {{-4, 4}}},
    {"exp2", [](const Vars& x) { return exp2(x[0]); }, any_one},
    {"log2", [](const Vars& x) { return log2(x[0]); }, any_one, {{0.2, 3}}},
    {"log10", [](const Vars& x) { return log10(x[0]); }, any_one, {{0.2, 3}}},
    {"cbrt", [](const Vars& x) { return cbrt(x[0]); }, any_one, {{0.3, 3}}},
    {"cbrt_of_negative", [](const Vars& x) { return cbrt(x[0]); }, any_one, {{-3, -0.3}}},
    {"rsqrt", [](const Vars& x) { return rsqrt(x[0]); }, any_one, {{0.3, 3}}},
    {"reciprocal", [](const Vars& x) { return reciprocal(x[0]); }, any_one, {{0.3, 3}}},

    {"silu", [](const Vars& x) { return silu(x[0]); }, any_one, {{-4, 4}}},
    {"gelu", [](const Vars& x) { return gelu(x[0]); }, any_one, {{-4, 4}}},
    {"gelu_tanh", [](const Vars& x) { return gelu_tanh(x[0]); }, any_one, {{-4, 4}}},
    {"elu", [](const Vars& x) { return elu(x[0], 1.5); }, any_one},
    {"celu", [](const Vars& x) { return square(celu(x[0], 1.5)); }, any_one},
    {"selu", [](const Vars& x) { return square(selu(x[0])); }, any_one},
    {"prelu", [](const Vars& x) { return square(prelu(x[0], x[1])); }, {{{2, 3}, {3}}, {{2, 3, 2}, {3}}, {{4}, {}}, {{2, 3}, {1}}, {{0, 3}, {3}}}},
    {"hard_sigmoid", [](const Vars& x) { return square(hard_sigmoid(x[0])); }, any_one, {{-5, 5}}},
    {"hard_swish", [](const Vars& x) { return square(hard_swish(x[0])); }, any_one, {{-5, 5}}},
    {"mish", [](const Vars& x) { return mish(x[0]); }, any_one, {{-4, 4}}},
    {"softsign", [](const Vars& x) { return softsign(x[0]); }, any_one},
    {"hardmax", [](const Vars& x) { return hardmax(x[0], 0) * x[0]; }, {{{3}}, {{3, 4}}, {{2, 1, 3}}}},
    {"leaky_relu", [](const Vars& x) { return square(leaky_relu(x[0], 0.25)); }, any_one},
    {"relu6", [](const Vars& x) { return square(relu6(x[0])); }, any_one, {{-3, 9}}},
    {"hard_tanh", [](const Vars& x) { return square(hard_tanh(x[0], -1.1, 0.9)); }, any_one},

    {"floor", [](const Vars& x) { return floor(x[0]) * x[0]; }, any_one},
    {"ceil", [](const Vars& x) { return ceil(x[0]) * x[0]; }, any_one},
    {"round", [](const Vars& x) { return round(x[0]) * x[0]; }, any_one},
    {"trunc", [](const Vars& x) { return trunc(x[0]) * x[0]; }, any_one},
    {"fmod", [](const Vars& x) { return square(fmod(x[0], x[1])); }, any_two, {{-5, 5}, {0.7, 1.3}}},
    {"isfinite", [](const Vars& x) { return where(~isfinite(1 / x[0]) | isnan(x[0]), 0, square(x[0])); }, any_one},

    {"atan2", [](const Vars& x) { return atan2(x[0], x[1]); }, any_two, {{-2, 2}, {0.4, 2}}},
    {"atan2_on_the_left", [](const Vars& x) { return atan2(x[0], x[1]); }, any_two, {{0.4, 2}, {-2, 2}}},
    {"hypot", [](const Vars& x) { return hypot(x[0], x[1]); }, any_two, {{0.3, 2}, {-2, 2}}},
    {"logaddexp", [](const Vars& x) { return logaddexp(x[0], x[1]); }, any_two},
    {"xlogy", [](const Vars& x) { return xlogy(x[0], x[1]); }, any_two, {{-2, 2}, {0.3, 2}}},

    {"log_of_1_minus_exp", [](const Vars& x) { return log(1 - exp(x[0])); }, any_one, {{-3, -0.2}}},
    {"log_of_1_minus_sigmoid", [](const Vars& x) { return log(1 - sigmoid(x[0])) * x[0]; }, any_one},
    {"log_of_two_exp", [](const Vars& x) { return log(exp(x[0]) + exp(x[1])); }, any_two},
    {"log_mean_exp", [](const Vars& x) { return square(log(mean(exp(x[0]), {-1}))); }, {{{5}}, {{3, 4}}, {{2, 1, 3}}}},
    {"log_of_1_minus", [](const Vars& x) { return log(1 - x[0]); }, any_one, {{-2, 0.8}}},
    {"sqrt_of_square", [](const Vars& x) { return sqrt(x[0] * x[0]) * x[0]; }, any_one},
};

} // namespace

BOOST_AUTO_TEST_SUITE(gradients)
const Cases cases(rows, check_gradient);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(vmapped)
const Cases vmapped_cases(rows, check_vmap);
BOOST_AUTO_TEST_SUITE_END()
