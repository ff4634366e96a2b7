#include <xgrad/models/losses.hpp>

#include <fmt/format.h>

#include <xgrad/core/graph/graph.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/index.hpp>
#include <xgrad/ops/rearrange.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/softmax.hpp>
#include <xgrad/ops/special.hpp>

namespace xgrad::models {
namespace {

/// Whoever is told of wrong dtypes would cast what is only in the wrong place.
void check_order(const char* loss, const char* first, const Operand& a, const char* second, const Operand& b) {
    if (!b.var.valid() || is_floating(a.dtype()) || !is_floating(b.dtype())) return;
    throw Error(fmt::format("{0}: {1} {2} were given first and {3} {4} second; the {5} come first: {0}({5}, {6})", loss,
                            name(a.dtype()), a.shape().str(), name(b.dtype()), b.shape().str(), first, second),
                a.where);
}

void require_floating(const char* loss, const char* what, const Operand& x) {
    if (is_floating(x.dtype())) return;
    throw Error(fmt::format("{}: the {} are {} {}; they must be float32 or float64, cast them", loss, what,
                            name(x.dtype()), x.shape().str()),
                x.where);
}

void check_scores(const char* loss, const Operand& scores, const Operand& labels) {
    check_order(loss, "scores", scores, "labels", labels);
    require_floating(loss, "scores", scores);
    const Shape &s = scores.shape(), &l = labels.shape();
    if (s.rank() != 2 || l.rank() != 1 || s[0] != l[0] || labels.dtype() != DType::int64)
        throw Error(fmt::format("{}: takes scores (N, C) and labels (N,) int64, was given {} {} and {} {}", loss,
                                name(scores.dtype()), s.str(), name(labels.dtype()), l.str()),
                    scores.where);
}

/// The targets, or a number, in the dtype of x. Other shapes are an error, as (N) beside (N, 1) would broadcast to (N,
/// N).
Var checked_targets(const char* loss, const Operand& x, const Operand& targets) {
    if (!targets.var.valid()) {
        const GraphUse graph(x.var, x.where);
        return graph->var(graph->operand(targets, x.dtype()));
    }
    if (x.shape() != targets.shape())
        throw Error(fmt::format("{}: x is {} and the targets are {}; the shapes must be equal", loss, x.shape().str(),
                                targets.shape().str()),
                    x.where);
    return is_floating(targets.dtype()) ? targets.var : cast(targets, x.dtype());
}

Var reduced(Var losses, Reduction reduction) {
    return reduction == Reduction::mean ? mean(losses) : reduction == Reduction::sum ? sum(losses) : losses;
}

/// The losses of examples, and how much each of them counts; Var{}: all the same.
struct ExampleLosses {
    Var losses, weights;
};

/// Where classes have weights or the target is smoothed.
ExampleLosses weighted_softmax_losses(const Operand& scores, const Operand& labels, const SoftmaxOptions& options) {
    const double smoothing = options.label_smoothing;
    const auto classes = static_cast<double>(scores.shape()[1]);
    const Var logs = log_softmax(scores, 1);
    Var losses = -pick(logs, labels),
        of_all_classes = -(options.class_weights.valid() ? logs * options.class_weights : logs);
    Var weights;
    if (options.class_weights.valid()) {
        weights = take(options.class_weights, labels, 0);
        losses = losses * weights;
    }
    if (smoothing != 0) losses = (1 - smoothing) * losses + (smoothing / classes) * sum(of_all_classes, 1);
    return {losses, weights};
}

/// Of scores (N, C) and labels (N).
ExampleLosses softmax_losses(const Operand& scores, const Operand& labels, const SoftmaxOptions& options) {
    if (options.class_weights.valid() || options.label_smoothing != 0)
        return weighted_softmax_losses(scores, labels, options);
    // The logarithm of the sum less the score of the label; what both share is taken off first, so that a small loss of
    // large scores keeps its digits.
    const Var top = detail::softmax_shift(scores, 1), total = detail::plain_log(sum(exp(scores - top), 1));
    return {total + (reshape_to(top, labels.shape()) - pick(scores, labels)), {}};
}

void check_softmax_loss(const Operand& scores, const Operand& labels, const SoftmaxOptions& options) {
    check_order("softmax_loss", "scores", scores, "labels", labels);
    require_floating("softmax_loss", "scores", scores);
    const Shape &s = scores.shape(), &l = labels.shape();
    bool fits = s.rank() >= 2 && l.rank() == s.rank() - 1 && s[0] == l[0] && labels.dtype() == DType::int64;
    for (std::size_t axis = 2; fits && axis < s.rank(); ++axis)
        fits = s[axis] == l[axis - 1];
    if (!fits)
        throw Error(fmt::format("softmax_loss: takes scores (N, C) and labels (N,) int64, or (N, C, d...) and (N, "
                                "d...), was given {} {} and {} {}",
                                name(scores.dtype()), s.str(), name(labels.dtype()), l.str()),
                    scores.where);
    if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1))
        throw Error(fmt::format("softmax_loss: label_smoothing is {}; it must be from 0 to 1", options.label_smoothing),
                    scores.where);
    const Var weights = options.class_weights;
    if (weights.valid() && (weights.shape() != Shape(s[1]) || weights.dtype() != scores.dtype()))
        throw Error(fmt::format("softmax_loss: class_weights are {} {}, scores are {} {}; there must be one weight for "
                                "each class, of the scores' dtype",
                                name(weights.dtype()), weights.shape().str(), name(scores.dtype()), s.str()),
                    scores.where);
}

} // namespace

