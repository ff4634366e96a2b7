// Softmax loss against hinge loss: the cat of the slides, the three rows of scores that they compare, and what becomes
// of both as scores are jiggled. Draws both against the score of the right class.

#include <cstdio>

#include "lecture.hpp"
#include "plot.hpp"

using namespace lecture;

namespace {

using Row = xt::xarray<double>;

void print_cat() {
    xg::Tape tape;
    const xg::Var s = tape.constant(scores())[0];
    const Row score = s.value<double>(), e = exp(s).value<double>(), p = softmax(s).value<double>();
    fmt::print("{:<6}{:>8}{:>10}{:>13}\n", "class", "score", "exp", "probability");
    for (std::size_t j = 0; j < 3; ++j)
        fmt::print("{:<6}{:>8.1f}{:>10.2f}{:>13.2f}\n", classes[j], score(j), e(j), p(j));
    const xg::Var right = softmax(s)[0];
    fmt::print("-ln {0:.2f} = {1:.2f}; the slides print -log10 {0:.2f} = {2:.2f}\n\n", right.scalar<double>(),
               (-log(right)).scalar<double>(), (-log10(right)).scalar<double>());
}

struct Losses {
    double hinge, softmax;
};

/// Of one example, whose class is 0.
Losses losses(const Row& scores) {
    xg::Tape tape;
    const xg::Var s = expand_dims(tape.constant(scores), 0), label = tape.constant(xt::xarray<std::int64_t>{0});
    return {models::svm_loss(s, label).scalar<double>(), models::softmax_loss(s, label).scalar<double>()};
}

void print(const Row& s) {
    const Losses now = losses(s), jiggled = losses({s(0) - 0.5, s(1), s(2)});
    fmt::print("{:<18}{:>8.3f}{:>11.6f}{:>15.3f}{:>11.6f}\n", fmt::format("{}, {}, {}", s(0), s(1), s(2)), now.hinge,
               now.softmax, jiggled.hinge, jiggled.softmax);
}

void draw(const std::string& file) {
    std::vector<examples::Point> hinge, softmax;
    for (double s = 4; s <= 16; s += 0.1) {
        const Losses l = losses({s, 9, 9});
        hinge.push_back({s, l.hinge});
        softmax.push_back({s, l.softmax});
    }
    examples::Svg svg(620, 420);
    const examples::LegendEntry legend[] = {{"hinge: 0 from a margin on", examples::style(0)},
                                            {"softmax: never 0", examples::style(1)}};
    draw_legend(svg, {72, 16}, 520, 2, legend);
    examples::Plot plot(svg, {72, 70, 520, 290}, {"score s of the right class", 4, 16}, {"loss", 0, 12},
                        "losses of the scores s, 9, 9");
    plot.graph(hinge, examples::style(0), 0);
    plot.graph(softmax, examples::style(1), 0.5);
    plot.close();
    svg.save(file);
    fmt::print("picture: {}\n", file);
}

} // namespace

int main(int argc, char** argv) {
    return examples::run_program("softmax_and_hinge", [&] {
        const std::string file = picture(argc, argv, "softmax_and_hinge.svg");
        print_cat();
        fmt::print("{:<18}{:>8}{:>11}   with the right score 0.5 lower\n", "scores", "hinge", "softmax");
        for (const Row& s : {Row{10, -2, 3}, Row{10, 9, 9}, Row{10, -100, -100}})
            print(s);
        fmt::print("The hinge loss is content with all three. The softmax loss always wants more.\n");
        draw(file);
        return 0;
    });
}
