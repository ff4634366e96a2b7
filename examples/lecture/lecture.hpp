#pragma once
// What the programs of the lecture share: the table of its slides, digits, where a picture goes, and what a picture
// of two numbers needs.

#include <array>
#include <string>

#include <fmt/format.h>
#include <xgrad/datasets/digits.hpp>
#include <xgrad/xgrad.hpp>

#include "command_line.hpp"
#include "contours.hpp"

namespace lecture {

namespace xg = xgrad;
namespace models = xgrad::models;

inline constexpr std::array classes{"cat", "car", "frog"};

/// The scores of three images, one a row, for these classes.
inline xt::xarray<double> scores() { return {{3.2, 5.1, -1.7}, {1.3, 4.9, 2.0}, {2.2, 2.5, -3.1}}; }
/// What they show: a cat, a car, a frog.
inline xt::xarray<std::int64_t> labels() { return {0, 1, 2}; }

/// Drawn digits of 20 x 20 pixels from 0 to 1, a row for each.
struct Digits {
    xt::xarray<float> images;
    xt::xarray<std::int64_t> labels;
    static constexpr std::size_t pixels = 400, classes = 10;

    explicit Digits(std::size_t count)
        : images(xt::xarray<float>::from_shape({count, pixels})),
          labels(xt::xarray<std::int64_t>::from_shape({count})) {
        const xg::datasets::Dataset drawn = xg::datasets::draw_digits({.train = count, .test = 10}).train;
        for (std::size_t i = 0; i < count; ++i) {
            labels(i) = static_cast<std::int64_t>(drawn.label(i));
            const auto pixel = drawn.examples.row<std::uint8_t>(i);
            for (std::size_t k = 0; k < pixels; ++k)
                images(i, k) = static_cast<float>(pixel[k]) / 255;
        }
    }
};

/// The file to draw, which is the only argument of a program; without one, `usual` in the present folder.
inline std::string picture(int argc, char** argv, const char* usual) {
    if (argc > 2 || (argc == 2 && (argv[1][0] == '-' || argv[1][0] == 0)))
        throw examples::OptionError(fmt::format("takes one argument, the SVG file to draw; without it, {}", usual));
    return argc == 2 ? argv[1] : usual;
}

/// The values of a compiled function of two numbers over a rectangle, for a picture.
inline examples::Grid sample(xg::Function& f, examples::Point low, examples::Point high, std::size_t count) {
    examples::Grid grid{count, count, low, high, {}};
    for (std::size_t j = 0; j < count; ++j)
        for (std::size_t i = 0; i < count; ++i)
            grid.values.push_back(f(grid.at(i, j).x, grid.at(i, j).y).scalar<double>());
    return grid;
}

} // namespace lecture
