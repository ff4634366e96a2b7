#include "page.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "page_parts.hpp"
#include "prediction.hpp"
#include "svg.hpp"

namespace ladder {

namespace {

using namespace examples;

constexpr std::size_t most_features = 200, some_features = 40, most_units = 64;

std::string settings(const Ground& ground, std::size_t climbed, std::size_t rungs) {
    const auto& [train, test, remark] = ground.data;
    const std::pair<std::string, std::string> rows[] = {
        {"data", train.name + (remark.empty() ? "" : "; " + remark)},
        {"images", fmt::format("{} for the training, {} held out", train.size(), test.size())},
        {"shape", fmt::format("{}, channels, height and width; {} classes", ground.image().str(), train.classes)},
        {"epochs", ground.settings.epochs ? fmt::format("{}", *ground.settings.epochs) : "each rung has its own"},
        {"seed", fmt::format("{}", ground.settings.seed)},
        {"rungs", fmt::format("{} of {}", climbed, rungs)}};
    return settings_table(rows);
}

bool has_details(const Climbed& climbed) { return climbed.outcome && climbed.outcome->details; }

std::string table(std::span<const Climbed> climbed) {
    std::string text = "<div class=\"scroll\"><table class=\"rows\">\n<thead><tr>";
    for (const std::string& title : table_head)
        text += fmt::format("<th>{}</th>", escaped(title));
    text += "</tr></thead>\n";
    for (const Climbed& one : climbed) {
        text += "<tr>";
        const Row row = row_of(one);
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool leads = i == 0 && has_details(one); // to its details
            text += leads ? fmt::format("<td><a href=\"#{}\">{}</a></td>", one.rung.name, escaped(row[i]))
                          : fmt::format("<td>{}</td>", escaped(row[i]));
        }
        text += "</tr>\n";
    }
    return text + "</table></div>\n";
}

/// The places of the columns of weights that are shown: all classes and filters; of many units those with the largest
/// norms.
std::vector<std::size_t> shown_columns(const Templates& templates, std::size_t classes) {
    std::vector<float> norms(templates.weights.shape()[1]);
    for (std::size_t j = 0; j < norms.size(); ++j)
        for (const float weight : column(templates.weights, j))
            norms[j] += weight * weight;
    const bool of_classes = templates.output == "class";
    std::vector<std::size_t> shown = highest(norms, of_classes ? norms.size() : most_units);
    std::ranges::sort(shown);
    if (of_classes) shown.resize(std::min(classes, most_weight_pictures));
    return shown;
}

std::string weight_pictures(const Templates& templates, const Dataset& data) {
    const std::vector<std::size_t> shown = shown_columns(templates, data.classes);
    const std::size_t all = templates.weights.shape()[1];
    std::string figures;
    for (const std::size_t j : shown)
        figures += figure(weight_picture(templates.image, column(templates.weights, j)),
                          templates.output == "class" ? escaped(data.class_name(j))
                                                      : fmt::format("{} {}", templates.output, j));
    return fmt::format("<p>The weights of each {} as a picture: grey where they are 0, bright where light pixels raise "
                       "its {}, dark where they lower it.{}</p>\n{}",
                       templates.output, templates.output == "class" ? "score" : "value",
                       shown.size() < all ? fmt::format(" These are {} of {}.", shown.size(), all) : "",
                       tiles(figures));
}

/// A row for each feature; of many features those whose weights differ most between the classes.
std::string weight_table(const Templates& templates, const Dataset& data) {
    const std::size_t all = templates.features.size(), classes = data.classes;
    const auto row = [&](std::size_t i) {
        return std::span<const float>(templates.weights.data() + i * classes, classes);
    };
    std::vector<float> spread(all);
    for (std::size_t i = 0; i < all; ++i)
        spread[i] = std::ranges::max(row(i)) - std::ranges::min(row(i));
    std::vector<std::size_t> shown = highest(spread, all > most_features ? some_features : all);
    if (shown.size() == all) std::ranges::sort(shown);
    float largest = 1e-30f;
    for (const float weight : templates.weights)
        largest = std::max(largest, std::abs(weight));

    std::string text = "<p>The weight of each feature for each class, blue where more of it raises the score, red "
                       "where it lowers it.";
    if (shown.size() < all)
        text += fmt::format(" These are the {} of {} whose weights differ most.", shown.size(), all);
    if (templates.features.front().patch) text += " Each word has the picture of its patch.";
    text += "</p>\n<div class=\"scroll tall\"><table class=\"matrix\">\n<thead><tr><th></th>";
    for (std::size_t c = 0; c < classes; ++c)
        text += fmt::format("<th>{}</th>", escaped(data.class_name(c)));
    text += "</tr></thead>\n";
    for (const std::size_t i : shown) {
        const Feature& feature = templates.features[i];
        std::string patch;
        if (feature.patch) {
            const auto& shape = feature.patch->shape();
            patch = weight_picture({shape[0], shape[1], shape[2]}, {feature.patch->data(), feature.patch->size()});
        }
        text += fmt::format("<tr><th>{}{}</th>", patch, escaped(feature.name));
        for (const float weight : row(i))
            text += fmt::format("<td{}>{:.3f}</td>", shade(std::abs(weight) / largest, weight > 0),
                                std::round(1000 * weight) / 1000 + 0.0); // without -0
        text += "</tr>\n";
    }
    return text + "</table></div>\n";
}

std::string title_of(const Templates& templates) {
    return templates.output == "class" ? "What each class looks for" : "What the first layer looks for";
}

std::string details_of(const Climbed& climbed, const Dataset& data) {
    const Details& details = *climbed.outcome->details;
    const Predictions predictions{data, details.outputs};
    std::string text;
    const auto add = [&](const std::string& title, const std::string& part) { text += section(title, part, 3); };
    if (!details.records.empty()) add("Curves", curve_grid(details.records));
    if (!details.picture.empty()) add("Accuracy over k", "<div class=\"drawing\">" + details.picture + "</div>\n");
    if (const auto& templates = details.templates)
        add(title_of(*templates),
            templates->features.empty() ? weight_pictures(*templates, data) : weight_table(*templates, data));
    add("Confusions", confusions(predictions));
    if (!details.votes) add("The most wrong predictions", wrong_examples(predictions, "score"));
    if (!details.plan.empty()) add("The program of a training step", program_text(details.plan));
    const Row row = row_of(climbed);
    return fmt::format("<details><summary><b>{}</b> {}</summary>\n<div id=\"{}\">\n{}</div></details>\n",
                       escaped(row[0]), row[2], climbed.rung.name, text);
}

} // namespace

std::string ladder_page(const Ground& ground, std::span<const Climbed> climbed, std::size_t rungs) {
    std::string details;
    for (const Climbed& one : climbed)
        if (has_details(one)) details += details_of(one, ground.data.test);
    std::string text = section("Settings", settings(ground, climbed.size(), rungs)) + section("Table", table(climbed));
    if (!details.empty()) text += section("Rungs", "<p>With their accuracies on the images held out.</p>\n" + details);
    return html_page("The ladder on " + ground.data.train.name, text);
}

} // namespace ladder
