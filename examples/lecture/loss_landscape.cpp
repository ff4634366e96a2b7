// The hinge loss of a linear classifier of digits along a ray through the space of its weights, and over a plane: flat
// pieces with kinks between them for one image, a bowl for many.

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "lecture.hpp"
#include "plot.hpp"

using namespace lecture;

namespace {

constexpr double reach = 3; // how far a and b go in both directions
constexpr int steps = 300;  // along the ray

/// The loss for the weights W + a U + b V, and its slope along a; W, U and V are random.
struct Landscape {
    xg::Tape tape;
    xg::Var images, labels;
    xg::Random normal{tape, 231};
    xg::Var w = weights(), u = weights(), v = weights();
    xg::Function loss = tape.function([this](xg::Var a, xg::Var b) { return of(a, b); });
    xg::Function slope = tape.function([this](xg::Var a, xg::Var b) { return gradient(of(a, b), a); });

    explicit Landscape(const Digits& digits)
        : images(cast(tape.constant(digits.images), xg::DType::float64)), labels(tape.constant(digits.labels)) {}

    xg::Var weights() { return tape.constant(normal.normal({images.shape()[1], 10}, 0, 0.1).value<double>()); }
    xg::Var of(xg::Var a, xg::Var b) { return models::svm_loss(matmul(images, w + a * u + b * v), labels); }
};

/// The loss along the ray, for b = 0; prints what its slope tells.
std::vector<examples::Point> walk(const char* name, Landscape& landscape) {
    std::vector<examples::Point> points;
    std::vector<double> slopes;
    for (int i = 0; i <= steps; ++i) {
        const double a = reach * (2.0 * i / steps - 1);
        points.push_back({a, landscape.loss(a, 0.0).scalar<double>()});
        slopes.push_back(landscape.slope(a, 0.0).scalar<double>());
    }
    int pieces = 1, falls = 0;
    double integral = 0;
    for (std::size_t i = 1; i < slopes.size(); ++i) {
        const double change = slopes[i] - slopes[i - 1];
        pieces += std::abs(change) > 1e-9;
        falls += change < -1e-9;
        integral += (slopes[i] + slopes[i - 1]) / 2 * 2 * reach / steps;
    }
    fmt::print("{:<12}{:>10.2f}{:>10.2f}{:>12.2f}{:>21.2f}{:>9}{:>14}\n", name, points.front().y, points.back().y,
               points.back().y - points.front().y, integral, pieces, falls);
    return points;
}

void draw_plane(examples::Svg& svg, examples::Frame frame, const std::string& title, Landscape& landscape) {
    const examples::Grid grid = sample(landscape.loss, {-reach, -reach}, {reach, reach}, 61);
    const auto [low, high] = std::ranges::minmax(grid.values);
    std::vector<double> levels;
    for (int i = 1; i < 15; ++i)
        levels.push_back(low + (high - low) * i * i / 225);
    examples::Plot plot(svg, frame, {"a", -reach, reach}, {"b", -reach, reach}, title);
    plot.contours(grid, levels, {.colour = "#0072b2", .width = 1});
    const std::size_t lowest = static_cast<std::size_t>(std::ranges::min_element(grid.values) - grid.values.begin());
    const examples::Point bottom = grid.at(lowest % grid.columns, lowest / grid.columns);
    plot.mark(bottom, examples::style(1));
    plot.label(bottom, fmt::format("lowest: {:.2f}", low));
    plot.close();
}

} // namespace

int main(int argc, char** argv) {
    return examples::run_program("loss_landscape", [&] {
        const std::string file = picture(argc, argv, "loss_landscape.svg");
        Landscape one(Digits(1)), many(Digits(500));

        fmt::print("{:<12}{:>10}{:>10}{:>12}{:>21}{:>9}{:>14}\n", "loss of", "at a = -3", "at a = 3", "difference",
                   "integral of slope", "slopes", "slope falls");
        const std::vector<examples::Point> ray_of_one = walk("1 image", one), ray_of_many = walk("500 images", many);

        examples::Svg svg(1180, 440);
        const examples::LegendEntry legend[] = {{"1 image", examples::style(0)}, {"500 images", examples::style(1)}};
        draw_legend(svg, {72, 12}, 300, 2, legend);
        examples::Plot ray(svg, {72, 64, 310, 310}, {"a", -reach, reach}, {"loss", 0, 40}, "along the ray W + a U");
        ray.graph(ray_of_one, examples::style(0), 0);
        ray.graph(ray_of_many, examples::style(1), 0.5);
        ray.close();
        draw_plane(svg, {460, 64, 310, 310}, "W + a U + b V, 1 image", one);
        draw_plane(svg, {848, 64, 310, 310}, "W + a U + b V, 500 images", many);
        svg.save(file);
        fmt::print("picture: {}\n", file);
        return 0;
    });
}
