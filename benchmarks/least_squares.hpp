#pragma once
// W: three problems of least squares, from where all contenders start. A step is a whole solution, with all that it
// takes to set it up.

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "data.hpp"

namespace bench::least_squares {

constexpr double tolerance = 1e-10; // of cost, gradient and step

inline std::vector<double> random(std::size_t n, std::uint64_t seed) {
    const Floats numbers = uniform(n, seed);
    return {numbers.begin(), numbers.end()};
}

/// Fits of a exp(-b x) + c, by so many residuals each.
struct Fits {
    std::size_t count, residuals;
    std::vector<double> x, y;
    static constexpr double start[3] = {1, 0.3, 0};

    Fits(std::size_t count, std::size_t residuals) : count(count), residuals(residuals) {
        const std::vector<double> noise = random(count * residuals, 1), shapes = random(3 * count, 2);
        for (std::size_t f = 0; f < count; ++f)
            for (std::size_t i = 0; i < residuals; ++i) {
                x.push_back(5.0 * static_cast<double>(i) / static_cast<double>(residuals));
                y.push_back((2 + shapes[3 * f]) * std::exp(-(1 + 0.5 * shapes[3 * f + 1]) * x.back()) + 0.5 +
                            0.5 * shapes[3 * f + 2] + 0.05 * noise[f * residuals + i]);
            }
    }
};
inline Fits curve(std::size_t residuals) { return {1, residuals}; }
inline Fits fits(std::size_t count) { return {count, 50}; }

/// Cameras around a cloud of points: a rotation vector, a translation, a focal length and two coefficients of
/// distortion each. Every camera sees about a half of the points.
struct Bundle {
    static constexpr std::size_t camera_count = 20, camera_size = 9;
    std::size_t point_count;
    std::vector<double> cameras, points, seen;
    std::vector<std::int64_t> camera_of, point_of;

    explicit Bundle(std::size_t n)
        : point_count(n), cameras(random(camera_count * camera_size, 1)), points(random(3 * n, 2)) {
        const std::vector<double> sees = random(n * camera_count, 3), noise = random(2 * n * camera_count, 4),
                                  off = random(camera_count * camera_size + 3 * n, 5);
        for (std::size_t c = 0; c < camera_count; ++c) {
            double* camera = cameras.data() + c * camera_size;
            for (std::size_t k = 0; k < camera_size; ++k)
                camera[k] *= 0.05;
            camera[1] = 2 * std::numbers::pi * static_cast<double>(c) / camera_count;
            camera[5] = -6, camera[6] = 800 + 10 * camera[6], camera[7] = -0.05, camera[8] = 0.01;
        }
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t c = 0; c < camera_count; ++c) {
                const std::size_t k = p * camera_count + c;
                if (sees[k] > 0 && c > 1) continue;
                camera_of.push_back(static_cast<std::int64_t>(c)), point_of.push_back(static_cast<std::int64_t>(p));
                const auto [u, v] = project(cameras.data() + c * camera_size, points.data() + 3 * p);
                seen.push_back(u + noise[2 * k]), seen.push_back(v + noise[2 * k + 1]);
            }
        for (std::size_t c = 0; c < camera_count; ++c)
            for (std::size_t k = 0; k < 6; ++k)
                cameras[c * camera_size + k] += 0.03 * off[c * camera_size + k];
        for (std::size_t i = 0; i < points.size(); ++i)
            points[i] += 0.05 * off[camera_count * camera_size + i];
    }

  private:
    static std::pair<double, double> project(const double* c, const double* p) {
        const double angle = std::hypot(c[0], c[1], c[2]), w = std::cos(angle), s = std::sin(angle) / angle,
                     t = (1 - w) / (angle * angle) * (c[0] * p[0] + c[1] * p[1] + c[2] * p[2]);
        const double x = w * p[0] + s * (c[1] * p[2] - c[2] * p[1]) + t * c[0] + c[3],
                     y = w * p[1] + s * (c[2] * p[0] - c[0] * p[2]) + t * c[1] + c[4],
                     z = w * p[2] + s * (c[0] * p[1] - c[1] * p[0]) + t * c[2] + c[5];
        const double u = -x / z, v = -y / z, square = u * u + v * v, f = c[6] * (1 + square * (c[7] + c[8] * square));
        return {f * u, f * v};
    }
};

} // namespace bench::least_squares
