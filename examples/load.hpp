#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dataset.hpp"

namespace examples {

/// The data set of the option --data:
///  - `digits`, drawn by the program, needs no files;
///  - a folder with the files of MNIST (train-images*, train-labels*, t10k-images*, t10k-labels*), of CIFAR-10
///    (data_batch_*.bin or train*.bin, test*.bin), or of one table (*train.csv and *test.csv, or one *.csv);
///  - a table `path/NAME`, that is path/NAME_train.csv and path/NAME_test.csv, or path/NAME.csv;
///  - one of the last two in the folder that the environment variable XGRAD_DATA names.
/// One table without a test file is split. Throws DataError.
Datasets load_data(const std::string& name_or_folder);

/// Files of the options --train-files and --test-files, whose content tells the format: two idx files in any order, or
/// CIFAR-10 files, or tables. Throws DataError.
Datasets load_files(const std::vector<std::filesystem::path>& train, const std::vector<std::filesystem::path>& test);

} // namespace examples
