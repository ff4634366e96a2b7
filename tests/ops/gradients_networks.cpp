// Convolution, pooling and normalization.

#include "../vmap_table.hpp"

using namespace test;

namespace {

const std::vector<std::vector<Extents>> images = {{{2, 3, 4, 5}}, {{1, 1, 3, 3}}, {{2, 4, 5}}, {{0, 2, 4, 4}}};

GradientRow conv(std::string name, xg::Conv2dOptions o, std::vector<std::vector<Extents>> shapes) {
    return {std::move(name), [o](const Vars& x) { return x.size() == 2 ? square(conv2d(x[0], x[1], o)) : exp(0.1 * conv2d(x[0], x[1], x[2], o)); }, std::move(shapes)};
}

/// Elements that are far from each other: a difference does not change which is the largest.
xg::Var distinct(xg::Var x) {
    auto far = filled<double>(extents(x.shape()), 0);
    for (std::size_t i = 0; i < far.size(); ++i) far.data()[i] = static_cast<double>((i * 7919) % 1009);
    return x + x.tape().constant(far);
}

const std::vector<GradientRow> networks = {
    conv("conv2d", {}, {{{2, 3, 4, 5}, {2, 3, 3, 2}}, {{1, 1, 3, 3}, {1, 1, 3, 3}}, {{3, 4, 4}, {2, 3, 2, 2}}, {{0, 3, 4, 4}, {2, 3, 2, 2}}}),
    conv("conv2d_1x1", {}, {{{2, 3, 4, 5}, {4, 3, 1, 1}}, {{1, 1, 1, 1}, {1, 1, 1, 1}}, {{3, 2, 2}, {1, 3, 1, 1}}}),
    conv("conv2d_stride", {.stride = {2, 3}}, {{{2, 2, 5, 7}, {3, 2, 2, 3}}, {{1, 1, 2, 3}, {1, 1, 2, 3}}, {{0, 2, 5, 7}, {3, 2, 2, 3}}}),
    conv("conv2d_padding", {.padding = {2, 1}}, {{{2, 2, 3, 4}, {3, 2, 3, 3}}, {{1, 1, 1, 1}, {1, 1, 3, 3}}, {{2, 3, 4}, {0, 2, 3, 3}}}),
    conv("conv2d_all", {.stride = 2, .padding = {2, 1}, .dilation = {2, 3}, .groups = 2}, {{{2, 4, 5, 6}, {2, 2, 3, 2}}, {{1, 2, 3, 3}, {2, 1, 2, 1}}, {{4, 5, 6}, {2, 2, 3, 2}}}),
    conv("conv2d_depthwise", {.padding = 1, .groups = 3}, {{{2, 3, 4, 4}, {3, 1, 3, 3}}, {{1, 3, 1, 1}, {6, 1, 1, 1}}, {{0, 3, 4, 4}, {3, 1, 3, 3}}}),
    conv("conv2d_bias", {.padding = 1}, {{{2, 3, 3, 3}, {2, 3, 3, 3}, {2}}, {{1, 1, 1, 1}, {1, 1, 1, 1}, {1}}, {{3, 4, 5}, {2, 3, 2, 2}, {2}}}),
    {"conv_transpose2d", [](const Vars& x) { return square(conv_transpose2d(x[0], x[1], {.stride = 2, .padding = 1, .output_padding = {1, 0}})); }, {{{2, 3, 3, 2}, {3, 2, 3, 3}}, {{2, 3, 3}, {2, 1, 3, 4}}}},
    {"conv_transpose2d_groups", [](const Vars& x) { return square(conv_transpose2d(x[0], x[1], {.dilation = 2, .groups = 2})); }, {{{2, 4, 3, 2}, {4, 3, 2, 2}}}},
    conv("conv2d_sides", {.stride = {1, 2}, .padding = {{0, 2}, {3, 1}}}, {{{2, 2, 3, 4}, {3, 2, 3, 3}}, {{1, 1, 1, 1}, {1, 1, 3, 3}}}),
    conv("conv2d_same", {.stride = {2, 1}, .padding = xg::same_padding, .dilation = {1, 2}}, {{{2, 2, 5, 4}, {3, 2, 4, 3}}, {{1, 1, 1, 1}, {1, 1, 3, 3}}}),
    {"conv1d", [](const Vars& x) { return square(conv1d(x[0], x[1], x[2], {.stride = 2, .padding = {{2, 1}}, .dilation = 2, .groups = 2})); }, {{{2, 4, 9}, {2, 2, 3}, {2}}, {{2, 7}, {4, 1, 2}, {4}}}},
    {"conv3d", [](const Vars& x) { return square(conv3d(x[0], x[1], {.stride = {1, 2, 1}, .padding = {1, {0, 1}, 2}})); }, {{{1, 2, 3, 4, 2}, {2, 2, 2, 3, 3}}, {{2, 2, 2, 2}, {3, 2, 1, 2, 2}}}},
    {"conv_transpose1d", [](const Vars& x) { return square(conv_transpose1d(x[0], x[1], {.stride = 3, .padding = xg::same_padding})); }, {{{2, 3, 4}, {3, 2, 5}}, {{3, 4}, {3, 2, 2}}}},
    {"conv_transpose3d", [](const Vars& x) { return square(conv_transpose3d(x[0], x[1], {.stride = 2, .padding = {0, {1, 0}, 1}})); }, {{{1, 2, 2, 3, 2}, {2, 1, 2, 3, 3}}}},
    {"max_pool1d", [](const Vars& x) { return square(max_pool1d(distinct(x[0]), 3, {.stride = 2, .padding = {{1, 0}}})); }, {{{2, 3, 7}}, {{2, 5}}, {{0, 2, 4}}}},
    {"max_pool3d", [](const Vars& x) { return square(max_pool3d(distinct(x[0]), {2, 3, 2}, {.stride = 1, .padding = xg::same_padding})); }, {{{2, 2, 3, 4, 2}}, {{1, 2, 3, 3}}}},
    {"avg_pool1d", [](const Vars& x) { return square(avg_pool1d(x[0], 3, {.stride = 2, .padding = 1, .dilation = 2, .count_include_pad = false})); }, {{{2, 3, 7}}, {{2, 5}}}},
    {"avg_pool3d", [](const Vars& x) { return exp(avg_pool3d(x[0], 2, {.stride = {1, 2, 1}, .padding = {{0, 1}, 1, 0}})); }, {{{2, 1, 3, 4, 2}}, {{1, 2, 2, 3}}}},
    {"max_pool2d", [](const Vars& x) { return square(max_pool2d(distinct(x[0]), {2, 3}, {.stride = 1})); }, images},
    {"max_pool2d_all", [](const Vars& x) { return square(max_pool2d(distinct(x[0]), 2, {.stride = {2, 1}, .padding = 1, .dilation = 2, .ceil_mode = true})); }, images},
    {"avg_pool2d", [](const Vars& x) { return square(avg_pool2d(x[0], 2)); }, images},
    {"avg_pool2d_all", [](const Vars& x) { return exp(avg_pool2d(x[0], {3, 2}, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false})); }, images},
    {"global_pools", [](const Vars& x) { return square(global_avg_pool2d(x[0])) * global_max_pool2d(distinct(x[0])); }, images},
    {"normalize", [](const Vars& x) { return exp(normalize(x[0], {0, -1}, 0.01)); }, {{{3, 4}}, {{2, 3, 4}}, {{1, 2}}}},
    {"layer_norm", [](const Vars& x) { return exp(layer_norm(x[0], x[1], x[2], 0.01)); }, {{{3, 4}, {4}, {4}}, {{2, 3, 4}, {3, 4}, {3, 4}}, {{5}, {5}, {5}}}},
    {"rms_norm", [](const Vars& x) { return exp(rms_norm(x[0], x[1], 0.01)); }, {{{3, 4}, {4}}, {{2, 3, 4}, {3, 4}}, {{5}, {5}}}},
    {"group_norm", [](const Vars& x) { return exp(group_norm(x[0], 2, x[1], x[2], 0.01)); }, {{{3, 4}, {4}, {4}}, {{2, 4, 3}, {4}, {4}}, {{2, 2, 2, 3}, {2}, {2}}}},
    {"instance_norm", [](const Vars& x) { return exp(instance_norm(x[0], x[1], x[2], 0.01)); }, {{{2, 3, 4}, {3}, {3}}, {{2, 2, 2, 3}, {2}, {2}}}},
    {"batch_norm", [](const Vars& x) { return exp(batch_norm(x[0], {}, {}, x[1], x[2], {.epsilon = 0.01}).y); }, {{{4, 3}, {3}, {3}}, {{2, 3, 2, 2}, {3}, {3}}, {{2, 1, 3}, {1}, {1}}}},
    {"batch_norm_inference", [](const Vars& x) { return exp(batch_norm(x[0], x[1], square(x[2]), x[1], x[2], {.training = false, .epsilon = 0.1}).y); }, {{{4, 3}, {3}, {3}}, {{2, 3, 2, 2}, {3}, {3}}}},
    {"embedding", [](const Vars& x) { return square(embedding(x[0], x[0].tape().constant(xt::xarray<std::int64_t>{{1, 0, 1}, {-1, 1, 0}}))); }, {{{2, 3}}, {{4, 1}}, {{3, 0}}}},
    {"dropout_by_mask", [](const Vars& x) { return exp(dropout(x[0], 0.4, x[1] > 0)) * x[1]; }, any_two},
    {"dropout", [](const Vars& x) {
         xg::Random random(x[0].tape(), 5);
         return exp(dropout(x[0], 0.4, random));
     }, any_one},
};

} // namespace

BOOST_AUTO_TEST_SUITE(gradients)
const Cases network_cases(networks, check_gradient);
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(vmapped)
const Cases vmapped_cases(networks, check_vmap);
BOOST_AUTO_TEST_SUITE_END()
