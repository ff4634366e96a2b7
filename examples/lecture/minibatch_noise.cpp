// Descent by batches of 1, of 32, and of all digits: how far the gradient of a batch is from that of all, and the
// losses on the way. Draws the losses.

#include <cmath>
#include <cstdio>

#include "lecture.hpp"
#include "plot.hpp"

using namespace lecture;

namespace {

constexpr std::size_t steps = 400;
constexpr double rate = 0.02;

struct Descent {
    std::size_t batch_size;
    double noise;                        // |gradient of a batch - gradient of all|, root of the mean square, at W = 0
    std::vector<examples::Point> losses; // of the batch of each step
    double reached;                      // the loss of all, at the end
};

Descent descend(const Digits& digits, std::size_t batch_size) {
    xg::Tape tape;
    const models::Linear classify(tape, Digits::pixels, Digits::classes, {.weights = models::zeros()});
    const auto loss = [&](xg::Var x, xg::Var y) { return models::softmax_loss(classify(x), y); };
    xg::Function measure = tape.function(loss);
    xg::Function slope = tape.function([&](xg::Var x, xg::Var y) { return gradient(loss(x, y), classify.weights()); });
    xg::Function distance = tape.function([](xg::Var a, xg::Var b) { return sum(square(a - b)); });
    xg::Function train = tape.function([&](xg::Var x, xg::Var y) {
        const xg::Var batch_loss = loss(x, y);
        return xg::Step{.outputs = {batch_loss}, .updates = xg::optim::GD{rate}.minimize(batch_loss)};
    });

    Descent descent{batch_size, 0, {}, 0};
    const xg::data::Batches batches({digits.images, digits.labels}, {.batch_size = batch_size});
    const auto whole = slope(digits.images, digits.labels).array<float>();
    for (const xg::data::Batch& batch : batches.epoch(0)) {
        const auto its = slope(batch.features(), batch.targets()).array<float>();
        descent.noise += distance(its, whole).scalar<double>();
    }
    descent.noise = std::sqrt(descent.noise / static_cast<double>(batches.count()));

    for (std::size_t epoch = 1; descent.losses.size() < steps; ++epoch)
        for (const xg::data::Batch& batch : batches.epoch(epoch)) {
            if (descent.losses.size() == steps) break;
            const double batch_loss = train(batch.features(), batch.targets()).scalar<double>();
            descent.losses.push_back({static_cast<double>(descent.losses.size()), batch_loss});
        }
    descent.reached = measure(digits.images, digits.labels).scalar<double>();
    return descent;
}

void draw(const std::vector<Descent>& descents, const std::string& file) {
    examples::Svg svg(700, 470);
    std::vector<examples::LegendEntry> legend;
    examples::Plot plot(svg, {72, 72, 600, 340}, {"steps", 0, steps}, {"loss of the batch", 0, 5},
                        "losses on the way down, the same rate for all");
    for (const Descent& descent : descents) {
        examples::Style style = examples::style(legend.size());
        style.width = descent.batch_size == 1 ? 0.7 : 1.5;
        legend.push_back({fmt::format("batches of {}", descent.batch_size), style});
        plot.graph(descent.losses, style, static_cast<double>(legend.size()) / 4);
    }
    plot.close();
    draw_legend(svg, {72, 16}, 600, 3, legend);
    svg.save(file);
    fmt::print("picture: {}\n", file);
}

} // namespace

int main(int argc, char** argv) {
    return examples::run_program("minibatch_noise", [&] {
        const std::string file = picture(argc, argv, "minibatch_noise.svg");
        const Digits digits(1024);
        std::vector<Descent> descents;
        fmt::print("{:<12}{:>20}{:>20}{:>16}{:>22}\n", "batches of", "noise of gradient", "times sqrt(batch)",
                   "examples seen", fmt::format("loss after {} steps", steps));
        for (const std::size_t size : {std::size_t{1}, std::size_t{32}, digits.labels.size()}) {
            const Descent& d = descents.emplace_back(descend(digits, size));
            fmt::print("{:<12}{:>20.3f}{:>20.3f}{:>16}{:>22.3f}\n", size, d.noise,
                       d.noise * std::sqrt(static_cast<double>(size)), steps * size, d.reached);
        }
        draw(descents, file);
        return 0;
    });
}
