#include <xgrad/models/losses.hpp>

#include <fmt/format.h>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/index.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/softmax.hpp>

namespace xgrad::models {
namespace {

void check_scores(const char* loss, const Operand& scores, const Operand& labels) {
    const Shape &s = scores.var.shape(), &l = labels.var.shape();
    if (s.rank() != 2 || l.rank() != 1 || s[0] != l[0] || labels.var.dtype() != DType::int64)
        throw Error(fmt::format("{}: takes scores (N, C) and labels (N,) int64, was given {} {} and {} {}", loss,
                                name(scores.var.dtype()), s.str(), name(labels.var.dtype()), l.str()),
                    scores.where);
}

} // namespace

Var softmax_loss(Operand scores, Operand labels) {
    check_scores("softmax_loss", scores, labels);
    const At at(scores);
    return mean(logsumexp(scores, 1) - pick(scores, labels));
}

Var svm_loss(Operand scores, Operand labels, SvmOptions options) {
    check_scores("svm_loss", scores, labels);
    const At at(scores);
    const Var right = expand_dims(pick(scores, labels), 1);
    Var margins = relu(scores - right + options.margin);
    if (options.squared) margins = square(margins);
    // The right class itself contributes its margin, max(0, margin), to each example: take it off.
    const Var wrong = 1 - one_hot(labels, scores.var.shape()[1], scores.var.dtype());
    return mean(sum(margins * wrong, 1));
}

Var l2(Operand x) {
    const At at(x);
    return sum(square(x));
}

Var l1(Operand x) {
    const At at(x);
    return sum(abs(x));
}

Var elastic_net(Operand x, double l2_ratio) {
    const At at(x);
    return l2_ratio * l2(x) + l1(x);
}

} // namespace xgrad::models
