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
        std::vector<Entry> entries; // in turns: the machine's speed changes
        for (const std::size_t size : scaling.sizes) {
            entries.push_back({"ours", scaling.make({"", size}), {}});
            entries.back().contender->outcome();
        }
        const bool long_steps = scaling.sizes.back() >= 100000;
        measure(entries, long_steps ? std::min<std::size_t>(rounds, 9) : rounds, quick ? 1e-4 : 0.01);
        std::vector<double> costs;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            costs.push_back(median(entries[i].seconds));
            const auto size = static_cast<double>(scaling.sizes[i]);
            fmt::print("  {:>8} {:>10} {:>10} for each, {:.2f} times as much as for the first\n", scaling.sizes[i],
                       duration(costs.back()), duration(costs.back() / size),
                       ratio(entries[i], entries[0]) * static_cast<double>(scaling.sizes[0]) / size);
        }
        std::fflush(stdout);
        fmt::print("  cost ~ size^{:.2f}\n", exponent(scaling.sizes, costs));
    }
}

} // namespace bench
