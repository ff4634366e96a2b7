#pragma once
// What pages about runs are made of.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "epoch_record.hpp"
#include "features.hpp"

namespace examples {

/// A page of HTML that needs nothing beside itself, with its title as a headline.
std::string html_page(const std::string& title, const std::string& body);

/// A headline, <h2> if nothing else is said, and what stands below it.
std::string section(const std::string& title, const std::string& text, int level = 2);

/// Names with their values.
std::string settings_table(std::span<const std::pair<std::string, std::string>> settings);

/// The pictures of curves.hpp side by side.
std::string curve_grid(std::span<const EpochRecord> records);

/// An <img> of pixels (planes, height, width), one plane or three.
std::string picture(const xgrad::Shape& shape, std::span<const std::uint8_t> pixels);
/// An <img> of weights (planes, height, width): grey where they are 0, white and black where they are as large as the
/// largest of them, positive and negative.
std::string weight_picture(const xgrad::Shape& shape, std::span<const float> weights);
/// A column of weights (rows, columns).
std::vector<float> column(const xt::xarray<float>& weights, std::size_t column);

/// A picture with what is said of it, in HTML; they go into tiles, which lie side by side.
std::string figure(const std::string& picture, const std::string& caption);
std::string tiles(const std::string& figures, const std::string& kind = "");

/// The style of a cell whose share of the whole, from 0 to 1, is its colour: blue, or red. Stronger for small shares
/// than in proportion, so that they are to be seen, too.
std::string shade(double share, bool blue);

/// At most so many pictures of weights are shown.
inline constexpr std::size_t most_weight_pictures = 100;

/// What a classifier gives for each class (N, classes), the highest for the one that it takes an example for.
struct Predictions {
    const Dataset& data;
    const xt::xarray<float>& outputs;

    std::span<const float> row(std::size_t i) const { return {outputs.data() + i * data.classes, data.classes}; }
    std::size_t prediction(std::size_t i) const;
    /// By how much another class was preferred to the right one; 0 or less if none was.
    float error(std::size_t i) const { return row(i)[prediction(i)] - row(i)[data.label(i)]; }
};

/// How often each class was taken for each other one: a table, or of many classes the most frequent confusions.
std::string confusions(const Predictions& predictions);

/// The examples with the largest errors, images as pictures. `output` is what the outputs are called, as in "score".
std::string wrong_examples(const Predictions& predictions, const std::string& output);

/// A program, as its text.
std::string program_text(const std::string& text);

/// Makes the folder, if need be, in which save_page is to put its file. Throws std::runtime_error.
void make_page_folder(const std::string& folder);

/// Writes FOLDER/index.html, the whole page or, if that fails, nothing: what was there stays. Throws
/// std::runtime_error.
void save_page(const std::string& folder, const std::string& page);

} // namespace examples
