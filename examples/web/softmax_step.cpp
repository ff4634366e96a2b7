// How long the step of a softmax classifier of 784 x 10 takes at batch 100: natively, or in Node.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <xgrad/xgrad.hpp>

namespace xg = xgrad;

int main() {
    constexpr std::size_t batch = 100, features = 784, classes = 10, steps = 200, rounds = 15;
    auto images = xt::xarray<float>::from_shape({batch, features});
    for (std::size_t i = 0; i < images.size(); ++i)
        images.data()[i] = static_cast<float>(xg::models::Draw(1, i).uniform(0, 1));
    std::vector<std::int64_t> labels(batch);
    for (std::size_t i = 0; i < batch; ++i)
        labels[i] = static_cast<std::int64_t>(i * 7 % classes);

    xg::Tape tape;
    const xg::models::Linear classify(tape, features, classes, {.weights = xg::models::zeros()});
    xg::Function learn = tape.function([&](xg::Var x, xg::Var y) {
        const xg::Var loss = xg::models::softmax_loss(classify(x), y);
        return xg::Step{.outputs = {loss}, .updates = xg::optim::GD{.learning_rate = 0.01}.minimize(loss)};
    });
    double loss = learn(images, labels).scalar<float>();
    std::printf("loss %.9g at the start", loss);
    std::vector<double> times;
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < steps; ++i)
            loss = learn(images, labels).scalar<float>();
        times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / steps);
    }
    std::sort(times.begin(), times.end());
    std::printf(", %.9g after %zu steps\n%.1f us a step at best, %.1f us in the median of %zu rounds of %zu steps\n",
                loss, 1 + rounds * steps, 1e6 * times[0], 1e6 * times[rounds / 2], rounds, steps);
}
