#include <xgrad/models/metrics.hpp>

#include <fmt/format.h>

#include <xgrad/core/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/creation.hpp>
#include <xgrad/ops/gather.hpp>
#include <xgrad/ops/index.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/sort.hpp>
#include <xgrad/ops/statistics.hpp>

namespace xgrad::models {
namespace {

void check_scores(const Operand& scores, const Operand& labels) {
    const Shape &s = scores.shape(), &l = labels.shape();
    bool fits = s.rank() >= 2 && l.rank() == s.rank() - 1 && s[0] == l[0] && s[1] != 0;
    for (std::size_t axis = 2; fits && axis < s.rank(); ++axis)
        fits = s[axis] == l[axis - 1];
    if (!fits || !is_floating(scores.dtype()) || labels.dtype() != DType::int64)
        throw Error(fmt::format("takes scores (N, C) and labels (N,) int64, or (N, C, d...) and (N, d...), was given "
                                "{} {} and {} {}",
                                name(scores.dtype()), s.str(), name(labels.dtype()), l.str()),
                    scores.where);
}

/// The same labels, of which one that is no class is an error when the program runs.
Var checked(const Operand& labels, std::size_t classes) {
    Shape rows = labels.shape();
    rows.append(static_cast<std::int64_t>(classes), labels.where);
    const Var all = arange(labels.var.tape(labels.where), 0, static_cast<double>(classes), 1, DType::int64);
    return pick(broadcast_to(all, rows), labels);
}

} // namespace

Var accuracy(Operand scores, Operand labels) {
    const Call call("accuracy", scores.where);
    check_scores(scores, labels);
    return mean(argmax(scores, 1) == checked(labels, scores.shape()[1]));
}

Var top_k_accuracy(Operand scores, Operand labels, std::int64_t k) {
    const Call call("top_k_accuracy", scores.where);
    check_scores(scores, labels);
    const std::size_t classes = scores.shape()[1];
    if (k < 1 || static_cast<std::size_t>(k) > classes)
        throw Error(fmt::format("k is {}; there are {} classes, so it must be from 1 to {}", k, classes, classes),
                    scores.where);
    const Var found = top_k(scores, k, 1).indices == expand_dims(checked(labels, classes), 1);
    return mean(sum(found, 1));
}

Var confusion_matrix(Operand labels, Operand predictions, std::size_t classes) {
    const Call call("confusion_matrix", labels.where);
    const Shape &l = labels.shape(), &p = predictions.shape();
    if (l != p || labels.dtype() != DType::int64 || predictions.dtype() != DType::int64)
        throw Error(fmt::format("takes labels and predictions of one shape, both int64, as argmax(scores, 1) gives "
                                "them; was given {} {} and {} {}",
                                name(labels.dtype()), l.str(), name(predictions.dtype()), p.str()),
                    labels.where);
    const Shape matrix(classes, classes), flat(matrix.numel());
    const Var places = checked(labels, classes) * static_cast<std::int64_t>(classes) + checked(predictions, classes);
    const Var none = zeros(labels.var.tape(labels.where), flat, DType::int64);
    return reshape_to(scatter_add(none, reshape_to(places, Shape(l.numel())), 1, 0), matrix);
}

} // namespace xgrad::models
