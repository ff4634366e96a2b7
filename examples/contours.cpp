#include "contours.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace examples {

namespace {

/// An edge of the grid that a line crosses; each is crossed at most once, and by at most two squares.
using Edge = std::size_t;

struct Crossings {
    std::map<Edge, Point> at;
    std::map<Edge, std::vector<Edge>> next;

    void join(Edge a, Edge b) {
        next[a].push_back(b);
        next[b].push_back(a);
    }
};

Point between(Point a, double value_a, Point b, double value_b, double level) {
    const double t = (level - value_a) / (value_b - value_a);
    return {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
}

Crossings cross(const Grid& grid, double level) {
    Crossings result;
    for (std::size_t j = 0; j + 1 < grid.rows; ++j)
        for (std::size_t i = 0; i + 1 < grid.columns; ++i) {
            // The corners counter-clockwise from the lower left; edge k goes from corner k to the next.
            const std::pair<std::size_t, std::size_t> corner[] = {{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}};
            const Edge horizontal = 2 * (j * grid.columns + i), vertical = horizontal + 1;
            const Edge edges[] = {horizontal, vertical + 2, horizontal + 2 * grid.columns, vertical};
            std::vector<Edge> crossed;
            for (std::size_t k = 0; k < 4; ++k) {
                const auto [ai, aj] = corner[k];
                const auto [bi, bj] = corner[(k + 1) % 4];
                const double a = grid.value(ai, aj), b = grid.value(bi, bj);
                if ((a > level) == (b > level)) continue;
                result.at.try_emplace(edges[k], between(grid.at(ai, aj), a, grid.at(bi, bj), b, level));
                crossed.push_back(edges[k]);
            }
            if (crossed.size() == 2) result.join(crossed[0], crossed[1]);
            if (crossed.size() == 4) { // a saddle: the mean tells which corners hang together
                const double mean = (grid.value(i, j) + grid.value(i + 1, j) + grid.value(i, j + 1) +
                                     grid.value(i + 1, j + 1)) /
                                    4;
                const bool around_first = (mean > level) != (grid.value(i, j) > level);
                result.join(crossed[0], crossed[around_first ? 3 : 1]);
                result.join(crossed[2], crossed[around_first ? 1 : 3]);
            }
        }
    return result;
}

/// Follows a line from one of its crossings, and takes it out.
std::vector<Point> follow(Crossings& crossings, Edge start) {
    std::vector<Point> line;
    for (Edge edge = start;;) {
        line.push_back(crossings.at.at(edge));
        std::vector<Edge>& next = crossings.next[edge];
        if (next.empty()) return line;
        const Edge to = next.back();
        next.pop_back();
        std::vector<Edge>& back = crossings.next[to];
        back.erase(std::find(back.begin(), back.end(), edge));
        edge = to;
    }
}

/// From a point to the nearest of a segment.
double distance(Point p, Point a, Point b) {
    const double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
    const double t = square > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / square, 0.0, 1.0) : 0;
    return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

} // namespace

Point Grid::at(std::size_t column, std::size_t row) const {
    const double x = static_cast<double>(column) / static_cast<double>(columns - 1);
    const double y = static_cast<double>(row) / static_cast<double>(rows - 1);
    return {low.x + x * (high.x - low.x), low.y + y * (high.y - low.y)};
}

std::vector<std::vector<Point>> contour_lines(const Grid& grid, double level) {
    Crossings crossings = cross(grid, level);
    std::vector<std::vector<Point>> lines;
    // First those that end at the border, then the closed ones.
    for (const std::size_t ends : {1u, 2u})
        for (const auto& [edge, point] : crossings.at)
            if (crossings.next[edge].size() == ends) lines.push_back(follow(crossings, edge));
    return lines;
}

std::vector<Point> simplified(std::span<const Point> line, double tolerance) {
    if (line.size() < 3) return {line.begin(), line.end()};
    const auto away = [&](Point p) { return distance(p, line.front(), line.back()); };
    const auto corner = std::ranges::max_element(line, {}, away);
    if (away(*corner) <= tolerance) return {line.front(), line.back()};
    const auto i = static_cast<std::size_t>(corner - line.begin());
    std::vector<Point> points = simplified(line.first(i + 1), tolerance);
    const std::vector<Point> rest = simplified(line.subspan(i), tolerance);
    points.insert(points.end(), rest.begin() + 1, rest.end());
    return points;
}

} // namespace examples
