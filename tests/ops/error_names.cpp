// Whatever is wrong about the arguments of an op, the error names the function that was called, and the line of the call.

#include "../error_names.hpp"

using namespace test;
using namespace xgrad;
using xgrad::DType;

namespace {

/// What functions draw from and record on that take no operand; none of them is destroyed before the table is.
xg::Tape& tape() {
    static xg::Tape instance;
    return instance;
}
xg::Random& random() {
    static xg::Random instance(tape());
    return instance;
}
xg::Group ranks() { return xg::local_group(3); }
/// Extents whose product is too large; a Shape sees to it only as a whole.
xg::Shape huge() {
    xg::Shape shape(2, 2);
    shape[0] = shape[1] = std::size_t{1} << 40;
    return shape;
}

// Each row must stand on one line.
// clang-format off
const std::vector<NamedFunction> table = {
    // arithmetic.hpp, and core/structural.hpp
    NAMED_AS("operator+", "add", 2, x[0] + x[1]),
    NAMED_AS("operator-", "subtract", 2, x[0] - x[1]),
    NAMED_AS("operator-", "negative", 1, -x[0]),
    NAMED_AS("operator*", "multiply", 2, x[0] * x[1]),
    NAMED_AS("operator/", "divide", 2, x[0] / x[1]),
    NAMED_AS("operator<", "less", 2, x[0] < x[1]),
    NAMED_AS("operator<=", "less_equal", 2, x[0] <= x[1]),
    NAMED_AS("operator>", "greater", 2, x[0] > x[1]),
    NAMED_AS("operator>=", "greater_equal", 2, x[0] >= x[1]),
    NAMED_AS("operator==", "equal", 2, x[0] == x[1]),
    NAMED_AS("operator!=", "not_equal", 2, x[0] != x[1]),
    NAMED("pow", 2, pow(x[0], x[1])), NAMED("pow", 1, pow(x[0], 2)),
    NAMED("square", 1, square(x[0])), NAMED("sqrt", 1, sqrt(x[0])), NAMED("abs", 1, abs(x[0])), NAMED("sign", 1, sign(x[0])),
    NAMED("maximum", 2, maximum(x[0], x[1])), NAMED("minimum", 2, minimum(x[0], x[1])),
    NAMED("clip", 3, clip(x[0], x[1], x[2])), NAMED("clip", 1, clip(x[0], std::nan(""), k)),
    NAMED("where", 3, where(x[0], x[1], x[2])),
    NAMED("sum", 1, sum(x[0], k)), NAMED("reshape_to", 1, reshape_to(x[0], {5, 5})), NAMED("broadcast_to", 1, broadcast_to(x[0], {2, 7})),
    NAMED("sum_to", 1, sum_to(x[0], {2, 7})), NAMED("stop_gradient", 1, stop_gradient(x[0])), NAMED("cast", 1, cast(x[0], DType::int64)),
    // elementary.hpp, special.hpp, trigonometry.hpp, rounding.hpp, logic.hpp
    NAMED("exp", 1, exp(x[0])), NAMED("log", 1, log(x[0])), NAMED("log1p", 1, log1p(x[0])), NAMED("expm1", 1, expm1(x[0])),
    NAMED("tanh", 1, tanh(x[0])), NAMED("sigmoid", 1, sigmoid(x[0])), NAMED("softplus", 1, softplus(x[0])), NAMED("relu", 1, relu(x[0])),
    NAMED("erf", 1, erf(x[0])), NAMED("erfc", 1, erfc(x[0])), NAMED("ndtr", 1, ndtr(x[0])), NAMED("exp2", 1, exp2(x[0])), NAMED("log2", 1, log2(x[0])),
    NAMED("log10", 1, log10(x[0])), NAMED("cbrt", 1, cbrt(x[0])), NAMED("rsqrt", 1, rsqrt(x[0])), NAMED("reciprocal", 1, reciprocal(x[0])),
    NAMED("logaddexp", 2, logaddexp(x[0], x[1])), NAMED("xlogy", 2, xlogy(x[0], x[1])),
    NAMED("lgamma", 1, lgamma(x[0])), NAMED("digamma", 1, digamma(x[0])), NAMED("polygamma", 1, polygamma(k, x[0])), NAMED("polygamma", 1, polygamma(101, x[0])),
    NAMED("betaln", 2, betaln(x[0], x[1])), NAMED("beta", 2, beta(x[0], x[1])),
    NAMED("erfinv", 1, erfinv(x[0])), NAMED("ndtri", 1, ndtri(x[0])), NAMED("i0e", 1, i0e(x[0])), NAMED("i1e", 1, i1e(x[0])),
    NAMED("sin", 1, sin(x[0])), NAMED("cos", 1, cos(x[0])), NAMED("tan", 1, tan(x[0])), NAMED("asin", 1, asin(x[0])), NAMED("acos", 1, acos(x[0])),
    NAMED("atan", 1, atan(x[0])), NAMED("sinh", 1, sinh(x[0])), NAMED("cosh", 1, cosh(x[0])), NAMED("asinh", 1, asinh(x[0])), NAMED("acosh", 1, acosh(x[0])),
    NAMED("atanh", 1, atanh(x[0])), NAMED("atan2", 2, atan2(x[0], x[1])), NAMED("hypot", 2, hypot(x[0], x[1])),
    NAMED("floor", 1, floor(x[0])), NAMED("ceil", 1, ceil(x[0])), NAMED("round", 1, round(x[0])), NAMED("trunc", 1, trunc(x[0])), NAMED("fmod", 2, fmod(x[0], x[1])),
    NAMED("isnan", 1, isnan(x[0])), NAMED("isinf", 1, isinf(x[0])), NAMED("isfinite", 1, isfinite(x[0])),
    NAMED("logical_and", 2, logical_and(x[0], x[1])), NAMED("logical_or", 2, logical_or(x[0], x[1])), NAMED("logical_xor", 2, logical_xor(x[0], x[1])),
    NAMED("logical_not", 1, logical_not(x[0])), NAMED("operator&", 2, x[0] & x[1]), NAMED("operator|", 2, x[0] | x[1]), NAMED("operator^", 2, x[0] ^ x[1]),
    NAMED("operator~", 1, ~x[0]),
    // activations.hpp
    NAMED("silu", 1, silu(x[0])), NAMED("gelu", 1, gelu(x[0])), NAMED("gelu_tanh", 1, gelu_tanh(x[0])), NAMED("elu", 1, elu(x[0])),
    NAMED("celu", 1, celu(x[0], static_cast<double>(k))), NAMED("selu", 1, selu(x[0])), NAMED("leaky_relu", 1, leaky_relu(x[0])),
    NAMED("prelu", 2, prelu(x[0], x[1])), NAMED("relu6", 1, relu6(x[0])), NAMED("hard_tanh", 1, hard_tanh(x[0], static_cast<double>(k), 2)),
    NAMED("hard_sigmoid", 1, hard_sigmoid(x[0])), NAMED("hard_swish", 1, hard_swish(x[0])), NAMED("mish", 1, mish(x[0])), NAMED("softsign", 1, softsign(x[0])),
    // reduce.hpp, statistics.hpp, softmax.hpp, scan.hpp, sort.hpp
    NAMED("mean", 1, mean(x[0], k)), NAMED("max", 1, max(x[0], k)), NAMED("min", 1, min(x[0], k)), NAMED("max", 1, max(x[0])), NAMED("mean", 1, mean(x[0], {0, k})),
    NAMED("prod", 1, prod(x[0], k)), NAMED("var", 1, var(x[0], k)), NAMED("stddev", 1, stddev(x[0], k)), NAMED("norm", 1, norm(x[0], 2, k)),
    NAMED("norm", 1, norm(x[0], std::nan(""))), NAMED("norm", 1, norm(x[0], 3, k)), NAMED("norm", 1, norm(x[0], INFINITY)),
    NAMED("any", 1, any(x[0], k)), NAMED("all", 1, all(x[0], k)), NAMED("argmax", 1, argmax(x[0], k)), NAMED("argmin", 1, argmin(x[0], k)),
    NAMED("argmax", 1, argmax(x[0])), NAMED("argmin", 1, argmin(x[0])),
    NAMED("logsumexp", 1, logsumexp(x[0], k)), NAMED("softmax", 1, softmax(x[0], k)), NAMED("log_softmax", 1, log_softmax(x[0], k)), NAMED("hardmax", 1, hardmax(x[0], k)),
    NAMED("cumsum", 1, cumsum(x[0], k)), NAMED("cumprod", 1, cumprod(x[0], k)),
    NAMED("sort", 1, sort(x[0], k)), NAMED("argsort", 1, argsort(x[0], k)), NAMED("top_k", 1, top_k(x[0], k)), NAMED("top_k", 1, top_k(x[0], 1, k)),
    // shape.hpp, rearrange.hpp
    NAMED("reshape", 1, reshape(x[0], {k, 7})), NAMED("reshape", 1, reshape(x[0], {-1, -1})), NAMED("reshape", 1, reshape(x[0], -1)),
    NAMED("transpose", 1, transpose(x[0], {0, k})), NAMED("transpose", 1, transpose(x[0])),
    NAMED("expand_dims", 1, expand_dims(x[0], {0, k})), NAMED("squeeze", 1, squeeze(x[0], k)), NAMED("squeeze", 1, squeeze(x[0])),
    NAMED("concatenate", 2, concatenate({x[0].var, x[1].var}, k)), NAMED("concatenate", 2, concatenate(x[0].var, x[1].var, k)),
    NAMED("slice", 1, slice(x[0], k, 0, 1)), NAMED("slice", 1, slice(x[0], 0, 0, 1, k)), NAMED("slice", 1, slice(x[0], {{}, {.step = k}, {}})),
    NAMED("swap_axes", 1, swap_axes(x[0], 0, k)), NAMED("moveaxis", 1, moveaxis(x[0], {0, k}, {1, 0})), NAMED("moveaxis", 1, moveaxis(x[0], {0, 1}, k)),
    NAMED("stack", 2, stack({x[0].var, x[1].var}, k)), NAMED("stack", 3, stack(x[0].var, x[1].var, x[2].var, k)),
    NAMED("split", 1, split(x[0], k)), NAMED("split", 1, split(x[0], 1, k)), NAMED("split_sizes", 1, split_sizes(x[0], {k, 1})), NAMED("split_sizes", 1, split_sizes(x[0], {3}, k)),
    NAMED("tile", 1, tile(x[0], {2, k})), NAMED("repeat", 1, repeat(x[0], k)), NAMED("repeat", 1, repeat(x[0], k, 1)), NAMED("repeat", 1, repeat(x[0], 2, k)),
    NAMED("flip", 1, flip(x[0], k)), NAMED("flip", 1, flip(x[0])), NAMED("pad", 1, pad(x[0], {{k, 0}})), NAMED("pad", 1, pad(x[0], {{1, 1}}, 0.5)),
    NAMED("pad", 1, pad(x[0], {{1, k}}, PadMode::reflect)), NAMED("diagonal", 1, diagonal(x[0], 0, 0, k)), NAMED("tril", 1, tril(x[0], k)), NAMED("triu", 1, triu(x[0], k)),
    // linalg.hpp, einsum.hpp
    NAMED("matmul", 2, matmul(x[0], x[1])), NAMED("matmul", 2, matmul(x[0], x[1], true, false)), NAMED("matmul", 2, matmul(x[0], x[1], {.transpose_b = true})),
    NAMED("dot", 2, dot(x[0], x[1])), NAMED("outer", 2, outer(x[0], x[1])), NAMED("trace", 1, trace(x[0], 0, k)),
    NAMED("einsum", 2, einsum("ij,jk->ik", x[0], x[1])), NAMED("einsum", 1, einsum("ii", x[0])), NAMED("einsum", 1, einsum("i?", x[0])),
    NAMED("einsum", 3, einsum("i,...,j->", x[0], x[1], x[2])), NAMED("einsum", 2, einsum("...i,i...", {x[0].var, x[1].var})),
    // decompositions.hpp, matrix_functions.hpp
    NAMED("cholesky", 1, linalg::cholesky(x[0])), NAMED("lu", 1, linalg::lu(x[0])), NAMED("qr", 1, linalg::qr(x[0])), NAMED("eigh", 1, linalg::eigh(x[0])),
    NAMED("svd", 1, linalg::svd(x[0])), NAMED("solve", 2, linalg::solve(x[0], x[1])), NAMED("solve_triangular", 2, linalg::solve_triangular(x[0], x[1])),
    NAMED("inverse", 1, linalg::inverse(x[0])), NAMED("inv", 1, linalg::inv(x[0])), NAMED("det", 1, linalg::det(x[0])), NAMED("slogdet", 1, linalg::slogdet(x[0])),
    NAMED("pinv", 1, linalg::pinv(x[0])), NAMED("lstsq", 2, linalg::lstsq(x[0], x[1])), NAMED("matrix_power", 1, linalg::matrix_power(x[0], k)),
    NAMED("expm", 1, linalg::expm(x[0])), NAMED("kron", 2, linalg::kron(x[0], x[1])), NAMED("norm", 1, linalg::norm(x[0])), NAMED("norm", 1, linalg::norm(x[0], std::nan(""))),
    NAMED("norm", 1, linalg::norm(x[0], linalg::MatrixNorm::nuclear)), NAMED("norm", 1, linalg::norm(x[0], linalg::MatrixNorm::frobenius)),
    // ode.hpp, implicit.hpp
    NAMED("odeint", 2, odeint([](Var y, Var) { return -y; }, x[0], x[1])),
    NAMED("odeint", 3, odeint([](const std::vector<Var>& y, Var) { return y; }, {x[0].var, x[1].var}, x[2])[0]),
    NAMED("root", 1, root([](Var v) { return v; }, x[0])), NAMED("fixed_point", 1, fixed_point([](Var v) { return 0.5 * v; }, x[0])),
    NAMED("argmin", 1, argmin([](Var v) { return sum(square(v)); }, x[0])), NAMED("implicit_root", 1, implicit_root([](Var v) { return v; }, x[0])),
    // index.hpp, gather.hpp, scatter.hpp
    NAMED("pick", 2, pick(x[0], x[1])), NAMED("one_hot", 1, one_hot(x[0], 3)), NAMED("one_hot", 1, one_hot(x[0], 3, k)),
    NAMED("take", 2, take(x[0], x[1], k)), NAMED("take", 2, take(x[0], x[1])), NAMED("take_along_axis", 2, take_along_axis(x[0], x[1], k)),
    NAMED("gather_nd", 2, gather_nd(x[0], x[1])), NAMED("scatter_add", 3, scatter_add(x[0], x[1], x[2], k)), NAMED("scatter", 3, scatter(x[0], x[1], x[2], k)),
    NAMED("scatter_max", 3, scatter_max(x[0], x[1], x[2], k)), NAMED("scatter_min", 3, scatter_min(x[0], x[1], x[2], k)),
    NAMED("scatter_multiply", 3, scatter_multiply(x[0], x[1], x[2], k)),
    // normalization.hpp
    NAMED("normalize", 1, normalize(x[0], k)), NAMED("layer_norm", 3, layer_norm(x[0], x[1], x[2])), NAMED("rms_norm", 2, rms_norm(x[0], x[1])),
    NAMED("group_norm", 2, group_norm(x[0], k, x[1].var)), NAMED("instance_norm", 2, instance_norm(x[0], x[1].var)), NAMED("embedding", 2, embedding(x[0], x[1])),
    NAMED("batch_norm", 3, batch_norm(x[0], x[1].var, {}, x[2].var)), NAMED("batch_norm", 2, batch_norm(x[0], x[1].var, x[1].var, {}, {}, {.training = false})),
    // convolution.hpp, pooling.hpp
    NAMED("conv1d", 2, conv1d(x[0], x[1])), NAMED("conv2d", 2, conv2d(x[0], x[1], {.stride = k})), NAMED("conv3d", 2, conv3d(x[0], x[1])),
    NAMED("conv1d", 3, conv1d(x[0], x[1], x[2])), NAMED("conv2d", 3, conv2d(x[0], x[1], x[2], {.padding = 3, .groups = k})), NAMED("conv3d", 3, conv3d(x[0], x[1], x[2])),
    NAMED("conv_transpose1d", 2, conv_transpose1d(x[0], x[1], {.groups = k})), NAMED("conv_transpose2d", 2, conv_transpose2d(x[0], x[1], {.padding = k})),
    NAMED("conv_transpose3d", 2, conv_transpose3d(x[0], x[1])),
    NAMED("max_pool1d", 1, max_pool1d(x[0], k)), NAMED("max_pool2d", 1, max_pool2d(x[0], k)), NAMED("max_pool3d", 1, max_pool3d(x[0], 1, {.padding = k})),
    NAMED("max_pool1d_with_indices", 1, max_pool1d_with_indices(x[0], k)), NAMED("max_pool2d_with_indices", 1, max_pool2d_with_indices(x[0], k)),
    NAMED("max_pool3d_with_indices", 1, max_pool3d_with_indices(x[0], k)),
    NAMED("avg_pool1d", 1, avg_pool1d(x[0], k)), NAMED("avg_pool2d", 1, avg_pool2d(x[0], 2, {.dilation = k})), NAMED("avg_pool3d", 1, avg_pool3d(x[0], k)),
    NAMED("global_avg_pool1d", 1, global_avg_pool1d(x[0])), NAMED("global_avg_pool2d", 1, global_avg_pool2d(x[0])), NAMED("global_avg_pool3d", 1, global_avg_pool3d(x[0])),
    NAMED("global_max_pool1d", 1, global_max_pool1d(x[0])), NAMED("global_max_pool2d", 1, global_max_pool2d(x[0])), NAMED("global_max_pool3d", 1, global_max_pool3d(x[0])),
    // creation.hpp, random.hpp
    NAMED("full_like", 1, full_like(x[0], 0.5)), NAMED("zeros_like", 1, zeros_like(x[0])), NAMED("ones_like", 1, ones_like(x[0])),
    NAMED("full", 0, full(tape(), {2}, 0.5, DType::int64)), NAMED("zeros", 0, zeros(tape(), huge())), NAMED("ones", 0, ones(tape(), huge())),
    NAMED("eye", 0, eye(tape(), std::size_t{1} << 40, std::size_t{1} << 40)), NAMED("arange", 0, arange(tape(), 0, 1, 0)), NAMED("linspace", 0, linspace(tape(), 0, INFINITY, 3)),
    NAMED("dropout", 2, dropout(x[0], static_cast<double>(k) / 2, x[1])), NAMED("dropout", 1, dropout(x[0], static_cast<double>(k), random())),
    NAMED("dropout_mask", 0, dropout_mask({2}, static_cast<double>(k), random())),
    NAMED("uniform", 0, random().uniform({2}, static_cast<double>(k), 0)), NAMED("normal", 0, random().normal({2}, 0, static_cast<double>(k))),
    NAMED("all_sum", 1, all_sum(x[0], ranks())), NAMED("all_mean", 1, all_mean(x[0], ranks())), NAMED("all_max", 1, all_max(x[0], ranks())),
    NAMED("all_gather", 1, all_gather(x[0], ranks())), NAMED("reduce_scatter", 1, reduce_scatter(x[0], ranks())),
    NAMED("broadcast_from", 1, broadcast_from(x[0], ranks(), static_cast<std::size_t>(k < 0 ? 0 : k))),
    NAMED("sharded", 1, xg::sharded(ranks(), [](xg::Var) { return std::vector<xg::Var>{}; })(x[0].var)),
    NAMED("bernoulli", 0, random().bernoulli({2}, static_cast<double>(k))), NAMED("bernoulli", 1, random().bernoulli(x[0])), NAMED("integers", 0, random().integers({2}, 0, k)),
};
// clang-format on

} // namespace

BOOST_AUTO_TEST_SUITE(error_names)

BOOST_AUTO_TEST_CASE(of_every_function) {
    for (const NamedFunction& function : table)
        check_names(function);
}

BOOST_AUTO_TEST_CASE(no_function_is_missing) {
    const std::filesystem::path root = XGRAD_SOURCE_DIR;
    check_all_named(root / "core/structural.hpp", table);
    for (const auto& file : std::filesystem::directory_iterator(root / "ops"))
        if (const std::string name = file.path().filename().string(); name.ends_with(".hpp") && !name.ends_with("_ops.hpp"))
            check_all_named(file.path(), table);
}

BOOST_AUTO_TEST_SUITE_END()
