#include "surfaces.hpp"

#include <cmath>

#include <xgrad/xgrad.hpp>

namespace examples {

namespace {

namespace xg = xgrad;

/// From `first` on, each level `factor` times the one before.
std::vector<double> geometric(double first, double factor, int count) {
    std::vector<double> levels;
    for (int i = 0; i < count; ++i)
        levels.push_back(first * std::pow(factor, i));
    return levels;
}

std::vector<double> evenly(double first, double step, int count) {
    std::vector<double> levels;
    for (int i = 0; i < count; ++i)
        levels.push_back(first + step * i);
    return levels;
}

} // namespace

const Surface& saddle() {
    static const Surface surface{
        .name = "saddle",
        .formula = "x²/2 − y²/2 + y⁴/4",
        .value = [](xg::Var x, xg::Var y) { return 0.5 * square(x) - 0.5 * square(y) + 0.25 * square(square(y)); },
        .lowest = -0.25,
        .minima = {{0, 1}, {0, -1}},
        .start = {-1.6, 0.01},
        .arrived = 0.01,
        .low = {-2, -0.6},
        .high = {2, 1.6},
        .levels = evenly(-0.23, 0.1, 24)};
    return surface;
}

const Surface& beale() {
    static const Surface surface{.name = "Beale's ravine",
                                 .formula = "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
                                 .value =
                                     [](xg::Var x, xg::Var y) {
                                         const xg::Var y2 = square(y);
                                         return square(1.5 - x + x * y) + square(2.25 - x + x * y2) +
                                                square(2.625 - x + x * y2 * y);
                                     },
                                 .lowest = 0,
                                 .minima = {{3, 0.5}},
                                 .start = {1, 1.5},
                                 .arrived = 0.01,
                                 .low = {-0.5, -1.5},
                                 .high = {4.5, 2.5},
                                 .levels = geometric(0.05, 2, 18)};
    return surface;
}

const Surface& rosenbrock() {
    static const Surface surface{
        .name = "Rosenbrock's ravine",
        .formula = "(1 − x)² + 100 (y − x²)²",
        .value = [](xg::Var x, xg::Var y) { return square(1 - x) + 100 * square(y - square(x)); },
        .lowest = 0,
        .minima = {{1, 1}},
        .start = {-1.2, 1},
        .arrived = 0.01,
        .low = {-2, -1},
        .high = {2, 3},
        .levels = geometric(0.2, 2.5, 12)};
    return surface;
}

Grid sample(const Surface& surface, std::size_t columns, std::size_t rows) {
    Grid grid{columns, rows, surface.low, surface.high, {}};
    auto x = xt::xarray<double>::from_shape({1, columns}), y = xt::xarray<double>::from_shape({rows, 1});
    for (std::size_t i = 0; i < columns; ++i)
        x(0, i) = grid.at(i, 0).x;
    for (std::size_t j = 0; j < rows; ++j)
        y(j, 0) = grid.at(0, j).y;
    xg::Tape tape;
    const xt::xarray<double> values = surface.value(tape.constant(x), tape.constant(y)).value<double>();
    grid.values.assign(values.data(), values.data() + values.size());
    return grid;
}

} // namespace examples
