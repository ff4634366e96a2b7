#pragma once
// Losses and regularizers: composites over the primitives.

#include <xgrad/core/op.hpp>

namespace xgrad::models {

/// The mean cross-entropy of the softmax of scores (N, C) and labels (N) int64:
/// mean_i (ln sum_j e^(s_ij) - s_i,label_i).  CS231n, lecture 3.
Var softmax_loss(Operand scores, Operand labels);

struct SvmOptions {
    double margin = 1;
    bool squared = false;
};

/// The mean multiclass hinge loss (Weston and Watkins) of scores (N, C) and labels (N) int64:
/// mean_i sum_{j != label_i} max(0, s_ij - s_i,label_i + margin), each term squared if asked.  CS231n, lecture 3.
Var svm_loss(Operand scores, Operand labels, SvmOptions options = {});

/// The sum of squares; multiply it by the strength you want.
Var l2(Operand x);
/// The sum of absolute values.
Var l1(Operand x);
/// l2_ratio * (sum of squares) + sum of absolute values.
Var elastic_net(Operand x, double l2_ratio = 1);

} // namespace xgrad::models
