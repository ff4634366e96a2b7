// Predators and prey: the rates of Lotka's and Volterra's equations, and how many there were at first, from the furs that
// the Hudson's Bay Company bought of hares and lynxes, 1900 to 1920 (Elton and Nicholson 1942, "The ten-year cycle in
// numbers of the lynx in Canada"). The equations are integrated by odeint, the logarithms of the numbers fitted by
// Levenberg and Marquardt; the Jacobian is that of the integration.

#include <cmath>

#include "mathematics.hpp"

namespace xg = xgrad;

namespace {

const std::vector<double> hares = {30,   47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22,   25.4, 27.1,
                                   40.3, 57,   76.6, 52.3, 19.5, 11.2, 7.6,  14.6, 16.2, 24.7},
                          lynxes = {4, 6.1,  9.8,  35.2, 59.4, 41.7, 19,   13,  8.3,  9.1, 7.4,
                                    8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1, 8.6}; // thousands

/// dh/dt = h (birth - hunt l), dl/dt = l (growth h - death), of the logarithms; p holds those of the rates.
xg::Var slope(xg::Var logs, xg::Var p) {
    const xg::Var n = exp(logs), rates = exp(p);
    return stack(rates[0] - rates[1] * n[1], rates[2] * n[0] - rates[3]);
}

} // namespace

int main(int argc, char** argv) {
    return mathematics::run(argc, argv, "lotka_volterra", [](const std::string& file) {
        const std::size_t years = hares.size();
        xg::Tape tape;
        const xg::Var rates = tape.parameter({std::log(0.5), std::log(0.02), std::log(0.02), std::log(0.8)}, "rates"),
                      first = tape.parameter({std::log(30.0), std::log(4.0)}, "first"),
                      numbers = stack(tape.constant(hares), tape.constant(lynxes), 1);
        const auto solution = [&](xg::Var times) {
            return xg::odeint([&](xg::Var y, xg::Var) { return slope(y, rates); }, first, times);
        };
        const xg::Var fitted = solution(linspace(tape, 0, static_cast<double>(years - 1), years));
        xg::optim::LeastSquares problem{fitted - log(numbers), {rates, first}};
        const xg::optim::SearchReport report = xg::optim::LevenbergMarquardt{}.solve(problem);
        const auto r = exp(rates).value<double>();
        fmt::print("hares grow by {:.3f} a year, lynxes die by {:.3f}; hunting takes {:.4f}, gives {:.4f}\n", r(0),
                   r(3), r(1), r(2));
        fmt::print("{}\n", report.str());

        const std::size_t fine = 10 * (years - 1) + 1;
        const xg::Var between = exp(solution(linspace(tape, 0, static_cast<double>(years - 1), fine)));
        const xt::xarray<double> curves[] = {transpose(between)[0].value<double>(),
                                             transpose(between)[1].value<double>()};
        examples::Svg svg(720, 400);
        examples::Plot plot(svg, {64, 36, 630, 300}, {"year", 1900, 1920}, {"thousands of furs", 0, 90},
                            "Hares and lynxes, and the equations that fit them");
        const std::vector<examples::LegendEntry> legend = {{"hares", examples::style(0)},
                                                           {"lynxes", examples::style(1)}};
        for (std::size_t k = 0; k < 2; ++k) {
            plot.graph(mathematics::curve(1900, 1920, curves[k]), legend[k].style, 0);
            for (std::size_t i = 0; i < years; ++i)
                plot.mark({1900 + static_cast<double>(i), (k == 0 ? hares : lynxes)[i]}, legend[k].style, 6);
        }
        plot.close();
        examples::draw_legend(svg, {64, 376}, 630, 2, legend);
        svg.save(file);
    });
}
