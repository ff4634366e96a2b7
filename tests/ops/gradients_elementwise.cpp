// The elementwise ops, each at several shapes and in its domain.

#include "../vmap_table.hpp"

using namespace test;
using xg::Var;

namespace {

const std::vector<GradientRow> rows = {
    {"add", [](const Vars& x) { return x[0] + x[1]; }, any_two},
    {"subtract", [](const Vars& x) { return x[0] - x[1]; }, any_two},
    {"multiply", [](const Vars& x) { return x[0] * x[1]; }, any_two},
    {"multiply_by_itself", [](const Vars& x) { return x[0] * x[0] * x[0]; }, any_one},
    {"divide", [](const Vars& x) { return x[0] / x[1]; }, any_two, {{-2, 2}, {0.5, 2}}},
    {"divide_by_negative", [](const Vars& x) { return x[0] / x[1]; }, any_two, {{-2, 2}, {-2, -0.5}}},
    {"negative", [](const Vars& x) { return -x[0]; }, any_one},
    {"numbers", [](const Vars& x) { return (2 - x[0]) * 3 + 1 / (4 + x[0]) - x[0] / 5; }, any_one},

    {"pow", [](const Vars& x) { return pow(x[0], x[1]); }, any_two, {{0.3, 2}, {-2, 2}}},
    {"pow_0", [](const Vars& x) { return pow(x[0], 0); }, any_one},
    {"pow_1", [](const Vars& x) { return pow(x[0], 1); }, any_one},
    {"pow_2", [](const Vars& x) { return pow(x[0], 2); }, any_one},
    {"pow_3", [](const Vars& x) { return pow(x[0], 3); }, any_one},
    {"pow_minus_2", [](const Vars& x) { return pow(x[0], -2); }, any_one, {{-2, -0.4}}},
    {"pow_half", [](const Vars& x) { return pow(x[0], 0.5); }, any_one, {{0.2, 2}}},
    {"pow_of_number", [](const Vars& x) { return pow(2.5, x[0]); }, any_one},
    {"square", [](const Vars& x) { return square(x[0]); }, any_one},
    {"sqrt", [](const Vars& x) { return sqrt(x[0]); }, any_one, {{0.1, 3}}},
    {"abs", [](const Vars& x) { return abs(x[0]) * x[0]; }, any_one},
    {"sign", [](const Vars& x) { return sign(x[0]) * x[0]; }, any_one},

    {"exp", [](const Vars& x) { return exp(x[0]); }, any_one},
    {"log", [](const Vars& x) { return log(x[0]); }, any_one, {{0.2, 3}}},
    {"log1p", [](const Vars& x) { return log1p(x[0]); }, any_one, {{-0.8, 3}}},
    {"expm1", [](const Vars& x) { return expm1(x[0]); }, any_one},
    {"tanh", [](const Vars& x) { return tanh(x[0]); }, any_one},
    {"sigmoid", [](const Vars& x) { return sigmoid(x[0]); }, any_one, {{-4, 4}}},
    {"softplus", [](const Vars& x) { return softplus(x[0]); }, any_one, {{-4, 4}}},
    {"relu", [](const Vars& x) { return square(relu(x[0])) + relu(x[0]); }, any_one},

    {"maximum", [](const Vars& x) { return square(maximum(x[0], x[1])); }, any_two},
    {"minimum", [](const Vars& x) { return square(minimum(x[0], x[1])); }, any_two},
    {"maximum_of_number", [](const Vars& x) { return maximum(0.3, x[0]) + maximum(square(x[0]), 1); }, any_one},
    {"clip", [](const Vars& x) { return square(clip(x[0], -0.9, 1.1)); }, any_one},
    {"clip_to_arrays", [](const Vars& x) { return square(clip(x[0], x[1], x[2])); }, {{{3, 4}, {3, 4}, {3, 4}}, {{3, 4}, {4}, {3, 1}}, {{}, {}, {}}, {{3}, {2, 1}, {}}, {{0, 2}, {2}, {}}}, {{-2, 2}, {-1.5, 0.5}, {-0.5, 1.5}}},
    {"clip_to_one_array", [](const Vars& x) { return square(clip(x[0], x[1], Var{})) + exp(clip(x[0], Var{}, x[1])); }, any_two},
    {"where", [](const Vars& x) { return where(x[0] < x[1], x[0] * x[1], square(x[1])); }, any_two},
    {"where_mask_broadcasts", [](const Vars& x) { return where(x[2] > 0, exp(x[0]), x[1] * x[0]); },
     {{{3, 4}, {3, 4}, {3, 1}}, {{3, 4}, {1, 4}, {}}, {{3}, {}, {2, 3}}, {{}, {}, {4}}, {{2, 1}, {3}, {2, 3}}, {{0, 2}, {2}, {1}}}},
    {"where_numbers", [](const Vars& x) { return where(x[0] < 0, 1, x[0]) * where(x[0] > 1, square(x[0]), 0.5); }, any_one},

    {"cast_to_float32", [](const Vars& x) { return tanh(cast(x[0], xg::DType::float32)); }, any_one, {}, {.eps = 2e-2, .rtol = 5e-3, .atol = 5e-3}},
    {"cast_to_integers", [](const Vars& x) { return x[0] * cast(cast(x[0] > 0.25, xg::DType::int64), xg::DType::float64); }, any_one},

    // Where several uses of one node, and broadcasts of different kinds, come together.
    {"shared_nodes", [](const Vars& x) { const Var y = tanh(x[0]); return y * exp(y) + y / (2 + y * y); }, any_one},
    {"broadcast_of_broadcast", [](const Vars& x) { return (x[0] * x[1] + x[0]) * (x[1] - exp(x[0])); }, any_two},
};

} // namespace

BOOST_AUTO_TEST_SUITE(gradients)
const Cases cases(rows, check_gradient);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(vmapped)
const Cases vmapped_cases(rows, check_vmap);
BOOST_AUTO_TEST_SUITE_END()