Var softmax_loss(Operand scores, Operand labels, SoftmaxOptions options) {
    const Call call("softmax_loss", scores.where);
    check_softmax_loss(scores, labels, options);
    const Shape shape = labels.shape();
    Var rows = scores.var, classes = labels.var;
    if (shape.rank() != 1) { // an example for each place
        rows = reshape_to(moveaxis(scores, 1, -1), Shape(shape.numel(), scores.shape()[1]));
        classes = reshape_to(labels, Shape(shape.numel()));
    }
    Var counts;
    if (options.ignore_index) {
        counts = classes != *options.ignore_index;
        classes = where(counts, classes, 0);
    }
    auto [losses, weights] = softmax_losses(rows, classes, options);
    if (counts.valid()) {
        losses = where(counts, losses, 0);
        weights = weights.valid() ? where(counts, weights, 0) : cast(counts, scores.dtype());
    }
    if (weights.valid() && options.reduction == Reduction::mean) return sum(losses) / sum(weights);
    return reduced(reshape_to(losses, shape), options.reduction);
}

Var svm_loss(Operand scores, Operand labels, SvmOptions options) {
    const Call call("svm_loss", scores.where);
    check_scores("svm_loss", scores, labels);
    const Var right = one_hot(labels, scores.shape()[1], scores.dtype());
    const auto hinge = [&](Var x) { return options.squared ? square(relu(x)) : relu(x); };
    if (options.form == Hinge::one_versus_all)
        return reduced(sum(hinge(options.margin + (1 - 2 * right) * scores), 1), options.reduction);
    // The right class itself would contribute its margin: take it off.
    const Var margins = hinge(scores - expand_dims(pick(scores, labels), 1) + options.margin) * (1 - right);
    return reduced(options.form == Hinge::crammer_singer ? max(margins, 1) : sum(margins, 1), options.reduction);
}

Var binary_loss(Operand scores, Operand targets, BinaryOptions options) {
    const Call call("binary_loss", scores.where);
    check_order("binary_loss", "scores", scores, "targets", targets);
    require_floating("binary_loss", "scores", scores);
    const Var t = checked_targets("binary_loss", scores, targets);
    // Both terms keep their digits where they are small, which softplus(s) - s t does not.
    const Var positive = softplus(-scores) * t, negative = softplus(scores) * (1 - t);
    const Var losses = (options.positive_weight.valid() ? positive * options.positive_weight : positive) + negative;
    return reduced(options.weights.valid() ? losses * options.weights : losses, options.reduction);
}

Var squared_error(Operand x, Operand targets, Reduction reduction) {
    const Call call("squared_error", x.where);
    const Var t = checked_targets("squared_error", x, targets);
    return reduced(square(x - t), reduction);
}

Var absolute_error(Operand x, Operand targets, Reduction reduction) {
    const Call call("absolute_error", x.where);
    const Var t = checked_targets("absolute_error", x, targets);
    return reduced(abs(x - t), reduction);
}

Var huber_loss(Operand x, Operand targets, double delta, Reduction reduction) {
    const Call call("huber_loss", x.where);
    if (!(delta > 0)) throw Error(fmt::format("huber_loss: delta is {}; it must be above 0", delta), x.where);
    const Var t = checked_targets("huber_loss", x, targets);
    const Var d = x - t, size = abs(d);
    return reduced(where(size < delta, 0.5 * square(d), delta * (size - 0.5 * delta)), reduction);
}

Var kl_divergence(Operand log_probabilities, Operand targets, DivergenceOptions options) {
    const Call call("kl_divergence", log_probabilities.where);
    check_order("kl_divergence", "log_probabilities", log_probabilities, "targets", targets);
    require_floating("kl_divergence", "log_probabilities", log_probabilities);
    const Var t = checked_targets("kl_divergence", log_probabilities, targets);
    if (options.log_targets) return reduced(exp(t) * (t - log_probabilities), options.reduction);
    return reduced(xlogy(t, t) - t * log_probabilities, options.reduction);
}

Var l2(Operand x) {
    const Call call("l2", x.where);
    return sum(square(x));
}

Var l1(Operand x) {
    const Call call("l1", x.where);
    return sum(abs(x));
}

Var elastic_net(Operand x, double l2_ratio) {
    const Call call("elastic_net", x.where);
    return l2_ratio * l2(x) + l1(x);
}

} // namespace xgrad::models
