// A Kalman filter that learns its noise: the position of something that moves with a velocity that wanders is seen with
// errors. How much it wanders and how large the errors are is found from what was seen alone: the filter is a scan, which
// gives the logarithm of the likelihood of each observation given those before it, and L-BFGS follows the gradient
// through all of its steps (Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, section 3.4).

#include <cmath>
#include <numbers>

#include "mathematics.hpp"

namespace xg = xgrad;
using Vars = std::vector<xg::Var>;

namespace {

constexpr std::size_t steps = 400;
constexpr double wander = 0.05, error = 1.5; // what is to be learned, standard deviations

struct Track {
    std::vector<double> positions, seen;
};
Track track(xg::Tape& tape) {
    const xt::xarray<double> draws = xg::Random(tape, 3).normal({steps, 2}, 0, 1, xg::DType::float64).value<double>();
    Track track;
    double position = 0, velocity = 0.3;
    for (std::size_t i = 0; i < steps; ++i) {
        velocity += wander * draws(i, 0);
        position += velocity;
        track.positions.push_back(position);
        track.seen.push_back(position + error * draws(i, 1));
    }
    return track;
}

} // namespace

int main(int argc, char** argv) {
    return mathematics::run(argc, argv, "kalman_filter", [](const std::string& file) {
        xg::Tape tape;
        const Track t = track(tape);
        const xg::Var p = tape.parameter({0.0, 0.0}, "log_deviations"), wanders = exp(2 * p[0]), errs = exp(2 * p[1]);
        const xg::Var moves = tape.constant({{1.0, 1.0}, {0.0, 1.0}}),
                      pushed = tape.constant({{1.0, 1.0}, {1.0, 1.0}}); // a change of velocity moves the position, too
        // The state (position, velocity), its covariance; y: minus the log likelihood, and the position.
        const auto step = [&](const Vars& carry, const Vars& x) {
            const xg::Var state = matmul(moves, carry[0]),
                          covariance = matmul(matmul(moves, carry[1]), moves, {.transpose_b = true}) + wanders * pushed;
            const xg::Var variance = covariance[{0, 0}] + errs, surprise = x[0] - state[0],
                          gain = covariance[0] / variance;
            const xg::Var log_likelihood = -0.5 * (square(surprise) / variance + log(2 * std::numbers::pi * variance));
            const xg::Var next = state + gain * surprise;
            return std::pair{Vars{next, covariance - outer(gain, covariance[0])}, Vars{-log_likelihood, next[0]}};
        };
        const xg::ScanResult filter = xg::scan(step, {tape.constant({0.0, 0.0}), 100 * eye(tape, 2)},
                                               {tape.constant(t.seen)});
        xg::optim::Problem problem(sum(filter.ys[0]));
        const double before = problem.loss();
        const xg::optim::SearchReport report = xg::optim::LBFGS{}.solve(problem);
        const auto learned = exp(p).value<double>();
        fmt::print("-log likelihood {:.2f} -> {:.2f} in {} iterations\n", before, report.loss, report.iterations);
        fmt::print("the velocity wanders by {:.3f} (true: {}), observations err by {:.3f} (true: {})\n", learned(0),
                   wander, learned(1), error);

        const auto filtered = filter.ys[1].value<double>();
        double of_filter = 0, of_seen = 0;
        std::vector<examples::Point> errors;
        for (std::size_t i = 0; i < steps; ++i) {
            of_filter += std::pow(filtered(i) - t.positions[i], 2) / steps;
            of_seen += std::pow(t.seen[i] - t.positions[i], 2) / steps;
            errors.push_back({static_cast<double>(i), filtered(i) - t.positions[i]});
        }
        fmt::print("errors: {:.3f} as seen, {:.3f} filtered\n", std::sqrt(of_seen), std::sqrt(of_filter));

        examples::Svg svg(720, 400);
        examples::Plot plot(svg, {64, 36, 630, 300}, {"step", 0, steps - 1.0}, {"distance from where it was", -5, 5},
                            "How far observations and the filter are from where it was");
        const examples::Style seen{.colour = "#d55e00", .mark = examples::Mark::plus};
        for (std::size_t i = 0; i < steps; ++i)
            plot.mark({static_cast<double>(i), t.seen[i] - t.positions[i]}, seen, 2.5);
        plot.graph(errors, examples::style(0), 0.5);
        plot.close();
        const std::vector<examples::LegendEntry> legend = {{"seen", seen}, {"filtered", examples::style(0)}};
        examples::draw_legend(svg, {64, 376}, 630, 2, legend);
        svg.save(file);
    });
}
