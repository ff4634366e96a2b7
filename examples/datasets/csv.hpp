#pragma once

#include <filesystem>
#include <span>
#include <string>

#include <xgrad/datasets/dataset.hpp>

namespace xgrad::datasets {

/// Lines of numbers between commas, the class (a whole number from 0) in the last column. The first line may be a
/// header: one without any number. Blank lines are skipped. Features are as they stand in the files. Throws DataError
/// with line and column, also for NaN and infinity.
Dataset read_csv(std::span<const std::filesystem::path> files, std::string name = "");

/// Shifts and scales each feature of both sets to mean 0 and standard deviation 1 on the *training* set, since the
/// columns of a table have units of their own. A feature that is constant there becomes 0. A value further than 5
/// deviations out counts as 5: a pixel that is black in all but one training image must not outweigh all others in a
/// test image.
void standardise(Datasets& data);

} // namespace xgrad::datasets
