#pragma once
// Losses and regularizers: composites over the primitives.

#include <optional>

#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

/// What becomes of the losses of the examples (of the elements, where a loss has one for each).
enum class Reduction { mean, sum, none };

// --- Classification: scores (N, C) and labels (N) int64 ----------------------------------------------------------

struct SoftmaxOptions {
    double label_smoothing = 0; // the share of the target that is spread evenly over all classes, from 0 to 1
    Var class_weights = {};     // (C), of the scores' dtype
    Reduction reduction = Reduction::mean;
    std::optional<std::int64_t> ignore_index = {}; // examples with this label, which need not be a class, do not count
};

/// The cross-entropy of the softmax of scores (N, C) and labels (N) int64:
/// mean_i (ln sum_j e^(s_ij) - s_i,label_i).  CS231n, lecture 3. Scores (N, C, d...) with labels (N, d...) are N d...
/// examples: the pixels of images, the words of texts. The loss of what is ignored is 0, and the mean is that of the
/// others, NaN if there is none.
///
/// In general, with L = log_softmax(s), weights w and smoothing e, the loss of example i is
/// -(1 - e) w_label L_i,label - e/C sum_j w_j L_ij, and the mean is their sum over sum_i w_label_i (torch's
/// cross_entropy).
[[nodiscard]] Var softmax_loss(Operand scores, Operand labels, SoftmaxOptions options = {});

enum class Hinge {
    weston_watkins, // sum_{j != label} max(0, s_j - s_label + margin)
    crammer_singer, // max(0, max_{j != label} s_j - s_label + margin): the worst wrong class only
    one_versus_all, // sum_j max(0, margin - t_j s_j), t_j = 1 for the label, else -1
};

struct SvmOptions {
    double margin = 1;
    bool squared = false; // each max(0, ...) of the formula
    Hinge form = Hinge::weston_watkins;
    Reduction reduction = Reduction::mean;
};

/// The multiclass hinge loss (Weston and Watkins) of scores (N, C) and labels (N) int64:
/// mean_i sum_{j != label_i} max(0, s_ij - s_i,label_i + margin), each term squared if asked.  CS231n, lecture 3.
/// Other forms see Hinge. (torch's multi_margin_loss divides by C as well.)
[[nodiscard]] Var svm_loss(Operand scores, Operand labels, SvmOptions options = {});

struct BinaryOptions {
    Var positive_weight = {}; // broadcasts to the scores: how much more a positive example counts
    Var weights = {};         // broadcasts to the scores: how much each element counts
    Reduction reduction = Reduction::mean;
};

/// Binary cross-entropy with logits s and targets t of one shape, t from 0 to 1 or a mask:
/// -p t ln sigmoid(s) - (1 - t) ln(1 - sigmoid(s)), p the positive weight.  d/ds = sigmoid(s) - t for p = 1
[[nodiscard]] Var binary_loss(Operand scores, Operand targets, BinaryOptions options = {});

// --- Regression: predictions and targets of one shape, a loss for each element; a number stands for equal targets
// ---------

/// (x - t)^2.  d/dx = 2 (x - t)
[[nodiscard]] Var squared_error(Operand x, Operand targets, Reduction reduction = Reduction::mean);
/// |x - t|.  d/dx = sign(x - t), 0 where they are equal
[[nodiscard]] Var absolute_error(Operand x, Operand targets, Reduction reduction = Reduction::mean);
/// d^2/2 for |d| < delta, else delta (|d| - delta/2), d = x - t.  d/dx = clip(d, -delta, delta).  Huber 1964
[[nodiscard]] Var huber_loss(Operand x, Operand targets, double delta = 1, Reduction reduction = Reduction::mean);

// --- Distributions -----------------------------------------------------------------------------------------------

struct DivergenceOptions {
    bool log_targets = false; // the targets, too, are given as their logarithms
    Reduction reduction = Reduction::mean;
};

/// Kullback-Leibler: for each element t (ln t - x), x the logarithm of what is compared with the targets t; 0 ln 0 = 0.
///  d/dx = -t.
/// The mean is that of all elements (torch's kl_div; its "batchmean" is the sum divided by N).
[[nodiscard]] Var kl_divergence(Operand log_probabilities, Operand targets, DivergenceOptions options = {});

// --- Regularizers ------------------------------------------------------------------------------------------------

/// The sum of squares; multiply it by the strength you want.
[[nodiscard]] Var l2(Operand x);
/// The sum of absolute values.
[[nodiscard]] Var l1(Operand x);
/// l2_ratio * (sum of squares) + sum of absolute values.
[[nodiscard]] Var elastic_net(Operand x, double l2_ratio = 1);

} // namespace xgrad::models
#pragma GCC visibility pop
