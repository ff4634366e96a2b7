#include "curves.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "plot.hpp"

namespace examples {

namespace {

struct Curve {
    std::string name;
    std::vector<Point> points;
};

/// The least and the greatest y that are finite.
std::pair<double, double> range(std::span<const Curve> curves) {
    double low = INFINITY, high = -INFINITY;
    for (const Curve& curve : curves)
        for (const Point& p : curve.points)
            if (std::isfinite(p.y)) low = std::min(low, p.y), high = std::max(high, p.y);
    return low <= high ? std::pair(low, high) : std::pair(0.0, 1.0);
}

/// With some room on both sides.
Axis linear_axis(const std::string& label, std::span<const Curve> curves) {
    const auto [low, high] = range(curves);
    const double room = high > low ? 0.06 * (high - low) : 0.1;
    return {.label = label, .low = low - room, .high = high + room};
}

/// From one power of ten to another.
Axis logarithmic_axis(const std::string& label, std::span<const Curve> curves) {
    const auto [low, high] = range(curves);
    const double first = std::floor(std::log10(low)), last = std::max(std::ceil(std::log10(high)), first + 1);
    return {.label = label, .low = std::pow(10, first), .high = std::pow(10, last), .logarithmic = true};
}

std::string draw(const std::string& title, std::span<const Curve> curves, const Axis& y) {
    constexpr double width = 430, height = 300;
    double last = 5; // so that the ticks are whole numbers
    for (const Point& p : curves.front().points)
        last = std::max(last, p.x);
    Svg svg(width, height);
    Plot plot(svg, {66, 30, width - 86, height - 110}, {.label = "epoch", .low = 0, .high = last}, y, title);
    std::vector<LegendEntry> legend;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        plot.graph(curves[i].points, style(i), static_cast<double>(i) / static_cast<double>(curves.size()));
        if (!curves[i].points.empty()) plot.mark(curves[i].points.back(), style(i)); // also where it is the only one
        legend.push_back({curves[i].name, style(i)});
    }
    plot.close();
    draw_legend(svg, {66, height - 30}, width - 86, 2, legend);
    return svg.element();
}

template <class Value>
Curve curve(const std::string& name, std::span<const EpochRecord> records, Value value) {
    Curve result{name, {}};
    for (const EpochRecord& record : records)
        result.points.push_back({static_cast<double>(record.epoch), value(record)});
    return result;
}

} // namespace

std::string loss_curves(std::span<const EpochRecord> records) {
    const std::vector<Curve> curves{curve("training", records, [](const EpochRecord& r) { return r.train.loss; }),
                                    curve("held out", records, [](const EpochRecord& r) { return r.test.loss; })};
    return draw("Loss", curves, linear_axis("mean loss", curves));
}

std::string accuracy_curves(std::span<const EpochRecord> records) {
    const std::vector<Curve> curves{curve("training", records, [](const EpochRecord& r) { return r.train.accuracy; }),
                                    curve("held out", records, [](const EpochRecord& r) { return r.test.accuracy; })};
    return draw("Accuracy", curves, linear_axis("share of right answers", curves));
}

std::string ratio_curve(std::span<const EpochRecord> records) {
    std::vector<EpochRecord> known;
    std::ranges::copy_if(records, std::back_inserter(known),
                         [](const EpochRecord& r) { return r.update_ratio.value_or(0) > 0; });
    if (known.empty()) return "";
    const std::vector<Curve> curves{
        curve("norm of update / norm of weights", known, [](const EpochRecord& r) { return *r.update_ratio; })};
    return draw("Size of the steps", curves, logarithmic_axis("ratio of norms", curves));
}

} // namespace examples
