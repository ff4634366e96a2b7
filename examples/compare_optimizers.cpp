// The rules of optim/ side by side: on a saddle, in a ravine, and on a classifier of digits. Prints tables, and draws
// the paths over contour lines and the losses. Exit status: 0 done, 1 a picture cannot be written, 2 something is wrong
// with the options.

#include <algorithm>
#include <cstdio>
#include <limits>
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
    std::vector<std::string> rules;
    std::string ravine = "beale";
    std::size_t steps = 200, classifier_steps = 300, examples = 2000;
    std::string paths = "optimizer_paths.svg", losses = "optimizer_losses.svg";
};

/// One thing to minimise, and what each rule made of it.
struct Problem {
    std::string title;
    double lowest, arrived; // as of a Surface
    const Surface* surface = nullptr;
    std::vector<Descent> descents = {};
};

constexpr std::size_t rules_in_a_plot = 5;

Problem on_surface(const Surface& surface, const Settings& settings) {
    Problem problem{surface.name, surface.lowest, surface.arrived, &surface};
    for (const std::string& rule : settings.rules)
        problem.descents.push_back(best_descent(surface, *find_rule(rule), settings.steps));
    return problem;
}

Problem on_digits(const Settings& settings) {
    const Datasets data = xgrad::datasets::draw_digits({.train = settings.examples, .test = 10});
    const LearnOptions options{.steps = settings.classifier_steps,
                               .measure_every = std::max<std::size_t>(1, settings.classifier_steps / 60)};
    Problem problem{"softmax classifier of digits", 0, 0.2};
    for (const std::string& rule : settings.rules)
        problem.descents.push_back(best_learning(data.train, *find_rule(rule), problem.arrived, options));
    return problem;
}

void print(const Problem& problem) {
    if (problem.surface)
        fmt::print("{}: {}, lowest {:g}\n", problem.title, problem.surface->formula, problem.lowest);
    else
        fmt::print("{}\n", problem.title);
    const double threshold = problem.lowest + problem.arrived;
    fmt::print("  {:<10}{:>9}{:>15}  steps until it stays below {:g}\n", "rule", "rate", "loss reached", threshold);
    for (const Descent& d : problem.descents)
        fmt::print("  {:<10}{:>9g}{:>15.6g}  {}\n", d.rule, d.rate, d.reached(), describe_steps(d, threshold));
    fmt::print("\n");
}

/// Where the plots of a drawing stand: one column for each few rules, with their legend above it.
struct Layout {
    static constexpr double left = 72, top = 56, legend = 74, gap = 92, plot_width = 380, plot_height = 300;
    std::size_t rules, rows;

    std::size_t columns() const { return (rules + rules_in_a_plot - 1) / rules_in_a_plot; }
    double width() const { return left + static_cast<double>(columns()) * (plot_width + gap) - gap + 24; }
    double height() const { return top + legend + static_cast<double>(rows) * (plot_height + 80) - 10; }
    Frame frame(std::size_t column, std::size_t row) const {
        return {left + static_cast<double>(column) * (plot_width + gap),
                top + legend + static_cast<double>(row) * (plot_height + 80) + 10, plot_width, plot_height};
    }
    /// The rules of a column.
    std::size_t first(std::size_t column) const { return column * rules_in_a_plot; }
    std::size_t last(std::size_t column) const { return std::min(rules, first(column) + rules_in_a_plot); }
};

/// The first line of what a picture shows, and under it, smaller, the rest: one column is narrow.
Svg start_drawing(const Layout& layout, const Settings& settings, const std::string& title, const std::string& rest) {
    Svg svg(layout.width(), layout.height());
    svg.text({layout.left, 24}, title, {.size = 17, .bold = true});
    svg.text({layout.left, 42}, rest, {.size = 12});
    for (std::size_t column = 0; column < layout.columns(); ++column) {
        std::vector<LegendEntry> entries;
        for (std::size_t i = layout.first(column); i < layout.last(column); ++i)
            entries.push_back({settings.rules[i], style(i - layout.first(column))});
        draw_legend(svg, {layout.frame(column, 0).left, layout.top}, Layout::plot_width + 40, 3, entries);
    }
    return svg;
}

