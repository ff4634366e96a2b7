// An arm of six joints that holds its tool upright along a circle: the joints' angles follow from where the tool is to
// be, by Levenberg and Marquardt within the limits of the joints. The residual is the twist of the motion from the tool
// to its target, SE3::log, which is 0 where both are the same.

#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

#include "mathematics.hpp"

namespace xg = xgrad;
using xg::optim::SE3;

namespace {

constexpr std::size_t joints = 6;
constexpr double limit = 2.4; // of each angle

/// The axis of each joint (about z, y, y, x, y, x), and how far along which axis the next joint is.
constexpr std::array<int, joints> axes{2, 1, 1, 0, 1, 0};
constexpr std::array<std::array<double, 3>, joints> links{
    {{0, 0, 0.3}, {0.5, 0, 0}, {0.25, 0, 0}, {0.25, 0, 0}, {0.1, 0, 0}, {0.1, 0, 0}}};

/// Where all joints are, as motions, the tool last.
std::vector<xg::Var> poses(xg::Var angles) {
    xg::Tape& tape = angles.tape();
    std::vector<xg::Var> result;
    for (std::size_t k = 0; k < joints; ++k) {
        std::vector<double> screw(6), link(7);
        screw[3 + static_cast<std::size_t>(axes[k])] = 1;
        std::copy(links[k].begin(), links[k].end(), link.begin());
        link[3] = 1;
        const xg::Var turn = SE3::exp(angles[static_cast<std::int64_t>(k)] * tape.constant(screw));
        const xg::Var step = SE3::multiply(turn, tape.constant(link));
        result.push_back(k == 0 ? step : SE3::multiply(result.back(), step));
    }
    return result;
}

struct Arm {
    xg::Tape tape;
    xg::Var angles = tape.parameter({0.1, -0.8, 1.2, 0.1, -0.3, 0.1}, "angles");
    xg::Var target = tape.constant({0.7, 0.0, 0.4, 1.0, 0.0, 0.0, 0.0});
    std::vector<xg::Var> all = poses(angles);
    xg::optim::LeastSquares problem{SE3::log(SE3::multiply(SE3::inverse(target), all.back())),
                                    {{angles, xg::optim::Bounds{.lower = {-limit}, .upper = {limit}}}}};
    xg::Program places = tape.compile({.outputs = all, .updates = {}}, {});

    /// The tool upright there; from where the joints are.
    xg::optim::SearchReport go(double x, double y, double z) {
        tape.assign(target, {x, y, z, 1.0, 0.0, 0.0, 0.0});
        return xg::optim::LevenbergMarquardt{.max_iterations = 100, .tolerance_cost = 1e-8}.solve(problem);
    }

    /// The joints from the base on, as x, y, z.
    std::vector<std::array<double, 3>> points() {
        const xg::Results results = places();
        std::vector<std::array<double, 3>> result{{0, 0, 0}};
        for (std::size_t k = 0; k < joints; ++k) {
            const auto pose = results.array<double>(k);
            result.push_back({pose(0), pose(1), pose(2)});
        }
        return result;
    }
};

/// One view of the arm: two of the coordinates.
void draw_view(examples::Plot& plot, const std::vector<std::vector<std::array<double, 3>>>& arms, std::size_t across) {
    for (std::size_t i = 0; i < arms.size(); ++i) {
        std::vector<examples::Point> line;
        for (const auto& p : arms[i])
            line.push_back({p[across], p[2]});
        plot.graph(line, {.colour = i == 0 ? "#d55e00" : "#0072b2", .width = i == 0 ? 3.0 : 1.0}, 0.5);
        plot.mark(line.back(), {.colour = "#009e73"}, 3);
    }
    plot.close();
}

} // namespace

int main(int argc, char** argv) {
    return mathematics::run(argc, argv, "inverse_kinematics", [](const std::string& file) {
        Arm arm;
        constexpr int targets = 24;
        double worst = 0;
        std::size_t iterations = 0;
        std::vector<std::vector<std::array<double, 3>>> arms;
        for (int i = 0; i < targets; ++i) {
            const double a = 2 * std::numbers::pi * i / targets, y = 0.25 * std::cos(a), z = 0.45 + 0.25 * std::sin(a);
            const xg::optim::SearchReport report = arm.go(0.7, y, z);
            iterations += report.iterations;
            arms.push_back(arm.points());
            const auto& tool = arms.back().back();
            worst = std::max(worst, std::hypot(tool[0] - 0.7, tool[1] - y, tool[2] - z));
        }
        fmt::print("targets {}: {:.1f} iterations each, the tool is at most {:.0e} m away\n", targets,
                   static_cast<double>(iterations) / targets, worst);

        const xg::optim::SearchReport far = arm.go(1.5, 0.0, 0.3); // the arm is 1.2 m long
        const auto tool = arm.points().back();
        fmt::print("out of reach: the tool is {:.2f} m away, {}\n", std::hypot(tool[0] - 1.5, tool[1], tool[2] - 0.3),
                   far.reason);

        examples::Svg svg(880, 440);
        examples::Plot side(svg, {72, 40, 340, 340}, {"x", -0.3, 0.9}, {"z", -0.2, 1}, "from the side");
        draw_view(side, arms, 0);
        examples::Plot front(svg, {500, 40, 340, 340}, {"y", -0.6, 0.6}, {"z", -0.2, 1}, "from the front");
        draw_view(front, arms, 1);
        svg.save(file);
    });
}
