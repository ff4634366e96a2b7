// An Asian call option by Monte Carlo, with all of its sensitivities: what a path of the price pays is written for one
// path, vmap makes a batch of it, and the gradient of the mean is that of the price by spot, rate, volatility, maturity
// and strike (pathwise derivatives: Glasserman, Monte Carlo Methods in Financial Engineering, 7.2). The geometric mean
// has a closed form (Kemna and Vorst 1990), which both are compared with. A double loop over paths and days, as one
// writes it in plain C++, gives the values alone in how much time?

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include "mathematics.hpp"

namespace xg = xgrad;

namespace {

constexpr std::size_t days = 64, paths = 10000;

struct Market {
    xg::Var spot, rate, volatility, maturity, strike;
};

/// What the option pays at maturity, today's value of it; z: a normal number for each day.
xg::Var payment(const Market& m, xg::Var z, bool geometric) {
    const xg::Var dt = m.maturity / static_cast<double>(days);
    const xg::Var logs = log(m.spot) +
                         cumsum((m.rate - 0.5 * square(m.volatility)) * dt + m.volatility * sqrt(dt) * z, -1);
    const xg::Var average = geometric ? exp(mean(logs)) : mean(exp(logs));
    return exp(-m.rate * m.maturity) * relu(average - m.strike);
}

/// The closed form for the geometric mean.
xg::Var closed_form(const Market& m) {
    const double n = days;
    const xg::Var drift = (m.rate - 0.5 * square(m.volatility)) * m.maturity * ((n + 1) / (2 * n)),
                  variance = square(m.volatility) * m.maturity * ((n + 1) * (2 * n + 1) / (6 * n * n));
    const xg::Var forward = log(m.spot) + drift, d = (forward - log(m.strike)) / sqrt(variance);
    return exp(-m.rate * m.maturity) * (exp(forward + 0.5 * variance) * ndtr(d + sqrt(variance)) - m.strike * ndtr(d));
}

/// The same payments as loops.
double plain(const std::vector<double>& z, double s0, double r, double v, double t, double k) {
    const double dt = t / days, drift = (r - 0.5 * v * v) * dt, step = v * std::sqrt(dt);
    double total = 0;
    for (std::size_t i = 0; i < paths; ++i) {
        double s = s0, sum = 0;
        for (std::size_t j = 0; j < days; ++j) {
            s *= std::exp(drift + step * z[i * days + j]);
            sum += s;
        }
        total += std::max(sum / days - k, 0.0);
    }
    return std::exp(-r * t) * total / paths;
}

template <class F>
double median_ms(F f) {
    std::vector<double> times;
    for (int i = 0; i < 15; ++i) {
        const auto start = std::chrono::steady_clock::now();
        f();
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return times[7];
}

} // namespace

int main(int argc, char** argv) {
    return mathematics::run(argc, argv, "option_pricer", [](const std::string& file) {
        xg::set_num_threads(1);
        xg::Tape tape;
        const Market m{tape.parameter(100.0, "spot"), tape.parameter(0.03, "rate"), tape.parameter(0.25, "volatility"),
                       tape.parameter(1.0, "maturity"), tape.parameter(105.0, "strike")};
        const std::vector<xg::Var> by = {m.spot, m.rate, m.volatility, m.maturity, m.strike};
        std::mt19937_64 engine(1);
        std::normal_distribution<double> normal;
        std::vector<double> draws(paths * days);
        std::generate(draws.begin(), draws.end(), [&] { return normal(engine); });
        const xg::Var z = tape.constant(xt::adapt(draws, std::vector<std::size_t>{paths, days}));

        const auto priced = [&](bool geometric) {
            const xg::Var each = xg::vmap([&](xg::Var path) { return payment(m, path, geometric); }, z),
                          price = mean(each);
            std::vector<xg::Var> outputs = gradient(price, by);
            outputs.insert(outputs.begin(), {price, stddev(each) / std::sqrt(static_cast<double>(paths))});
            return tape.compile({.outputs = outputs, .updates = {}}, {});
        };
        xg::Program asian = priced(false), geometric = priced(true);
        const xg::Var exact = closed_form(m);
        const std::vector<xg::Var> greeks = gradient(exact, by);
        const xg::Results a = asian(), g = geometric();
        fmt::print("{:<12}{:>12}{:>12}{:>12}\n", "", "arithmetic", "geometric", "exact");
        fmt::print("{:<12}{:>12.4f}{:>12.4f}{:>12.4f}\n", "price", a.scalar<double>(0), g.scalar<double>(0),
                   exact.scalar<double>());
        fmt::print("{:<12}{:>12.4f}{:>12.4f}\n", "its error", a.scalar<double>(1), g.scalar<double>(1));
        const char* names[] = {"by spot", "by rate", "by volatility", "by maturity", "by strike"};
        for (std::size_t i = 0; i < by.size(); ++i)
            fmt::print("{:<14}{:>10.4f}{:>12.4f}{:>12.4f}\n", names[i], a.scalar<double>(i + 2),
                       g.scalar<double>(i + 2), greeks[i].scalar<double>());

        double value = 0;
        const double loops = median_ms([&] { value = plain(draws, 100, 0.03, 0.25, 1, 105); });
        const double ours = median_ms([&] { (void)asian(); });
        fmt::print("the same payments by a double loop: {:.4f}\n", value);
        fmt::print("value and gradient take {:.2f} of the time of the double loop for the value alone\n", ours / loops);

        // The price as a function of the spot, and its slope.
        std::vector<examples::Point> prices, deltas;
        for (double s = 70; s <= 140; s += 2) {
            tape.assign(m.spot, s);
            const xg::Results r = asian();
            prices.push_back({s, r.scalar<double>(0)});
            deltas.push_back({s, r.scalar<double>(2)});
        }
        examples::Svg svg(880, 360);
        examples::Plot left(svg, {64, 36, 350, 280}, {"spot", 70, 140}, {"price", 0, 40}, "Price");
        left.graph(prices, examples::style(0), 0);
        left.close();
        examples::Plot right(svg, {500, 36, 350, 280}, {"spot", 70, 140}, {"slope", 0, 1},
                             "Its derivative by the spot");
        right.graph(deltas, examples::style(1), 0);
        right.close();
        svg.save(file);
    });
}
