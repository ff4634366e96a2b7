#pragma once

#include <cstddef>
#include <optional>

namespace examples {

/// How well a classifier does on a data set: the mean loss, without any penalty of the weights, and the share of
/// examples whose class has the highest score.
struct Score {
    double loss = 0, accuracy = 0;
};

/// What is known of an epoch when it is over.
struct EpochRecord {
    std::size_t epoch = 0, steps = 0; // both counted from the beginning of the run
    double learning_rate = 0;
    Score train, test;
    double examples_per_second = 0, seconds = 0; // of the steps alone, without the evaluation
    /// |update| / |weights|, the mean over the steps of the epoch; of one that was resumed, over the steps since.
    /// Nothing if it was not asked for, or if all weights were 0.
    std::optional<double> update_ratio = {};
};

} // namespace examples
