#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <xgrad/datasets/dataset.hpp>

namespace xgrad::datasets {

/// A data set by its name:
///  - `digits`, drawn by the program, needs no files;
///  - a folder with the files of MNIST (train-images*, train-labels*, t10k-images*, t10k-labels*), of CIFAR-10
///    or CIFAR-100 (data_batch_*.bin or train*.bin, test*.bin), or of one table (*train.csv and *test.csv, or one
///    *.csv);
///  - a table `path/NAME`, that is path/NAME_train.csv and path/NAME_test.csv, or path/NAME.csv;
///  - one of the last two in the folder that the environment variable XGRAD_DATA names.
/// One table without a test file is split. Tables are standardised (see csv.hpp); labels of CIFAR-100 are the fine
/// ones. Throws DataError.
Datasets load_data(const std::string& name_or_folder);

/// Files whose content tells the format: two idx files or two .npy files in any order, or CIFAR-10 or CIFAR-100 files,
/// or tables. Tables, also those of .npy files, are standardised. Throws DataError.
Datasets load_files(const std::vector<std::filesystem::path>& train, const std::vector<std::filesystem::path>& test);

/// Examples of files of one format, as load_files takes them; idx images and .npy features may stand without labels,
/// and are examples without targets then. Features of a table are as they stand in the file. Throws DataError.
Dataset load_examples(const std::vector<std::filesystem::path>& files);

} // namespace xgrad::datasets
