#pragma once
// What the programs of this folder share.

#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <xgrad/xgrad.hpp>

#include "command_line.hpp"
#include "plot.hpp"

namespace mathematics {

namespace xg = xgrad;

/// A main function whose only argument is the SVG file to draw; without one it is the program's name in the present
/// folder.
inline int run(int argc, char** argv, const std::string& name,
               const std::function<void(const std::string& file)>& body) {
    return examples::run_program(name.c_str(), [&] {
        if (argc > 2 || (argc == 2 && (argv[1][0] == '-' || argv[1][0] == 0)))
            throw examples::OptionError(
                fmt::format("takes one argument, the SVG file to draw; without it, {}.svg", name));
        const std::string file = argc == 2 ? argv[1] : name + ".svg";
        body(file);
        fmt::print("picture: {}\n", file);
        return 0;
    });
}

/// Points of a curve, y[i] at low + i (high - low) / (n - 1).
template <class Values>
std::vector<examples::Point> curve(double low, double high, const Values& y) {
    std::vector<examples::Point> points;
    for (std::size_t i = 0; i < y.size(); ++i)
        points.push_back({low + (high - low) * static_cast<double>(i) / static_cast<double>(y.size() - 1), y(i)});
    return points;
}

} // namespace mathematics