void draw_paths(const std::vector<Problem>& problems, const Settings& settings) {
    std::vector<const Problem*> shown;
    for (const Problem& problem : problems)
        if (problem.surface) shown.push_back(&problem);
    const Layout layout{settings.rules.size(), shown.size()};
    Svg svg = start_drawing(layout, settings, "Paths over contour lines",
                            "each rule with the best of twenty learning rates");
    for (std::size_t row = 0; row < shown.size(); ++row) {
        const Surface& surface = *shown[row]->surface;
        const Grid grid = sample(surface, 301, 241);
        for (std::size_t column = 0; column < layout.columns(); ++column) {
            Plot plot(svg, layout.frame(column, row), {"x", surface.low.x, surface.high.x},
                      {"y", surface.low.y, surface.high.y}, surface.name);
            plot.contours(grid, surface.levels, {.colour = "#a8a8a8", .width = 0.7});
            for (std::size_t i = layout.first(column); i < layout.last(column); ++i)
                plot.path(shown[row]->descents[i].path, style(i - layout.first(column)));
            plot.label(surface.start, "start");
            for (const Point minimum : surface.minima) {
                plot.mark(minimum, {.mark = Mark::plus}, 7);
                plot.label(minimum, "minimum");
            }
            plot.close();
        }
    }
    svg.save(settings.paths);
}

/// The range of the losses above the lowest; six powers of ten are enough.
Axis loss_axis(const Problem& problem) {
    double low = std::numeric_limits<double>::infinity(), high = 0;
    for (const Descent& d : problem.descents)
        for (const Point p : d.losses) {
            low = std::min(low, p.y - problem.lowest);
            high = std::max(high, p.y - problem.lowest);
        }
    const double start = problem.descents.front().losses.front().y - problem.lowest;
    high = std::min(high, 10 * start);
    low = std::clamp(low, 1e-6 * start, 0.5 * start);
    return {problem.lowest == 0 ? "loss" : "loss above its minimum", 0.8 * low, 1.3 * high, true};
}

void draw_losses(const std::vector<Problem>& problems, const Settings& settings) {
    const Layout layout{settings.rules.size(), problems.size()};
    Svg svg = start_drawing(layout, settings, "Loss against steps", "each rule with the best of twenty learning rates");
    for (std::size_t row = 0; row < problems.size(); ++row) {
        const Problem& problem = problems[row];
        const std::size_t steps = problem.surface ? settings.steps : settings.classifier_steps;
        for (std::size_t column = 0; column < layout.columns(); ++column) {
            Plot plot(svg, layout.frame(column, row), {"steps", 0, static_cast<double>(steps)}, loss_axis(problem),
                      problem.title);
            for (std::size_t i = layout.first(column); i < layout.last(column); ++i) {
                std::vector<Point> above = problem.descents[i].losses;
                for (Point& p : above)
                    p.y = std::max(p.y - problem.lowest, 1e-300);
                const std::size_t n = i - layout.first(column);
                plot.graph(above, style(n), static_cast<double>(n) / rules_in_a_plot);
            }
            plot.close();
        }
    }
    svg.save(settings.losses);
}

bool parse_settings(Settings& settings, int argc, char** argv) {
    for (const NamedRule& rule : rules())
        if (std::string(rule.name) != "sgd") settings.rules.push_back(rule.name); // what gd is on a batch
    CLI::App app{"The rules of optim/ side by side on a saddle, a ravine and a classifier of digits.\n"
                 "Each takes the best of twenty learning rates, on the classifier of five around its default."};
    const auto ravine = [](const std::string& text) {
        return unless(text == "beale" || text == "rosenbrock", "beale|rosenbrock", text);
    };
    app.add_option("--rules", settings.rules, "Which, with commas between them")
        ->delimiter(',')
        ->check(CLI::Validator(rule, ""))
        ->type_name(rule_names())
        ->default_str("all");
    app.add_option("--ravine", settings.ravine, "Which one")
        ->check(CLI::Validator(ravine, ""))
        ->type_name("beale|rosenbrock")
        ->capture_default_str();
    const auto add = [&](const std::string& option, std::size_t& value, const std::string& help) {
        with_check(app.add_option(option, value, help), count)->type_name("NUMBER")->capture_default_str();
    };
    add("--steps", settings.steps, "Steps on the surfaces");
    add("--classifier-steps", settings.classifier_steps, "Steps on the classifier, with batches of 100");
    add("--examples", settings.examples, "Digits to learn from");
    app.add_option("--paths", settings.paths, "The picture of the paths")->type_name("FILE.svg")->capture_default_str();
    app.add_option("--losses", settings.losses, "The picture of the losses")
        ->type_name("FILE.svg")
        ->capture_default_str();
    return parse(app, argc, argv);
}

int run(int argc, char** argv) {
    Settings settings;
    if (!parse_settings(settings, argc, argv)) return 0;
    std::vector<Problem> problems;
    problems.push_back(on_surface(saddle(), settings));
    print(problems.back());
    problems.push_back(on_surface(settings.ravine == "beale" ? beale() : rosenbrock(), settings));
    print(problems.back());
    problems.push_back(on_digits(settings));
    print(problems.back());
    draw_paths(problems, settings);
    draw_losses(problems, settings);
    fmt::print("pictures: {} and {}\n", settings.paths, settings.losses);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return run_program("compare_optimizers", [&] { return run(argc, argv); });
}
