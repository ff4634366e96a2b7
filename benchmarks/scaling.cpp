#include "scaling.hpp"

#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "measure.hpp"
#include "ours/ours.hpp"
#include "report.hpp"

namespace bench {

namespace {

/// The slope of the least-squares line through (ln size, ln cost).
double exponent(const std::vector<std::size_t>& sizes, const std::vector<double>& costs) {
    const auto n = static_cast<double>(sizes.size());
    double x = 0, y = 0, xx = 0, xy = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const double u = std::log(static_cast<double>(sizes[i])), v = std::log(costs[i]);
        x += u, y += v, xx += u * u, xy += u * v;
    }
    return (n * xy - x * y) / (n * xx - x * x);
}

} // namespace

void run_scaling(std::size_t rounds, bool quick) {
    for (const ours::Scaling& scaling : ours::scalings(quick)) {
        fmt::print("{}\n", scaling.what);
        std::vector<double> costs;
        for (const std::size_t size : scaling.sizes) {
            std::vector<Entry> entries;
            entries.push_back({"ours", scaling.make({"", size}), {}});
            entries[0].contender->outcome();
            measure(entries, size >= 100000 ? std::min<std::size_t>(rounds, 5) : rounds, quick ? 1e-4 : 0.01);
            costs.push_back(median(entries[0].seconds));
            fmt::print("  {:>8} {:>10} {:>10} for each\n", size, duration(costs.back()),
                       duration(costs.back() / static_cast<double>(size)));
            std::fflush(stdout);
        }
        fmt::print("  cost ~ size^{:.2f}\n", exponent(scaling.sizes, costs));
    }
}

} // namespace bench
