// Two weights that give the same score, and what L2, L1 and the elastic net make of them. Draws, for two weights, those
// of penalty 1.

#include <cstdio>

#include "lecture.hpp"
#include "plot.hpp"

using namespace lecture;

namespace {

struct Penalty {
    const char* name;
    const char* formula;
    xg::Var (*of)(xg::Var w);
};

const Penalty penalties[] = {
    {"L2", "sum of w^2", [](xg::Var w) { return models::l2(w); }},
    {"L1", "sum of |w|", [](xg::Var w) { return models::l1(w); }},
    {"elastic net", "sum of w^2 + |w|", [](xg::Var w) { return models::elastic_net(w); }},
};

void print_weights(xg::Var x, xg::Var w) {
    const auto number = w.value<double>();
    fmt::print("{} = ({})\n  score {} x = {:.2f}\n", w.tape().name(w), fmt::join(number, ", "), w.tape().name(w),
               dot(x, w).scalar<double>());
    for (const Penalty& penalty : penalties) {
        const xg::Var r = penalty.of(w);
        fmt::print("  {:<12}{:<18}{:>6.4f}, gradient ({:.2f})\n", penalty.name, penalty.formula, r.scalar<double>(),
                   fmt::join(gradient(r, w).value<double>(), ", "));
    }
}

void draw(const std::string& file) {
    examples::Svg svg(480, 520);
    std::vector<examples::LegendEntry> legend;
    examples::Plot plot(svg, {72, 80, 380, 380}, {"first weight", -1.2, 1.2}, {"second weight", -1.2, 1.2},
                        "weights of penalty 1");
    for (const Penalty& penalty : penalties) {
        const examples::Style style = examples::style(legend.size());
        legend.push_back({penalty.name, style});
        xg::Tape tape;
        xg::Function r = tape.function([&](xg::Var a, xg::Var b) { return penalty.of(stack(a, b)); });
        const examples::Grid grid = sample(r, {-1.2, -1.2}, {1.2, 1.2}, 97);
        for (const auto& line : contour_lines(grid, 1))
            plot.path(line, style);
    }
    plot.close();
    draw_legend(svg, {72, 20}, 400, 3, legend);
    svg.save(file);
    fmt::print("picture: {}\n", file);
}

} // namespace

int main(int argc, char** argv) {
    return examples::run_program("regularization", [&] {
        const std::string file = picture(argc, argv, "regularization.svg");
        xg::Tape tape;
        const xg::Var x = tape.constant({1.0, 1.0, 1.0, 1.0});
        print_weights(x, tape.parameter({1.0, 0.0, 0.0, 0.0}, "w1"));
        print_weights(x, tape.parameter({0.25, 0.25, 0.25, 0.25}, "w2"));
        fmt::print(
            "L2 prefers w2, which spreads its weight. To L1 both are the same; its gradient makes small weights 0.\n");
        draw(file);
        return 0;
    });
}
