#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace examples {

namespace {

const std::map<std::string, Loss> losses{{"softmax", Loss::softmax}, {"svm", Loss::svm}};
const std::map<std::string, Rule> rules{{"gd", Rule::gd}, {"sgd", Rule::sgd}, {"momentum", Rule::momentum}};

template <class Value>
std::string key_of(const std::map<std::string, Value>& names, Value value) {
    return std::ranges::find(names, value, [](const auto& entry) { return entry.second; })->first;
}

/// CLI11 asks a check for an error message, empty if the text is as it should be.
std::string unless(bool good, std::string_view allowed, std::string_view text) {
    return good ? std::string() : fmt::format("expected {}, found \"{}\"", allowed, text);
}

template <class T>
bool parse(const std::string& text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

std::string rate(const std::string& text) {
    double x = 0;
    return unless(parse(text, x) && std::isfinite(x) && x > 0, "a number above 0", text);
}

std::string factor(const std::string& text) {
    double x = 0;
    return unless(parse(text, x) && std::isfinite(x) && x >= 0, "a number of 0 or more", text);
}

std::string whole(const std::string& text) {
    std::uint64_t x = 0;
    return unless(parse(text, x), "a whole number of 0 or more", text);
}

std::string count(const std::string& text) {
    std::uint64_t x = 0;
    return unless(parse(text, x) && x > 0 && x <= 1'000'000'000, "a whole number from 1 to 1000000000", text);
}

std::string threads(const std::string& text) {
    std::uint64_t x = 0;
    return unless(parse(text, x) && x > 0 && x <= 1024, "a whole number from 1 to 1024", text);
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
    const auto add = [&app]<class Value>(const std::string& option, Value& value,
                                         std::string (*check)(const std::string&), const std::string& help) {
        return app.add_option(option, value, help)->check(CLI::Validator(check, ""))->type_name("NUMBER");
    };

    add_choice(app, "--loss", options.loss, losses, "What is minimised: cross entropy, or the multiclass hinge loss");
    add_choice(app, "--optimizer", options.optimizer, rules,
               "gd steps once an epoch, on the whole training set; sgd and momentum after each batch");
    add("--learning-rate", options.learning_rate, rate,
        "If not given, chosen by loss, optimizer and the size of the features");
    add("--batch-size", options.batch_size, count, "Examples in a batch of sgd and momentum")->capture_default_str();
    add("--epochs", options.epochs, count, "Passes over the training set")->capture_default_str();
    add("--l2", options.l2, factor, "Factor of the sum of the squared weights")->capture_default_str();
    add("--seed", options.seed, whole, "Of the first weights and the order of the examples")->capture_default_str();
    add("--threads", options.threads, threads, "All processors if not given; the results are the same");
    CLI::Option* data = app.add_option("--data", options.data,
                                       "digits, which the program draws; or a folder with MNIST, CIFAR-10 or a table;\n"
                                       "or one in the folder XGRAD_DATA: mnist, fashion-mnist, cifar10, csv/digits ...")
                            ->type_name("NAME|FOLDER")
                            ->capture_default_str();
    CLI::Option* train = app.add_option(
                                "--train-files", options.train_files,
                                "Files: idx images and labels, or CIFAR-10 binaries, or CSV with the label last")
                             ->type_name("FILE")
                             ->excludes(data);
    CLI::Option* test = app.add_option("--test-files", options.test_files, "The same for the examples held out")
                            ->type_name("FILE")
                            ->excludes(data);
    train->needs(test);
    test->needs(train);
    app.add_flag("--zero-init", options.zero_init, "Start with all weights at zero");
    app.add_flag("--in-order", options.in_order, "Take the examples in the order of the files");
    add("--show", options.show, whole, "Print this image of the training set (0 is the first) and do not train");

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        app.exit(help);
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        throw OptionError(fmt::format("{} (--help lists the options)", error.what()));
    }
    return options;
}

std::string describe(const Options& options) {
    const bool batches = options.optimizer != Rule::gd;
    return fmt::format("{} loss, {}, learning rate {}, l2 {}, {}", key_of(losses, options.loss),
                       key_of(rules, options.optimizer), options.learning_rate.value_or(0), options.l2,
                       batches ? fmt::format("batches of {}", options.batch_size) : "all examples at each step");
}

} // namespace examples
