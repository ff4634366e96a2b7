#include "prediction.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <xgrad/datasets/load.hpp>

#include "checkpoint.hpp"
#include "classifier.hpp"
#include "command_line.hpp"

namespace examples {

namespace {

/// Named sets give the examples held out.
Dataset load(const PredictOptions& options) {
    namespace datasets = xgrad::datasets;
    if (!options.train_files.empty()) return datasets::load_files(options.train_files, options.data).test;
    const bool named = options.data.size() == 1 && !std::filesystem::is_regular_file(options.data.front());
    if (named) return datasets::load_data(options.data.front().string()).test;
    Dataset data = datasets::load_examples(options.data);
    if (!data.is_images())
        throw DataError(data.name,
                        "the table that the classifier learned from beside it, named by --train-files, since "
                        "the columns are standardised by that",
                        "none");
    return data;
}

void take_first(Dataset& data, std::size_t n) {
    std::vector<std::size_t> places(std::min(n, data.size()));
    std::iota(places.begin(), places.end(), std::size_t{0});
    data.examples = data.examples.subset(places);
}

/// Printing may fail: the disk may be full, or who reads may have gone.
void check_output() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
        throw std::runtime_error(fmt::format("the predictions cannot be written: {}", std::strerror(errno)));
}

} // namespace

std::optional<PredictOptions> parse_predict_options(int argc, const char* const* argv) {
    PredictOptions options;
    CLI::App app{"Classifies examples by a classifier that was trained before.", "train_classifier predict"};
    with_check(app.add_option("--checkpoint", options.checkpoint, "The file that the training kept"), checkpoint_file)
        ->type_name("FILE.npz|FILE.safetensors")
        ->required();
    app.add_option(
           "data", options.data,
           "Files: idx images or .npy features, with or without their labels, or CIFAR binaries, or CSV with the\n"
           "label last; or a data set by its name or folder, as for the training, of which the examples held out\n"
           "are taken")
        ->type_name("DATA")
        ->required();
    app.add_option("--train-files", options.train_files,
                   "With tables: those of the training, since the columns are standardised by them")
        ->type_name("FILE");
    with_check(app.add_option("--first", options.first, "Only the first so many examples"), count)->type_name("NUMBER");
    with_check(app.add_option("--top", options.top, "So many classes for each example"), count)
        ->type_name("NUMBER")
        ->capture_default_str();
    if (!parse(app, argc, argv)) return std::nullopt;
    return options;
}

std::vector<std::size_t> highest(std::span<const float> numbers, std::size_t k) {
    std::vector<std::size_t> places(numbers.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    k = std::min(k, places.size());
    std::ranges::partial_sort(
        places, places.begin() + static_cast<std::ptrdiff_t>(k),
        [&](std::size_t i, std::size_t j) { return numbers[i] != numbers[j] ? numbers[i] > numbers[j] : i < j; });
    places.resize(k);
    return places;
}

void predict(const PredictOptions& options) {
    const SavedModel saved = saved_model(options.checkpoint);
    Dataset data = load(options);
    if (data.width() != saved.features)
        throw DataError(data.name,
                        fmt::format("examples of {} features, as the classifier in {} takes them", saved.features,
                                    options.checkpoint),
                        fmt::format("{}", data.width()));
    if (options.first) take_first(data, *options.first);
    Classifier classifier(saved.features, saved.classes, {.loss = saved.loss, .zero_init = true});
    load_model(classifier.tape(), options.checkpoint);

    const xt::xarray<float> outputs = classifier.predict(data);
    if (!std::all_of(outputs.begin(), outputs.end(), [](float x) { return std::isfinite(x); }))
        throw std::runtime_error(fmt::format(
            "{}: its classifier gives scores that are no finite numbers; keep another by a training with a lower rate",
            options.checkpoint));
    fmt::print("{}: {} examples; classes with their {}\n", data.name, data.size(),
               saved.loss == Loss::svm ? "scores, which are no probabilities: the loss was an SVM's" : "probabilities");
    std::size_t right = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const std::span<const float> row(outputs.data() + i * saved.classes, saved.classes);
        std::string line = fmt::format("{}", i);
        if (data.examples.has_targets()) {
            line += fmt::format("  label {}", data.class_name(data.label(i)));
            right += highest(row, 1).front() == data.label(i);
        }
        for (const std::size_t c : highest(row, options.top))
            line += fmt::format("  {} {:.4f}", data.class_name(c), row[c]);
        fmt::print("{}\n", line);
    }
    if (data.examples.has_targets())
        fmt::print("accuracy {:.4f}\n", static_cast<double>(right) / static_cast<double>(data.size()));
    check_output();
}

} // namespace examples
