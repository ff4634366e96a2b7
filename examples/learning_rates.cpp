// The picture of CS231n, lecture 3: the loss against the steps for a learning rate that is too low, good, high, and too
// high. Exit status: 0 done, 1 the picture cannot be written, 2 something is wrong with the options.

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command_line.hpp"
#include "descent.hpp"
#include "digits.hpp"
#include "plot.hpp"
#include "training.hpp"

namespace {

using namespace examples;

struct Settings {
    std::string optimizer = "sgd";
    std::size_t steps = 300, examples = 2000;
    std::string picture = "learning_rates.svg";
};

struct Trial {
    std::string name;
    double factor; // of the good rate
    Descent descent = {};
};

bool parse_settings(Settings& settings, int argc, char** argv) {
    CLI::App app{"Trains a classifier of digits with learning rates that are too low, good, high and too high."};
    app.add_option("--optimizer", settings.optimizer, "The rule")
        ->check(CLI::Validator(rule, ""))
        ->type_name(rule_names())
        ->capture_default_str();
    app.add_option("--steps", settings.steps, "Steps, with batches of 100")
        ->check(CLI::Validator(count, ""))
        ->type_name("NUMBER")
        ->capture_default_str();
    app.add_option("--examples", settings.examples, "Digits to learn from")
        ->check(CLI::Validator(count, ""))
        ->type_name("NUMBER")
        ->capture_default_str();
    app.add_option("--picture", settings.picture, "Where it is drawn")->type_name("FILE.svg")->capture_default_str();
    return parse(app, argc, argv);
}

void print(const std::vector<Trial>& trials, double threshold) {
    fmt::print("{:<10}{:>10}{:>15}{:>13}  steps to {:g}\n", "rate is", "rate", "loss reached", "lowest", threshold);
    for (const Trial& trial : trials) {
        const Descent& d = trial.descent;
        fmt::print("{:<10}{:>10.2g}{:>15.4g}{:>13.4g}  {}\n", trial.name, d.rate, d.reached(),
                   std::ranges::min(d.losses, {}, &Point::y).y, describe_steps(d, threshold));
    }
}

void draw(const std::vector<Trial>& trials, const Settings& settings) {
    Svg svg(760, 520);
    svg.text({72, 28}, fmt::format("Learning rates of {}", settings.optimizer), {.size = 17, .bold = true});
    std::vector<LegendEntry> entries;
    for (std::size_t i = 0; i < trials.size(); ++i)
        entries.push_back({fmt::format("{}: {:.2g}", trials[i].name, trials[i].descent.rate), style(i)});
    draw_legend(svg, {72, 44}, 660, trials.size(), entries);

    const double start = trials.front().descent.losses.front().y; // what grows beyond twice that leaves the picture
    Plot plot(svg, {72, 100, 660, 360}, {"steps", 0, static_cast<double>(settings.steps)}, {"loss", 0, 2 * start},
              "loss of the softmax classifier on all training examples");
    for (std::size_t i = 0; i < trials.size(); ++i)
        plot.line(trials[i].descent.losses, style(i), 60);
    plot.close();
    svg.save(settings.picture);
}

int run(int argc, char** argv) {
    Settings settings;
    if (!parse_settings(settings, argc, argv)) return 0;
    const Datasets data = draw_digits({.train = settings.examples, .test = 10});
    const double good = default_learning_rate({.optimizer = settings.optimizer}, data.train);
    const LearnOptions options{.steps = settings.steps, .measure_every = std::max<std::size_t>(1, settings.steps / 100)};
    std::vector<Trial> trials{{"too low", 0.02}, {"good", 1}, {"high", 8}, {"too high", 100}};
    for (Trial& trial : trials)
        trial.descent = learn(data.train, *find_rule(settings.optimizer), trial.factor * good, options);
    print(trials, 0.4);
    draw(trials, settings);
    fmt::print("picture: {}\n", settings.picture);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return run_program("learning_rates", [&] { return run(argc, argv); });
}
