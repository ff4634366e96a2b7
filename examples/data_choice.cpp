#include "data_choice.hpp"

#include <CLI/CLI.hpp>

namespace examples {

void add_data_options(CLI::App& app, DataChoice& choice, const std::string& names, const std::string& files) {
    CLI::Option* data = app.add_option("--data", choice.name, names)->type_name("NAME|FOLDER");
    if (!choice.name.empty()) data->capture_default_str();
    CLI::Option* train = app.add_option("--train-files", choice.train_files, files)->type_name("FILE")->excludes(data);
    CLI::Option* test = app.add_option("--test-files", choice.test_files, "The same for the examples held out")
                            ->type_name("FILE")
                            ->excludes(data);
    train->needs(test);
    test->needs(train);
}

xgrad::datasets::Datasets load(const DataChoice& choice) {
    return choice.train_files.empty() ? xgrad::datasets::load_data(choice.name)
                                      : xgrad::datasets::load_files(choice.train_files, choice.test_files);
}

} // namespace examples
