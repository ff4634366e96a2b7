// Steps of the benchmark's MLP (3072-128-10, ReLU, Adam) by several processes: cluster fast|SHARDS BATCH SECONDS. Rank
// 0 prints the median of the seconds of a step.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <xgrad/mpi/world.hpp>
#include <xgrad/xgrad.hpp>

namespace xg = xgrad;
using xg::Var;

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const bool exact = std::string_view(argv[1]) != "fast";
    const auto batch = static_cast<std::size_t>(std::atoi(argv[2]));
    const double seconds = std::atof(argv[3]);
    const xg::Group world = xg::mpi::world({.shards = exact ? static_cast<std::size_t>(std::atoi(argv[1])) : 64});
    xg::Tape tape;
    xg::models::Linear first(tape, 3072, 128, {.seed = 1, .name = "first"});
    xg::models::Linear second(tape, 128, 10, {.seed = 2, .name = "second"});
    auto train = tape.function(
        xg::sharded(world,
                    [&](Var x, Var y) {
                        const Var loss = all_mean(xg::models::softmax_loss(second(relu(first(x))), y), world);
                        const auto rule = xg::optim::chain(xg::optim::AllMeanGradients{world},
                                                           xg::optim::Adam{.learning_rate = 1e-6});
                        return xg::Step{.outputs = {loss}, .updates = rule.minimize(loss)};
                    },
                    {.exact = exact}));
    const xg::GroupPart rows = world.rows(batch);
    auto x = xt::xarray<float>::from_shape({rows.count, std::size_t{3072}});
    auto y = xt::xarray<std::int64_t>::from_shape({rows.count});
    for (std::size_t i = 0; i < x.size(); ++i)
        x.data()[i] = static_cast<float>((i * 7919 + rows.first) % 1000) / 1000 - 0.5f;
    for (std::size_t i = 0; i < y.size(); ++i)
        y(i) = static_cast<std::int64_t>(i % 10);
    using Clock = std::chrono::steady_clock;
    std::vector<double> times;
    char more = 1;
    train(x, y);
    for (const auto begin = Clock::now(); more;) {
        const auto before = Clock::now();
        for (int i = 0; i < 10; ++i)
            train(x, y);
        times.push_back(std::chrono::duration<double>(Clock::now() - before).count() / 10);
        more = std::chrono::duration<double>(Clock::now() - begin).count() < seconds;
        world.broadcast(&more, 1);
    }
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
    if (world.rank() == 0) fmt::print("{:.6f}\n", times[times.size() / 2]);
}
