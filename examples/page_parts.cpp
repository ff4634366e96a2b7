#include "page_parts.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <system_error>

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
:root { color-scheme: light dark; --line: #ccc; --quiet: #555; --page: #fff; background: var(--page);
        color: #222; font: 16px/1.45 system-ui, sans-serif; }
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
.rows td, .rows th { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
.rows td:first-child, .rows th:first-child, .rows td:last-child, .rows th:last-child { text-align: left; }
.rows td, .rows th { white-space: nowrap; } .rows td:last-child { white-space: normal; min-width: 14rem; }
a { color: inherit; } .drawing { max-width: 44rem; }
.tall { max-height: 32rem; overflow-y: auto; } .tall tbody th { white-space: nowrap; }
.tall thead th { position: sticky; top: 0; background: var(--page); }
.matrix img { width: 2rem; display: inline-block; vertical-align: middle; margin-right: .5rem; }
details { border-top: 1px solid var(--line); padding: .4rem 0; } details > div { padding-bottom: 1rem; }
summary { cursor: pointer; } summary b { font-weight: 600; } h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
pre { overflow-x: auto; font-size: .78rem; line-height: 1.35; border: 1px solid var(--line); padding: .6rem; }
@media (prefers-color-scheme: dark) {
  :root { --line: #444; --quiet: #aaa; --page: #121212; color: #e6e6e6; }
  svg { filter: invert(.93) hue-rotate(180deg); }
})";

constexpr std::size_t most_classes_in_matrix = 20, most_wrong = 12;

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

} // namespace

std::string html_page(const std::string& title, const std::string& body) {
    return fmt::format("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<title>{0}</title>\n<style>{1}\n</style></head>\n<body>\n<h1>{0}</h1>\n{2}</body></html>\n",
                       escaped(title), style_sheet, body);
}

std::string section(const std::string& title, const std::string& text, int level) {
    return fmt::format("<section><h{0}>{1}</h{0}>\n{2}</section>\n", level, title, text);
}

std::string settings_table(std::span<const std::pair<std::string, std::string>> settings) {
    std::string rows;
    for (const auto& [name, value] : settings)
        rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escaped(name), escaped(value));
    return "<table class=\"settings\">\n" + rows + "</table>\n";
}

std::string curve_grid(std::span<const EpochRecord> records) {
    std::string text = "<div class=\"grid\">\n";
    for (const std::string& svg : {loss_curves(records), accuracy_curves(records), ratio_curve(records)})
        if (!svg.empty()) text += fmt::format("<div>{}</div>\n", svg);
    return text + "</div>\n";
}

std::string picture(const xgrad::Shape& shape, std::span<const std::uint8_t> pixels) {
    const std::size_t size = shape[1] * shape[2];
    std::vector<Rgb> colours(size);
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t plane = 0; plane < 3; ++plane)
            colours[i][plane] = pixels[(shape[0] == 3 ? plane * size : 0) + i];
    return fmt::format("<img alt=\"\" src=\"{}\">", bitmap_address(shape[2], shape[1], colours));
}

std::string weight_picture(const xgrad::Shape& shape, std::span<const float> weights) {
    float largest = 1e-30f;
    for (const float weight : weights)
        largest = std::max(largest, std::abs(weight));
    std::vector<std::uint8_t> pixels;
    for (const float weight : weights)
        pixels.push_back(static_cast<std::uint8_t>(std::lround(127.5f + 127.5f * weight / largest)));
    return picture(shape, pixels);
}

std::vector<float> column(const xt::xarray<float>& weights, std::size_t column) {
    std::vector<float> result(weights.shape()[0]);
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = weights(i, column);
    return result;
}

std::string figure(const std::string& picture, const std::string& caption) {
    return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", picture, caption);
}

std::string tiles(const std::string& figures, const std::string& kind) {
    return fmt::format("<div class=\"tiles{}{}\">\n{}</div>\n", kind.empty() ? "" : " ", kind, figures);
}

std::string shade(double share, bool blue) {
    if (share == 0) return "";
    return fmt::format(" style=\"background:rgba({},{:.2f})\"", blue ? "0,114,178" : "213,94,0",
                       0.65 * std::sqrt(share));
}

std::size_t Predictions::prediction(std::size_t i) const { return highest(row(i), 1).front(); }

std::string confusions(const Predictions& predictions) {
    const Dataset& data = predictions.data;
    Counts counts(data.classes, std::vector<std::size_t>(data.classes));
    for (std::size_t i = 0; i < data.size(); ++i)
        ++counts[data.label(i)][predictions.prediction(i)];
    return data.classes <= most_classes_in_matrix ? matrix(data, counts) : frequent_confusions(data, counts);
}

std::string wrong_examples(const Predictions& predictions, const std::string& output) {
    const Dataset& data = predictions.data;
    std::vector<float> errors(data.size());
    for (std::size_t i = 0; i < data.size(); ++i)
        errors[i] = predictions.error(i);
    std::string figures;
    for (const std::size_t i : highest(errors, most_wrong)) {
        if (errors[i] <= 0) break;
        const std::span<const float> row = predictions.row(i);
        std::string lines = fmt::format("example {}, is {}: {:.4f}", i, escaped(data.class_name(data.label(i))),
                                        row[data.label(i)]);
        for (const std::size_t c : highest(row, 3))
            lines += fmt::format("<br>{} {:.4f}", escaped(data.class_name(c)), row[c]);
        const bool images = data.is_images();
        figures += figure(images ? picture(data.examples.feature_type().shape, data.examples.row<std::uint8_t>(i)) : "",
                          lines);
    }
    if (figures.empty()) return "<p>All examples held out are classified right.</p>\n";
    return fmt::format("<p>Held-out examples whose class was missed by most, each with its {} and its three highest."
                       "</p>\n{}",
                       output, tiles(figures, "wide"));
}

std::string program_text(const std::string& text) { return fmt::format("<pre>{}</pre>\n", escaped(text)); }

void make_page_folder(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error && !std::filesystem::is_directory(folder)) error = std::make_error_code(std::errc::not_a_directory);
    if (!error && ::access(folder.c_str(), W_OK) != 0) error = {errno, std::generic_category()};
    if (error)
        throw std::runtime_error(fmt::format("{}: the report cannot be written there: {}", folder, error.message()));
}

void save_page(const std::string& folder, const std::string& page) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(page));
    try {
        xgrad::models::replace_file((std::filesystem::path(folder) / "index.html").string(), {&bytes, 1}, {});
    } catch (const xgrad::Error& error) {
        throw std::runtime_error(fmt::format("the report cannot be written: {}", error.what()));
    }
}

} // namespace examples
