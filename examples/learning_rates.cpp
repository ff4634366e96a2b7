// The picture of CS231n, lecture 3: the loss against the steps for a learning rate that is too low, good, high, and too
// high. Exit status: 0 done, 1 the picture cannot be written, 2 something is wrong with the options.

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <xgrad/datasets/digits.hpp>

#include "command_line.hpp"
#include "descent.hpp"
#include "plot.hpp"
#include "training.hpp"

namespace {

using namespace examples;

struct Settings {
    std::string optimizer = "sgd";
    std::size_t steps = 300, examples = 2000, hidden = 32;
    std::vector<double> rates; // four; empty: chosen by optimizer and data
    std::string picture = "learning_rates.svg";
};

struct Trial {
    std::string name;
    Descent descent;
};

/// For those of Settings::rates. The factors of the default rate were found by trial; it is somewhat low for a network.
constexpr const char* names[] = {"too low", "good", "high", "too high"};
constexpr double factors[] = {0.03, 2, 4.5, 1000};

bool parse_settings(Settings& settings, int argc, char** argv) {
    CLI::App app{"Trains a small network on digits with learning rates that are too low, good, high and too high."};
    app.add_option("--optimizer", settings.optimizer, "The rule")
        ->check(CLI::Validator(rule, ""))
        ->type_name(rule_names())
        ->capture_default_str();
    const auto add = [&](const std::string& option, std::size_t& value, const std::string& help) {
        with_check(app.add_option(option, value, help), count)->type_name("NUMBER")->capture_default_str();
    };
    add("--steps", settings.steps, "Steps, with batches of 100");
    add("--examples", settings.examples, "Digits to learn from");
    add("--hidden", settings.hidden, "Units of the layer between the pixels and the scores");
    app.add_option("--rates", settings.rates,
                   "Those to try: too low, good, high and too high, with commas between them")
        ->delimiter(',')
        ->expected(4)
        ->check(CLI::Validator(rate, ""))
        ->type_name("NUMBERS");
    app.add_option("--picture", settings.picture, "Where it is drawn")->type_name("FILE.svg")->capture_default_str();
    return parse(app, argc, argv);
}

void print(const std::vector<Trial>& trials, double threshold) {
    fmt::print("{:<10}{:>10}{:>15}{:>13}  steps until it stays below {:g}\n", "rate is", "rate", "loss reached",
               "lowest", threshold);
    for (const Trial& trial : trials) {
        const Descent& d = trial.descent;
        fmt::print("{:<10}{:>10g}{:>15.4g}{:>13.4g}  {}\n", trial.name, d.rate, d.reached(),
                   std::ranges::min(d.losses, {}, &Point::y).y, describe_steps(d, threshold));
    }
}

void draw(const std::vector<Trial>& trials, const Settings& settings) {
    Svg svg(760, 520);
    svg.text({72, 28}, fmt::format("Learning rates of {}", settings.optimizer), {.size = 17, .bold = true});
    std::vector<LegendEntry> entries;
    for (std::size_t i = 0; i < trials.size(); ++i)
        entries.push_back({fmt::format("{}: {:g}", trials[i].name, trials[i].descent.rate), style(i)});
    draw_legend(svg, {72, 44}, 660, trials.size(), entries);

    const double steps = static_cast<double>(settings.steps);
    const double start = trials.front().descent.losses.front().y; // what grows beyond twice that leaves the picture
    Plot plot(svg, {72, 100, 660, 360}, {"steps", -0.02 * steps, steps}, {"loss", 0, 2 * start},
              "loss of a network of one hidden layer, all training examples");
    for (std::size_t i = 0; i < trials.size(); ++i)
        plot.graph(trials[i].descent.losses, style(i), static_cast<double>(i) / static_cast<double>(trials.size()));
    for (const Trial& trial : trials)
        if (trial.descent.diverged || trial.descent.reached() > 2 * start) {
            const auto out = std::ranges::find_if(trial.descent.losses, [&](Point p) { return p.y > 2 * start; });
            plot.label({out->x, 1.8 * start}, trial.name + ": leaves the picture");
        }
    plot.close();
    svg.save(settings.picture);
}

int run(int argc, char** argv) {
    Settings settings;
    if (!parse_settings(settings, argc, argv)) return 0;
    const Datasets data = xgrad::datasets::draw_digits({.train = settings.examples, .test = 10});
    const double usual = default_learning_rate({.optimizer = settings.optimizer}, data.train);
    const LearnOptions options{.steps = settings.steps,
                               .measure_every = std::max<std::size_t>(1, settings.steps / 100),
                               .hidden = settings.hidden};
    std::vector<Trial> trials;
    for (std::size_t i = 0; i < std::size(names); ++i) {
        const double its = settings.rates.empty() ? two_digits(factors[i] * usual) : settings.rates[i];
        trials.push_back({names[i], learn(data.train, *find_rule(settings.optimizer), its, options)});
    }
    print(trials, 0.4);
    draw(trials, settings);
    fmt::print("picture: {}\n", settings.picture);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return run_program("learning_rates", [&] { return run(argc, argv); });
}
