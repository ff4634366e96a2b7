#include "run_page.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include <xgrad/models/whole_file.hpp>

#include "bitmap.hpp"
#include "curves.hpp"
#include "prediction.hpp"
#include "svg.hpp"

namespace examples {

namespace {

constexpr const char* style_sheet = R"(
:root { color-scheme: light dark; --line: #ccc; --quiet: #555; background: #fff; color: #222;
        font: 16px/1.45 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
p, figcaption { color: var(--quiet); }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
.tiles { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(6.2rem, 1fr)); }
.tiles.wide { grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
figure { margin: 0; } figcaption { font-size: .82rem; overflow-wrap: anywhere; }
img { width: 6rem; image-rendering: pixelated; display: block; } svg { width: 100%; height: auto; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; }
th { font-weight: 600; text-align: left; } .settings th { padding-right: 1rem; vertical-align: top; }
.settings td { overflow-wrap: anywhere; }
.matrix { font-size: .85rem; } .matrix td { text-align: right; padding: .25rem .45rem; border: 1px solid var(--line); }
.matrix th { padding: .2rem .45rem; } .matrix thead th { vertical-align: bottom; text-align: right; }
pre { overflow-x: auto; font-size: .78rem; line-height: 1.35; border: 1px solid var(--line); padding: .6rem; }
@media (prefers-color-scheme: dark) {
  :root { --line: #444; --quiet: #aaa; background: #121212; color: #e6e6e6; }
  svg { filter: invert(.93) hue-rotate(180deg); }
})";

constexpr std::size_t most_classes_in_matrix = 20, most_templates = 100, most_wrong = 12;

std::string section(const std::string& title, const std::string& text) {
    return fmt::format("<section><h2>{}</h2>\n{}</section>\n", title, text);
}

std::string settings_table(const Datasets& data, const Options& options, std::span<const EpochRecord> records) {
    std::string rows;
    const auto add = [&](const char* name, const std::string& value) {
        rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", name, escaped(value));
    };
    add("data", data.train.name + (data.remark.empty() ? "" : "; " + data.remark));
    add("examples", fmt::format("{} for the training, {} held out", data.train.size(), data.test.size()));
    add("features", fmt::format("{} in {} classes", data.train.width(), data.train.classes));
    add("training", describe(options, data.train.size()));
    add("seed", fmt::format("{}{}{}", options.seed, options.in_order ? ", examples in order" : "",
                            options.zero_init ? ", weights from zero" : ""));
    if (!records.empty()) {
        const EpochRecord& last = records.back();
        add("after", fmt::format("{} epochs, {} steps", last.epoch, last.steps));
        add("training set", fmt::format("loss {:.4f}, accuracy {:.4f}", last.train.loss, last.train.accuracy));
        add("held out", fmt::format("loss {:.4f}, accuracy {:.4f}", last.test.loss, last.test.accuracy));
        add("speed", fmt::format("{:.0f} examples a second in the last epoch", last.examples_per_second));
    }
    return "<table class=\"settings\">\n" + rows + "</table>\n";
}

std::string curves(std::span<const EpochRecord> records) {
    if (records.empty()) return "<p>No epoch was left to be run.</p>\n";
    std::string text = "<div class=\"grid\">\n";
    for (const std::string& svg : {loss_curves(records), accuracy_curves(records), ratio_curve(records)})
        if (!svg.empty()) text += fmt::format("<div>{}</div>\n", svg);
    text += "</div>\n";
    if (records.front().epoch > 1)
        text += fmt::format("<p>The epochs before {} are not known here; a --log would have kept them.</p>\n",
                            records.front().epoch);
    return text;
}

/// An <img> of a picture (planes, height, width) whose elements are given by their places, one plane or three.
template <class Value>
std::string image(const xgrad::Shape& shape, Value value) {
    const std::size_t size = shape[1] * shape[2];
    std::vector<Rgb> pixels(size);
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t colour = 0; colour < 3; ++colour)
            pixels[i][colour] = value((shape[0] == 3 ? colour * size : 0) + i);
    return fmt::format("<img alt=\"\" src=\"{}\">", bitmap_address(shape[2], shape[1], pixels));
}

/// What each class looks for: grey where the weights are 0, bright where they are positive.
std::string templates(Classifier& classifier, const Dataset& data) {
    const xt::xarray<float> weights = classifier.weights(); // (features, classes)
    const std::size_t classes = data.classes, shown = std::min(classes, most_templates);
    std::string text = "<p>The weights of each class as a picture: grey where they are 0, bright where light pixels "
                       "raise its score, dark where they lower it.</p>\n<div class=\"tiles\">\n";
    for (std::size_t c = 0; c < shown; ++c) {
        const auto weight = [&](std::size_t i) { return weights.data()[i * classes + c]; };
        float largest = 1e-30f;
        for (std::size_t i = 0; i < data.width(); ++i)
            largest = std::max(largest, std::abs(weight(i)));
        const std::string picture = image(data.examples.feature_type().shape, [&](std::size_t i) {
            return static_cast<std::uint8_t>(std::lround(127.5f + 127.5f * weight(i) / largest));
        });
        text += fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", picture, escaped(data.class_name(c)));
    }
    return text + "</div>\n";
}

/// The share of a class in a colour, stronger for small shares than in proportion: few errors are to be seen, too.
std::string shade(double share, bool right) {
    if (share == 0) return "";
    return fmt::format(" style=\"background:rgba({},{:.2f})\"", right ? "0,114,178" : "213,94,0",
                       0.65 * std::sqrt(share));
}

using Counts = std::vector<std::vector<std::size_t>>; // by label, then by prediction

std::string matrix(const Dataset& data, const Counts& counts) {
    std::string text = "<p>Rows: what it is. Columns: what it was taken for.</p>\n"
                       "<div class=\"scroll\"><table class=\"matrix\">\n<thead><tr><th></th>";
    for (std::size_t c = 0; c < data.classes; ++c)
        text += fmt::format("<th>{}</th>", escaped(data.class_name(c)));
    text += "</tr></thead>\n";
    for (std::size_t label = 0; label < data.classes; ++label) {
        const std::vector<std::size_t>& row = counts[label];
        const auto all = std::max<std::size_t>(1, std::accumulate(row.begin(), row.end(), std::size_t{0}));
        text += fmt::format("<tr><th>{}</th>", escaped(data.class_name(label)));
        for (std::size_t c = 0; c < data.classes; ++c)
            text += fmt::format("<td{}>{}</td>",
                                shade(static_cast<double>(row[c]) / static_cast<double>(all), c == label), row[c]);
        text += "</tr>\n";
    }
    return text + "</table></div>\n";
}

/// Where a matrix would be too large.
std::string frequent_confusions(const Dataset& data, const Counts& counts) {
    struct Confusion {
        std::size_t count, label, prediction;
    };
    std::vector<Confusion> all;
    for (std::size_t label = 0; label < data.classes; ++label)
        for (std::size_t c = 0; c < data.classes; ++c)
            if (c != label && counts[label][c] > 0) all.push_back({counts[label][c], label, c});
    std::ranges::stable_sort(all, std::ranges::greater(), &Confusion::count);
    all.resize(std::min(all.size(), most_classes_in_matrix));
    std::string text = fmt::format("<p>The most frequent confusions of {} classes.</p>\n<table class=\"matrix\">\n"
                                   "<tr><th>what it is</th><th>taken for</th><th>times</th></tr>\n",
                                   data.classes);
    for (const Confusion& one : all)
        text += fmt::format("<tr><th>{}</th><th>{}</th><td>{}</td></tr>\n", escaped(data.class_name(one.label)),
                            escaped(data.class_name(one.prediction)), one.count);
    return text + "</table>\n";
}

/// Predictions for the examples held out, a row (classes) for each.
struct Predictions {
    const Dataset& data;
    const xt::xarray<float>& outputs;

