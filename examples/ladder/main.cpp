// The ladder: a table of all rungs. Exit status: 0 done, 1 something is wrong with the data, 2 with the options.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command_line.hpp"
#include "data_choice.hpp"
#include "ladder.hpp"
#include "page.hpp"
#include "page_parts.hpp"
#include "table.hpp"

namespace {

using namespace ladder;
using examples::with_check;
using xgrad::datasets::Datasets;

struct Options {
    Settings settings;
    std::vector<std::string> rungs;    // empty: all
    std::optional<std::string> report; // a folder
    examples::DataChoice data;
};

constexpr std::size_t least_side = 8; // three pools leave one pixel of it

std::string rung_names() {
    std::string names;
    for (const Rung& rung : rungs())
        names.append(names.empty() ? "" : "|").append(rung.name);
    return names;
}

std::string rung_name(const std::string& text) {
    return examples::unless(find_rung(text) != nullptr, rung_names(), text);
}

/// CIFAR-10 where it is at hand, else digits, which need no files.
std::string usual_data() {
    const char* root = std::getenv("XGRAD_DATA");
    return root && *root && std::filesystem::is_directory(std::filesystem::path(root) / "cifar10") ? "cifar10"
                                                                                                   : "digits";
}

bool parse_options(Options& options, int argc, char** argv) {
    CLI::App app{"Climbs from the nearest neighbour to a small convolutional network, a line for each rung."};
    app.add_option("--rungs", options.rungs, "Only these, with commas between them: " + rung_names())
        ->delimiter(',')
        ->check(CLI::Validator(rung_name, ""))
        ->type_name("NAMES");
    with_check(
        app.add_option("--epochs", options.settings.epochs,
                       "Passes over the training set, of every rung that has some; each has its own if not given"),
        examples::count)
        ->type_name("NUMBER");
    with_check(app.add_option("--seed", options.settings.seed, "Of all that is drawn at random"), examples::whole)
        ->type_name("NUMBER")
        ->capture_default_str();
    app.add_option("--picture", options.settings.picture, "Where the rung knn draws accuracy over k")
        ->type_name("FILE.svg")
        ->capture_default_str();
    app.add_option(
           "--report", options.report,
           "After each rung write a page about the climb into this folder: index.html, with the table, and for\n"
           "each rung curves, weights as pictures, confusions and the most wrong predictions")
        ->type_name("FOLDER");
    add_data_options(app, options.data,
                     "digits, which the program draws; or a folder with MNIST or CIFAR; or one in the\n"
                     "folder XGRAD_DATA: mnist, cifar10 ... If not given, cifar10 where it is there",
                     "Files: idx, .npy, or CIFAR binaries");
    if (!examples::parse(app, argc, argv)) return false;
    options.settings.details = options.report.has_value();
    return true;
}

Datasets load_images(examples::DataChoice choice) {
    if (choice.name.empty()) choice.name = usual_data();
    Datasets data = examples::load(choice);
    const xgrad::Shape& shape = data.train.examples.feature_type().shape;
    if (!data.train.is_images()) throw xgrad::datasets::DataError(data.train.name, "images", "a table");
    if (std::min(shape[1], shape[2]) < least_side)
        throw xgrad::datasets::DataError(
            data.train.name, fmt::format("images of at least {} x {} pixels", least_side, least_side), shape.str());
    return data;
}

void print_row(const Row& row) {
    fmt::print("{}\n", line_of(row));
    std::fflush(stdout);
}

/// Nothing if it is to be left out.
std::optional<Outcome> climb(const Rung& rung, const Ground& ground) {
    if (rung.colours && !ground.coloured()) return std::nullopt;
    return rung.climb(ground);
}

/// All of them, if none is named.
std::vector<const Rung*> chosen_rungs(const std::vector<std::string>& names) {
    std::vector<const Rung*> chosen;
    if (names.empty())
        for (const Rung& rung : rungs())
            chosen.push_back(&rung);
    for (const std::string& name : names)
        chosen.push_back(find_rung(name));
    return chosen;
}

int run(int argc, char** argv) {
    Options options;
    if (!parse_options(options, argc, argv)) return 0;
    const Datasets data = load_images(options.data);
    if (options.report) examples::make_page_folder(*options.report);
    fmt::print("{}: {} training images, {} held out, {}, {} classes{}{}\n\n", data.train.name, data.train.size(),
               data.test.size(), data.train.examples.feature_type().shape.str(), data.train.classes,
               data.remark.empty() ? "" : "; ", data.remark);
    const Ground ground(data, options.settings);
    const std::vector<const Rung*> chosen = chosen_rungs(options.rungs);
    std::vector<Climbed> climbed;
    print_row(table_head);
    for (const Rung* rung : chosen) {
        climbed.push_back({*rung, climb(*rung, ground)});
        print_row(row_of(climbed.back()));
        // Each time, for a climb that is stopped leaves the page of what was done.
        if (options.report) examples::save_page(*options.report, ladder_page(ground, climbed, chosen.size()));
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return examples::run_program("ladder", [&] { return run(argc, argv); });
}
