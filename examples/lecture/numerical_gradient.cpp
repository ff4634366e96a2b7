// The gradient of a hinge loss with L2 penalty, by differences as on the slides, and by the library; then what both
// cost. Draws the error of the differences against their step: for small steps it is rounding, for large ones the curve
// of the penalty and the kinks of the hinge loss.

#include <chrono>
#include <cmath>
#include <cstdio>

#include "lecture.hpp"
#include "plot.hpp"

using namespace lecture;

namespace {

const xt::xarray<double> weights{{0.34, -1.11, 0.78}, {0.12, 0.55, 2.81}, {-3.1, -1.5, 0.33}};

/// Four examples of three features.
const xt::xarray<double> features{{1, 0.5, 0.2}, {-0.3, 1.2, 1}, {0.8, -0.6, 1.5}, {0.1, 0.9, -1.1}};
const xt::xarray<std::int64_t> shown{0, 1, 2, 1};

xg::Var svm(xg::Var x, xg::Var labels, xg::Var w) {
    return models::svm_loss(matmul(x, w), labels) + 0.1 * models::l2(w);
}

/// The loss as a function of the weights, and its gradient.
struct Problem {
    xg::Tape tape;
    xg::Function loss = tape.function([this](xg::Var w) { return of(w); });
    xg::Function slope = tape.function([this](xg::Var w) { return gradient(of(w), w); });

    xg::Var of(xg::Var w) { return svm(tape.constant(features), tape.constant(shown), w); }
    double at(std::size_t i, double h) {
        xt::xarray<double> w = weights;
        w.flat(i) += h;
        return loss(w).scalar<double>();
    }
    double forward(std::size_t i, double h) { return (at(i, h) - at(i, 0)) / h; }
    double central(std::size_t i, double h) { return (at(i, h) - at(i, -h)) / (2 * h); }
};

double relative_error(double a, double b) { return std::abs(a - b) / std::max(std::abs(a), std::abs(b)); }

void print_column(Problem& problem, const xt::xarray<double>& exact) {
    const double h = 0.0001;
    fmt::print("loss at W: {:.6f}, h = {}\n\n", problem.at(0, 0), h);
    fmt::print("{:>7}{:>10}{:>15}{:>12}{:>12}{:>16}\n", "W", "W + h", "loss there", "numerical", "analytic",
               "relative error");
    for (std::size_t i = 0; i < weights.size(); ++i)
        fmt::print("{:>7.2f}{:>10.4f}{:>15.6f}{:>12.6f}{:>12.6f}{:>16.0e}\n", weights.flat(i), weights.flat(i) + h,
                   problem.at(i, h), problem.forward(i, h), exact.flat(i),
                   relative_error(problem.forward(i, h), exact.flat(i)));
}

double seconds(auto call) {
    using Clock = std::chrono::steady_clock;
    for (int i = 0; i < 20; ++i)
        call();
    const auto start = Clock::now();
    for (int i = 0; i < 100; ++i)
        call();
    return std::chrono::duration<double>(Clock::now() - start).count() / 100;
}

/// For a classifier of digits of 20 x 20 pixels.
void print_cost() {
    const Digits digits(500);
    xg::Tape tape;
    const xg::Var w = tape.parameter(xt::xarray<float>(xt::zeros<float>({Digits::pixels, Digits::classes})), "W");
    const xg::Var loss = svm(tape.constant(digits.images), tape.constant(digits.labels), w);
    xg::Program value = tape.compile({.outputs = {loss}}, {}),
                both = tape.compile({.outputs = {loss, gradient(loss, w)}}, {});
    const double evaluations = static_cast<double>(w.shape().numel()) + 1;
    const double analytic = seconds([&] { both(); }) / seconds([&] { value(); });
    fmt::print("\nA classifier of digits has {} weights. Its numerical gradient takes {} evaluations of the loss,\n"
               "the analytic one the time of {:.1f}.\n",
               w.shape().numel(), evaluations, analytic);
}

void draw(Problem& problem, const xt::xarray<double>& exact, const std::string& file) {
    std::vector<examples::Point> forward, central;
    for (double h = 1e-12; h < 2; h *= 2) {
        double of_forward = 0, of_central = 0, of_exact = 0;
        for (std::size_t i = 0; i < exact.size(); ++i) {
            of_forward += std::pow(problem.forward(i, h) - exact.flat(i), 2);
            of_central += std::pow(problem.central(i, h) - exact.flat(i), 2);
            of_exact += std::pow(exact.flat(i), 2);
        }
        forward.push_back({h, std::sqrt(of_forward / of_exact)});
        central.push_back({h, std::sqrt(of_central / of_exact)});
    }
    examples::Svg svg(620, 440);
    const examples::LegendEntry legend[] = {{"(L(W + h) - L(W)) / h", examples::style(0)},
                                            {"(L(W + h) - L(W - h)) / 2h", examples::style(1)}};
    draw_legend(svg, {72, 16}, 520, 2, legend);
    examples::Plot plot(svg, {72, 70, 520, 310}, {"h", 1e-12, 1, true}, {"relative error", 1e-14, 10, true},
                        "error of the numerical gradient");
    plot.graph(forward, examples::style(0), 0);
    plot.graph(central, examples::style(1), 0.5);
    plot.close();
    svg.save(file);
    fmt::print("picture: {}\n", file);
}

} // namespace

int main(int argc, char** argv) {
    return examples::run_program("numerical_gradient", [&] {
        const std::string file = picture(argc, argv, "numerical_gradient.svg");
        Problem problem;
        const xt::xarray<double> exact = problem.slope(weights).array<double>();
        print_column(problem, exact);
        print_cost();
        draw(problem, exact, file);
        return 0;
    });
}
