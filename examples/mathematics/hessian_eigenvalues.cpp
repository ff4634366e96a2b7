// The curvature of a loss: all eigenvalues of the Hessian of a small network, before and after training. Most are next to
// zero, a few are large, and those below zero, of which there are many at first, go (Sagun, Bottou and LeCun 2016,
// "Eigenvalues of the Hessian in Deep Learning").

#include <algorithm>
#include <cmath>

#include "mathematics.hpp"

namespace xg = xgrad;

namespace {

constexpr std::size_t hidden = 12, examples_of_class = 60;

/// Two moons.
struct Moons {
    xt::xarray<double> points = xt::xarray<double>::from_shape({2 * examples_of_class, 2});
    xt::xarray<std::int64_t> labels = xt::xarray<std::int64_t>::from_shape({2 * examples_of_class});
    explicit Moons(xg::Tape& tape) {
        const xt::xarray<double>
            noise = xg::Random(tape, 2).normal({2 * examples_of_class, 2}, 0, 0.15, xg::DType::float64).value<double>();
        for (std::size_t i = 0; i < 2 * examples_of_class; ++i) {
            const bool second = i >= examples_of_class;
            const double a = std::acos(-1) * static_cast<double>(i % examples_of_class) / (examples_of_class - 1);
            points(i, 0) = (second ? 1 - std::cos(a) : std::cos(a)) + noise(i, 0);
            points(i, 1) = (second ? 0.5 - std::sin(a) : std::sin(a)) + noise(i, 1);
            labels(i) = second;
        }
    }
};

} // namespace

int main(int argc, char** argv) {
    return mathematics::run(argc, argv, "hessian_eigenvalues", [](const std::string& file) {
        xg::Tape tape;
        const Moons moons(tape);
        // All weights in one vector, so that the Hessian is one matrix.
        constexpr std::int64_t first = 2 * hidden, bias = first + hidden, second = bias + 2 * hidden, all = second + 2;
        const xt::xarray<double> start = xg::Random(tape, 7)
                                             .normal({static_cast<std::size_t>(all)}, 0, 0.7, xg::DType::float64)
                                             .value<double>();
        const xg::Var w = tape.parameter(start, "weights");
        const xg::Var layer = tanh(matmul(tape.constant(moons.points), reshape(slice(w, 0, 0, first), {2, hidden})) +
                                   slice(w, 0, first, bias));
        const xg::Var scores = matmul(layer, reshape(slice(w, 0, bias, second), {hidden, 2})) +
                               slice(w, 0, second, all);
        const xg::Var loss = xg::models::softmax_loss(scores, tape.constant(moons.labels)) + 1e-3 * sum(square(w));

        xg::Program spectrum = tape.compile(
            {.outputs = {loss, xg::linalg::eigh(hessian(loss, w)).eigenvalues}, .updates = {}}, {});
        std::vector<std::vector<double>> values;
        const auto look = [&](const char* when) {
            const xg::Results r = spectrum();
            const auto e = r.array<double>(1);
            values.emplace_back(e.begin(), e.end());
            const auto negative = std::count_if(e.begin(), e.end(), [](double v) { return v < 0; });
            const auto small = std::count_if(e.begin(), e.end(),
                                             [&](double v) { return std::abs(v) < 0.01 * e(e.size() - 1); });
            fmt::print(
                "{}: loss {:.4f}; of {} eigenvalues {} are below 0, {} less than a hundredth of the largest, {:.3f}\n",
                when, r.scalar<double>(0), e.size(), negative, small, e(e.size() - 1));
        };
        look("before");
        xg::optim::Problem problem(loss);
        const xg::optim::SearchReport report = xg::optim::LBFGS{.max_iterations = 500}.solve(problem);
        look("after ");
        fmt::print("{}\n", report.str());

        double high = 0, low = 0;
        for (const auto& v : values)
            high = std::max(high, v.back()), low = std::min(low, v.front());
        examples::Svg svg(720, 400);
        examples::Plot plot(svg, {64, 36, 630, 300}, {"eigenvalue, in order", 0, all - 1.0},
                            {"value", 1.2 * low, 1.1 * high}, "The Hessian's eigenvalues");
        const std::vector<examples::LegendEntry> legend = {{"before", examples::style(0)},
                                                           {"after", examples::style(1)}};
        for (std::size_t k = 0; k < 2; ++k)
            for (std::size_t i = 0; i < values[k].size(); ++i)
                plot.mark({static_cast<double>(i), values[k][i]}, legend[k].style, 5);
        plot.close();
        examples::draw_legend(svg, {64, 376}, 630, 2, legend);
        svg.save(file);
    });
}
