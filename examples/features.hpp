#pragma once

#include <xgrad/core/var.hpp>
#include <xgrad/datasets/dataset.hpp>

namespace examples {

using xgrad::datasets::DataError;
using xgrad::datasets::Dataset;
using xgrad::datasets::Datasets;

/// What a model is given of features: a row (N, width) for each example, 8-bit pixels as pixel / 255.
xgrad::Var rows_of(xgrad::Var features);

/// The mean over the examples of sum |x| or of sum x^2, x the row of an example.
double mean_size(const Dataset& data, bool squared);

} // namespace examples
