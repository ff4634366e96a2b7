#pragma once

#include <optional>
#include <stdexcept>

#include <xgrad/core/group.hpp>

#include "features.hpp"
#include "options.hpp"
#include "report.hpp"

namespace examples {

/// The loss is no longer a finite number, or a thousand times what it was at the start; the text says where, and what
/// to do about it.
class Diverged : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The nearest number of two decimal digits.
double two_digits(double x);

/// A rate that trains well without being asked for. Where steps go with the gradient, it goes with 1 / mean |x|^2, as
/// the curvature of the loss goes with |x|^2; where the rate alone is their length in each element, with 1 / mean
/// |x|_1, as that is how far the scores move. The factors were found by trial on MNIST, Fashion-MNIST, CIFAR-10, small
/// tables and the drawn digits. Two digits are kept.
double default_learning_rate(const Options& options, const Dataset& train);

/// Trains a linear classifier, reports each epoch, and returns how well it does in the end on the examples held out;
/// nothing if a signal stopped it before. A run that is resumed ends with the very parameters of one that was left
/// alone.
/// Ranks train together, with the same parameters for any number of them; rank 0 alone writes files. A signal that one
/// of them gets stops all.
/// Throws Diverged.
std::optional<Score> train(const Datasets& data, Options options, std::optional<xgrad::Group> ranks = {});

} // namespace examples
