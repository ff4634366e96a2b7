// Regression by a Gaussian process whose hyper-parameters are learned: how far observations reach, how much the function
// varies and how much they err, by the logarithm of the marginal likelihood (Rasmussen and Williams, Gaussian Processes
// for Machine Learning, equation 2.30), which a Cholesky factor gives, and its gradient by L-BFGS.

#include <cmath>
#include <numbers>

#include "mathematics.hpp"

namespace xg = xgrad;
namespace linalg = xgrad::linalg;

namespace {

double truth(double x) { return std::sin(x) + 0.5 * std::cos(2.5 * x); }

/// The covariances of the function at a with those at b: s^2 exp(-(a - b)^2 / (2 l^2)); p = log (l, s, noise).
xg::Var covariance(xg::Var a, xg::Var b, xg::Var p) {
    return exp(2 * p[1] - 0.5 * square((expand_dims(a, 1) - b) / exp(p[0])));
}

} // namespace

int main(int argc, char** argv) {
    return mathematics::run(argc, argv, "gaussian_process", [](const std::string& file) {
        xg::Tape tape;
        constexpr std::size_t n = 40, fine = 241;
        constexpr double low = -6, high = 6;
        // Observations with a gap from -1 to 2.
        const xt::xarray<double> noise = xg::Random(tape, 5).normal({n}, 0, 1, xg::DType::float64).value<double>();
        std::vector<double> at, seen;
        for (std::size_t i = 0; i < n; ++i) {
            const double t = static_cast<double>(i) / (n - 1), x = t < 0.5 ? -6 + 10 * t : 2 + 8 * (t - 0.5);
            at.push_back(x);
            seen.push_back(truth(x) + 0.2 * noise(i));
        }
        const xg::Var x = tape.constant(at), y = tape.constant(seen),
                      p = tape.parameter({0.0, 0.0, 0.0}, "log_hyper_parameters");
        const xg::Var factor = linalg::cholesky(covariance(x, x, p) + exp(2 * p[2]) * eye(tape, n));
        const xg::Var whitened = linalg::solve_triangular(factor, y, {.lower = true});
        const xg::Var minus_log_likelihood = 0.5 * sum(square(whitened)) + sum(log(diagonal(factor))) +
                                             0.5 * n * std::log(2 * std::numbers::pi);
        xg::optim::Problem problem(minus_log_likelihood);
        const double before = problem.loss();
        const xg::optim::SearchReport report = xg::optim::LBFGS{}.solve(problem);
        const auto learned = exp(p).value<double>();
        fmt::print("-log likelihood {:.3f} -> {:.3f} in {} iterations\n", before, report.loss, report.iterations);
        fmt::print("length {:.3f}, deviation {:.3f}, noise {:.3f} (0.2 were added)\n", learned(0), learned(1),
                   learned(2));

        // What is to be expected between the observations, and how far from it the function may be.
        const xg::Var between = linspace(tape, low, high, fine), across = covariance(x, between, p);
        const xg::Var projected = linalg::solve_triangular(factor, across, {.lower = true});
        const xg::Var mean = matmul(whitened, projected), deviation = sqrt(exp(2 * p[1]) - sum(square(projected), {0}));
        const auto m = mean.value<double>(), d = deviation.value<double>();
        double worst = 0;
        std::vector<examples::Point> real;
        for (std::size_t i = 0; i < fine; ++i) {
            const double t = low + (high - low) * static_cast<double>(i) / (fine - 1);
            real.push_back({t, truth(t)});
            worst = std::max(worst, std::abs(truth(t) - m(i)) / d(i));
        }
        fmt::print("the function is at most {:.1f} deviations from its expected value\n", worst);

        examples::Svg svg(720, 400);
        examples::Plot plot(svg, {56, 36, 640, 300}, {"x", low, high}, {"y", -2.5, 2.5},
                            "Expected values, two deviations, and the function that was observed");
        const examples::Style bound{.colour = "#0072b2", .dashes = "4 3", .width = 1};
        for (const double side : {-2.0, 2.0})
            plot.graph(mathematics::curve(low, high, xt::xarray<double>(m + side * d)), bound, 0);
        plot.graph(mathematics::curve(low, high, m), examples::style(0), 0.25);
        plot.graph(real, examples::style(1), 0.75);
        for (std::size_t i = 0; i < n; ++i)
            plot.mark({at[i], seen[i]}, {.colour = "#000000", .mark = examples::Mark::cross});
        plot.close();
        const std::vector<examples::LegendEntry> legend = {
            {"expected", examples::style(0)}, {"two deviations", bound}, {"the function", examples::style(1)}};
        examples::draw_legend(svg, {56, 376}, 640, 3, legend);
        svg.save(file);
    });
}
