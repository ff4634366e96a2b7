#pragma once
// Which data a program works with, as its command line says.

#include <filesystem>
#include <string>
#include <vector>

#include <xgrad/datasets/load.hpp>

namespace CLI {
class App;
}

namespace examples {

/// Files if there are any, else a data set by its name or its folder.
struct DataChoice {
    std::string name;
    std::vector<std::filesystem::path> train_files, test_files;
};

/// --data, or --train-files together with --test-files; what they may be is said in the help.
void add_data_options(CLI::App& app, DataChoice& choice, const std::string& names, const std::string& files);

/// Throws DataError.
xgrad::datasets::Datasets load(const DataChoice& choice);

} // namespace examples
