#include "options.hpp"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command_line.hpp"
#include "rules.hpp"

namespace examples {

namespace {

const std::map<std::string, Loss> losses{{"softmax", Loss::softmax}, {"svm", Loss::svm}};

template <class Value>
std::string key_of(const std::map<std::string, Value>& names, Value value) {
    return std::ranges::find(names, value, [](const auto& entry) { return entry.second; })->first;
}

/// One of the names, turned into what it stands for.
template <class Value>
void add_choice(CLI::App& app, const std::string& option, Value& value, const std::map<std::string, Value>& names,
                const std::string& help) {
    std::string choices;
    for (const auto& [name, meaning] : names)
        choices += (choices.empty() ? "" : "|") + name;
    const auto known = [&names, choices](const std::string& text) {
        return unless(names.contains(text), choices, text);
    };
    app.add_option_function<std::string>(
           option, [&](const std::string& text) { value = names.at(text); }, help)
        ->check(CLI::Validator(known, ""))
        ->default_str(key_of(names, value))
        ->type_name(choices);
}

} // namespace

std::optional<Options> parse_options(int argc, const char* const* argv) {
    Options options;
    CLI::App app{"Trains a linear classifier and tests it on examples held out."};
    const auto add = [&app]<class Value>(const std::string& option, Value& value, Check* check,
                                         const std::string& help) {
        return with_check(app.add_option(option, value, help), check)->type_name("NUMBER");
    };

    add_choice(app, "--loss", options.loss, losses, "What is minimised: cross entropy, or the multiclass hinge loss");
    add("--optimizer", options.optimizer, rule,
        "gd steps once an epoch, on the whole training set; the others after each batch")
        ->type_name(rule_names())
        ->capture_default_str();
    add("--learning-rate", options.learning_rate, rate,
        "If not given, chosen by loss, optimizer and the size of the features");
    add("--batch-size", options.batch_size, count, "Examples in a batch; gd takes all")->capture_default_str();
    add("--epochs", options.epochs, count, "Passes over the training set")->capture_default_str();
    add("--l2", options.l2, factor, "Factor of the sum of the squared weights")->capture_default_str();
    add("--seed", options.seed, whole, "Of the first weights and the order of the examples")->capture_default_str();
    CLI::Option*
        checkpoint = add("--checkpoint", options.checkpoint, checkpoint_file,
                         "Keep the run in this file: saved at the start, after each epoch, and at Ctrl-C or SIGTERM")
                         ->type_name("FILE.npz|FILE.safetensors");
    add("--checkpoint-every", options.checkpoint_every, count, "Save after so many steps, too")->needs(checkpoint);
    app.add_flag("--resume", options.resume,
                 "Continue the run in the file of --checkpoint where it was saved last; begin one if there is no file")
        ->needs(checkpoint);
    app.add_option("--log", options.log,
                   "Write a row for each epoch into this file: losses, accuracies, speed, and the ratio of the norms\n"
                   "of updates and weights; a run that is resumed goes on in it")
        ->type_name("FILE.csv");
    app.add_option(
           "--report", options.report,
           "After each epoch write a page about the run into this folder: index.html, with curves, confusions,\n"
           "the most wrong predictions, and for images the weights as pictures")
        ->type_name("FOLDER");
    app.add_option("--trace", options.trace,
                   "Write a trace of the programs' steps, with their times, ops and lines, into this file: JSON for\n"
                   "https://ui.perfetto.dev or chrome://tracing")
        ->type_name("FILE.json");
    add("--threads", options.threads, threads, "All processors if not given; the results are the same");
    add("--shards", options.shards, count,
        "Cut each batch into up to so many equal parts, so that the bits are the same for any number of\n"
        "processes; 64 if mpirun has started several, else none");
    add_data_options(app, options.data,
                     "digits, which the program draws; or a folder with MNIST, CIFAR or a table;\n"
                     "or one in the folder XGRAD_DATA: mnist, cifar10, cifar100, csv/digits ...",
                     "Files: idx images and labels, or .npy features and labels, or CIFAR binaries, or CSV with the\n"
                     "label last");
    app.add_flag("--zero-init", options.zero_init, "Start with all weights at zero");
    app.add_flag("--in-order", options.in_order, "Take the examples in the order of the files");
    app.add_flag("--check-numerics", options.check_numerics,
                 "Run one op at a time and stop where the first NaN or infinity arises, with the op and its line");
    add("--show", options.show, whole, "Print this image of the training set (0 is the first) and do not train");

    app.footer("train_classifier predict classifies examples by what was trained; its --help shows how.");
    if (!parse(app, argc, argv)) return std::nullopt;
    return options;
}

std::string describe(const Options& options, std::size_t examples) {
    std::string batches = fmt::format("batches of {}", options.batch_size);
    if (options.whole())
        batches = "all examples at each step";
    else if (options.batch_size > examples)
        batches = fmt::format("batches of {}, which are all there are, not of {}", examples, options.batch_size);
    return fmt::format("{} loss, {}, learning rate {}, l2 {}, {}", key_of(losses, options.loss), options.optimizer,
                       options.learning_rate.value_or(0), options.l2, batches);
}

} // namespace examples
