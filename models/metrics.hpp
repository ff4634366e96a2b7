#pragma once
// How good predictions are, as ops: a program computes them beside a loss. They have no derivative. A label that is no
// class is an error when the program runs.

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

/// The share of examples whose label has the highest score, float64: mean_i [argmax_j s_ij = label_i], of scores (N, C)
/// and labels (N) int64, or (N, C, d...) and (N, d...). Of equal scores the first counts as the highest, and a NaN as
/// higher than all (numpy.argmax). NaN if there is no example.
[[nodiscard]] Var accuracy(Operand scores, Operand labels);

/// The share of examples whose label is among the k highest scores, float64, k from 1 to C. Of equal scores the first
/// are the higher ones, so that never more than k classes count; accuracy is that of k = 1.
[[nodiscard]] Var top_k_accuracy(Operand scores, Operand labels, std::int64_t k);

/// How many examples of each class were taken for which: int64 (C, C), M_ij the number of those with label i and
/// prediction j. Labels and predictions are int64 of one shape, from 0 to C - 1: confusion_matrix(labels,
/// argmax(scores, 1), C).  sklearn's confusion_matrix
[[nodiscard]] Var confusion_matrix(Operand labels, Operand predictions, std::size_t classes);

} // namespace xgrad::models
#pragma GCC visibility pop