    std::span<const float> row(std::size_t i) const { return {outputs.data() + i * data.classes, data.classes}; }
    std::size_t prediction(std::size_t i) const { return highest(row(i), 1).front(); }
    /// By how much another class was preferred to the right one; 0 or less if none was.
    float error(std::size_t i) const { return row(i)[prediction(i)] - row(i)[data.label(i)]; }
};

std::string confusions(const Predictions& predictions) {
    const Dataset& data = predictions.data;
    Counts counts(data.classes, std::vector<std::size_t>(data.classes));
    for (std::size_t i = 0; i < data.size(); ++i)
        ++counts[data.label(i)][predictions.prediction(i)];
    return data.classes <= most_classes_in_matrix ? matrix(data, counts) : frequent_confusions(data, counts);
}

std::string wrong_examples(const Predictions& predictions, Loss loss) {
    const Dataset& data = predictions.data;
    std::vector<float> errors(data.size());
    for (std::size_t i = 0; i < data.size(); ++i)
        errors[i] = predictions.error(i);
    std::string text;
    for (const std::size_t i : highest(errors, most_wrong)) {
        if (errors[i] <= 0) break;
        const std::span<const float> row = predictions.row(i);
        std::string lines = fmt::format("example {}, is {}: {:.4f}", i, escaped(data.class_name(data.label(i))),
                                        row[data.label(i)]);
        for (const std::size_t c : highest(row, 3))
            lines += fmt::format("<br>{} {:.4f}", escaped(data.class_name(c)), row[c]);
        std::string picture;
        if (data.is_images()) {
            const auto pixels = data.examples.row<std::uint8_t>(i);
            picture = image(data.examples.feature_type().shape, [&](std::size_t k) { return pixels[k]; });
        }
        text += fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", picture, lines);
    }
    if (text.empty()) return "<p>All examples held out are classified right.</p>\n";
    return fmt::format("<p>Held-out examples whose class was missed by most, each with its {} and its three highest."
                       "</p>\n<div class=\"tiles wide\">\n{}</div>\n",
                       loss == Loss::svm ? "score" : "probability", text);
}

} // namespace

std::string run_page(Classifier& classifier, const Datasets& data, const Options& options,
                     std::span<const EpochRecord> records) {
    const xt::xarray<float> outputs = classifier.predict(data.test);
    const Predictions predictions{data.test, outputs};
    std::string text = fmt::format("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                                   "<title>Training on {0}</title>\n<style>{1}\n</style></head>\n<body>\n"
                                   "<h1>Training on {0}</h1>\n",
                                   escaped(data.train.name), style_sheet);
    text += section("Settings", settings_table(data, options, records));
    text += section("Curves", curves(records));
    if (data.train.is_images()) text += section("What each class looks for", templates(classifier, data.test));
    text += section("Confusions", confusions(predictions));
    text += section("The most wrong predictions", wrong_examples(predictions, options.loss));
    text += section("The program of a training step",
                    fmt::format("<pre>{}</pre>\n", escaped(classifier.plan(data.train, options))));
    return text + "</body></html>\n";
}

void make_page_folder(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error && !std::filesystem::is_directory(folder)) error = std::make_error_code(std::errc::not_a_directory);
    if (!error && ::access(folder.c_str(), W_OK) != 0) error = {errno, std::generic_category()};
    if (error)
        throw std::runtime_error(fmt::format("{}: the report cannot be written there: {}", folder, error.message()));
}

void save_run_page(const std::string& folder, const std::string& page) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(page));
    try {
        xgrad::models::replace_file((std::filesystem::path(folder) / "index.html").string(), {&bytes, 1}, {});
    } catch (const xgrad::Error& error) {
        throw std::runtime_error(fmt::format("the report cannot be written: {}", error.what()));
    }
}

} // namespace examples
