#include "plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace examples {

namespace {

const Style grey{.colour = "#dddddd", .width = 1};
const Style black{.colour = "#333333", .width = 1};

/// The part of a segment inside the unit square (Liang and Barsky 1984); false if there is none.
bool clip(Point& a, Point& b) {
    double from = 0, to = 1;
    const double dx = b.x - a.x, dy = b.y - a.y;
    const std::pair<double, double> sides[] = {{-dx, a.x}, {dx, 1 - a.x}, {-dy, a.y}, {dy, 1 - a.y}};
    for (const auto& [p, q] : sides) {
        if (p == 0) {
            if (q < 0) return false;
        } else if (p < 0)
            from = std::max(from, q / p);
        else
            to = std::min(to, q / p);
    }
    if (from > to) return false;
    const Point start = a;
    a = {start.x + from * dx, start.y + from * dy};
    b = {start.x + to * dx, start.y + to * dy};
    return true;
}

bool same(Point a, Point b) { return a.x == b.x && a.y == b.y; }

} // namespace

double Axis::fraction(double x) const {
    return logarithmic ? std::log(x / low) / std::log(high / low) : (x - low) / (high - low);
}

std::vector<double> Axis::ticks() const {
    std::vector<double> result;
    if (logarithmic) {
        const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
        const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
        if (last - first >= 2) {
            const int step = std::max(1, (last - first + 5) / 6);
            for (int i = first; i <= last; i += step)
                result.push_back(std::pow(10.0, i));
            return result;
        }
        for (int i = first - 1; i <= last; ++i)
            for (const double digit : {1, 2, 5})
                if (const double tick = digit * std::pow(10.0, i); tick >= low && tick <= high) result.push_back(tick);
        return result;
    }
    const double rough = (high - low) / 6, power = std::pow(10, std::floor(std::log10(rough)));
    const double step = (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10) * power;
    for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i)
        result.push_back(i * step + 0.0);
    return result;
}

Plot::Plot(Svg& svg, Frame frame, Axis x, Axis y, const std::string& title)
    : svg_(svg), frame_(frame), x_(std::move(x)), y_(std::move(y)) {
    const auto [left, top, width, height] = frame_;
    const double bottom = top + height;
    for (const double tick : x_.ticks()) {
        const double at = left + x_.fraction(tick) * width;
        svg_.line({at, top}, {at, bottom}, grey);
        svg_.line({at, bottom}, {at, bottom + 4}, black);
        svg_.text({at, bottom + 17}, fmt::format("{:g}", tick), {.size = 11, .anchor = "middle"});
    }
    for (const double tick : y_.ticks()) {
        const double at = bottom - y_.fraction(tick) * height;
        svg_.line({left, at}, {left + width, at}, grey);
        svg_.line({left - 4, at}, {left, at}, black);
        svg_.text({left - 7, at + 4}, fmt::format("{:g}", tick), {.size = 11, .anchor = "end"});
    }
    svg_.text({left + width / 2, bottom + 34}, x_.label, {.anchor = "middle"});
    svg_.text({left - 48, top + height / 2}, y_.label, {.anchor = "middle", .turn = -90});
    svg_.text({left + width / 2, top - 8}, title, {.size = 13, .anchor = "middle", .bold = true});
}

Point Plot::place(Point p) const { return {frame_.left + p.x * frame_.width, frame_.top + (1 - p.y) * frame_.height}; }

bool Plot::inside(Point p) const {
    const double x = x_.fraction(p.x), y = y_.fraction(p.y);
    return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

std::vector<std::vector<Point>> Plot::clipped(std::span<const Point> points) const {
    std::vector<std::vector<Point>> parts;
    Point end{}; // of the last part
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        Point a{x_.fraction(points[i].x), y_.fraction(points[i].y)};
        Point b{x_.fraction(points[i + 1].x), y_.fraction(points[i + 1].y)};
        // What has grown beyond all bounds goes out towards its side of the frame.
        b = {std::clamp(b.x, -1e6, 1e6), std::clamp(b.y, -1e6, 1e6)};
        if (!std::isfinite(a.x + a.y + b.x + b.y) || !clip(a, b)) continue;
        if (parts.empty() || !same(a, end)) parts.push_back({place(a)});
        parts.back().push_back(place(b));
        end = b;
    }
    return parts;
}

void Plot::contours(const Grid& grid, std::span<const double> levels, const Style& style) {
    for (const double level : levels)
        for (const std::vector<Point>& contour : contour_lines(grid, level))
            for (const std::vector<Point>& part : clipped(contour))
                svg_.polyline(simplified(part, 0.1), style);
}

std::vector<std::vector<Point>> Plot::draw(std::span<const Point> points, const Style& style) {
    std::vector<std::vector<Point>> parts = clipped(points);
    for (const std::vector<Point>& part : parts)
        svg_.polyline(part, style);
    return parts;
}

void Plot::path(std::span<const Point> points, const Style& style) {
    constexpr double apart = 45;
    const std::vector<std::vector<Point>> parts = draw(points, style);
    Point last{-1e9, -1e9};
    for (const Point& point : points) {
        if (!inside(point)) continue;
        const Point at = place({x_.fraction(point.x), y_.fraction(point.y)});
        if (std::hypot(at.x - last.x, at.y - last.y) < apart) continue;
        svg_.mark(at, style);
        last = at;
    }
    if (!parts.empty()) svg_.mark(parts.back().back(), style);
}

void Plot::graph(std::span<const Point> points, const Style& style, double phase) {
    constexpr double apart = 80;
    const std::vector<std::vector<Point>> parts = draw(points, style);
    double next = frame_.left + phase * apart;
    for (const std::vector<Point>& part : parts)
        for (const Point& at : part) {
            if (at.x < next) continue;
            svg_.mark(at, style);
            while (next <= at.x)
                next += apart;
        }
    if (!parts.empty()) svg_.mark(parts.back().back(), style);
}

void Plot::mark(Point at, const Style& style, double size) {
    if (inside(at)) svg_.mark(place({x_.fraction(at.x), y_.fraction(at.y)}), style, size);
}

void Plot::label(Point at, const std::string& text) {
    if (!inside(at)) return;
    const double x = x_.fraction(at.x);
    const bool left = x * frame_.width + 10 + 6.5 * static_cast<double>(text.size()) > frame_.width;
    const Point p = place({x, y_.fraction(at.y)});
    svg_.text({p.x + (left ? -9 : 9), p.y - 9}, text, {.anchor = left ? "end" : "start", .halo = true});
}

void Plot::close() { svg_.rectangle({frame_.left, frame_.top}, frame_.width, frame_.height, black); }

double draw_legend(Svg& svg, Point corner, double width, std::size_t columns, std::span<const LegendEntry> entries) {
    constexpr double row = 20;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const double x = corner.x + width * static_cast<double>(i % columns) / static_cast<double>(columns);
        const double y = corner.y + row * (static_cast<double>(i / columns) + 0.5);
        svg.line({x, y}, {x + 44, y}, entries[i].style);
        svg.mark({x + 22, y}, entries[i].style);
        svg.text({x + 50, y + 4}, entries[i].text);
    }
    return row * static_cast<double>((entries.size() + columns - 1) / columns);
}

} // namespace examples
