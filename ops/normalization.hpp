#pragma once

#include <optional>

#include <xgrad/core/group.hpp>
#include <xgrad/core/op.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

/// y = (x - mean) / sqrt(var + epsilon), mean and (biased) variance over the axes.
[[nodiscard]] Var normalize(Operand x, const Dims& axes, double epsilon = 1e-5);

/// Layer normalization: normalize over the trailing axes, those of the scale's shape, then y * scale + shift; a Var{}
/// is none.
/// Ba et al. 2016; torch's layer_norm.
[[nodiscard]] Var layer_norm(Operand x, Operand scale, Operand shift = Var{}, double epsilon = 1e-5);

/// Root mean square normalization over the trailing axes, those of the scale's shape: y = x / sqrt(mean(x^2) + epsilon)
/// * scale.
/// Zhang and Sennrich 2019; torch's rms_norm.
[[nodiscard]] Var rms_norm(Operand x, Operand scale, double epsilon = 1e-5);

/// Group normalization of x (N, C, ...): the channels in `groups` equal parts, each part of each example normalized by
/// its own mean and (biased) variance, then y * scale + shift, both of shape (C); a Var{} is none.  Wu and He 2018;
/// torch's group_norm.
[[nodiscard]] Var group_norm(Operand x, std::int64_t groups, Var scale = {}, Var shift = {}, double epsilon = 1e-5);

/// Instance normalization: group_norm with a group for each channel.  Ulyanov et al. 2016; torch's instance_norm.
[[nodiscard]] Var instance_norm(Operand x, Var scale = {}, Var shift = {}, double epsilon = 1e-5);

struct BatchNormOptions {
    bool training = true;  // normalize by the batch's own mean and variance; else by the running ones
    double momentum = 0.1; // the share of the batch in the new running statistics
    double epsilon = 1e-5;
    /// Training, the mean and the variance are those of what all participants of this group have, by all_mean.
    std::optional<Group> group = {};
};

struct BatchNormResult {
    Var y;
    Var mean, variance; // the new running statistics, (C); when not training the given ones
    operator Var() const { return y; }
};

/// Batch normalization of x (N, C, ...) for each channel: y = (x - mean) / sqrt(var + epsilon) * scale + shift, all of
/// shape (C);
/// Var{} for scale or shift is none. Training, mean and (biased) variance are the batch's, over all axes but 1, and the
/// new running statistics are (1 - momentum) running + momentum batch, the variance unbiased: make them updates of the
/// step.
/// Ioffe and Szegedy 2015; torch's batch_norm.
[[nodiscard]] BatchNormResult batch_norm(Operand x, Var running_mean, Var running_variance, Var scale = {},
                                         Var shift = {}, const BatchNormOptions& options = {});

/// Rows of a table (count, width) by index (I...) int64 -> (I..., width).  torch's embedding; it is take along axis 0.
[[nodiscard]] Var embedding(Operand table, Operand indices);

} // namespace xgrad
#pragma GCC visibility pop
