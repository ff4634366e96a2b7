// What the tests start several processes of. The first argument says what to do:
//     train FILE [shards]   trains a network with dropout and batch norm for 200 steps, and writes all that its tape keeps
//     local N FILE          the same by N threads
//     fail HOW              rank 2 ends, waits or records something else

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <xgrad/mpi/world.hpp>
#include <xgrad/xgrad.hpp>

namespace {

namespace xg = xgrad;
using xg::Var;

/// Parameters, running averages, Adam's slots, the state of the random numbers.
std::string kept(xg::Tape& tape) {
    std::string all;
    const auto add = [&](const auto& array) {
        all.append(reinterpret_cast<const char*>(array.data()), array.size() * sizeof(array.data()[0]));
    };
    for (const auto& leaves : {tape.parameters(), tape.states()})
        for (const Var& leaf : leaves)
            leaf.dtype() == xg::DType::float32 ? add(leaf.value<float>()) : add(leaf.value<std::int64_t>());
    return all;
}

std::string train(const xg::Group& world) {
    constexpr std::size_t batch = 256, width = 40, hidden = 96, classes = 10;
    xg::Tape tape;
    xg::Random random(tape, 5);
    xg::models::Linear first(tape, width, hidden, {.seed = 1, .name = "first"}), second(tape, hidden, classes, {.seed = 2, .name = "second"});
    xg::models::BatchNorm norm(tape, hidden, {.group = world});
    auto step = tape.function(xg::sharded(world, [&](Var x, Var y) {
        const Var h = dropout(relu(norm(first(x))), 0.3, random);
        const Var loss = all_mean(xg::models::softmax_loss(second(h), y), world);
        const auto rule = xg::optim::chain(xg::optim::AllMeanGradients{world}, xg::optim::Adam{.learning_rate = 1e-3});
        return xg::Step{.outputs = {loss}, .updates = rule.minimize(loss)};
    }));
    const xg::GroupPart rows = world.rows(batch);
    auto x = xt::xarray<float>::from_shape({rows.count, width});
    auto y = xt::xarray<std::int64_t>::from_shape({rows.count});
    for (std::size_t k = 0; k < 200; ++k) {
        for (std::size_t i = 0; i < rows.count; ++i) {
            const std::size_t row = rows.first + i;
            y(i) = static_cast<std::int64_t>(row * row % classes);
            for (std::size_t c = 0; c < width; ++c)
                x(i, c) = static_cast<float>((row * (c + 3) * 7919 + k * 104729) % 1000) / 500 - 1;
        }
        step(x, y);
    }
    return kept(tape);
}

void write(const std::string& file, const xg::Group& world, const std::string& bytes) {
    std::ofstream(fmt::format("{}.{}", file, world.rank()), std::ios::binary) << bytes;
}

/// Steps of which rank 2 does not do the last.
void fail(const std::string& how) {
    const xg::Group world = xg::mpi::world({.deadline = 2});
    const bool odd = world.rank() == 2;
    xg::Tape tape;
    const Var w = tape.parameter({1.0, 2.0}, "w");
    auto step = tape.function(xg::sharded(world, [&](Var x, Var y) {
        const Var taken = take_along_axis(x, expand_dims(y, 1), 1);
        Var loss = all_mean(sum(square(taken * (odd && how == "program" ? square(w[0]) : w[0]))), world);
        if (odd && how == "op") loss = all_sum(sum(taken), world);
        return loss;
    }));
    const std::size_t rows = world.rows(128).count;
    const auto x = xt::xarray<double>(xt::ones<double>({rows, std::size_t{4}}));
    auto y = xt::xarray<std::int64_t>(xt::ones<std::int64_t>({rows}));
    for (int i = 0; i < 5; ++i) {
        if (odd && i == 3) {
            if (how == "throw") throw std::runtime_error("the file is not there");
            if (how == "late") std::this_thread::sleep_for(std::chrono::seconds(6));
            if (how == "exit") std::exit(0);
            if (how == "label") y(5) = 9;
        }
        step(x, y);
    }
}

} // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 2 ? argv[1] : "";
    if (what == "train") {
        const xg::Group world = xg::mpi::world();
        write(argv[2], world, train(world));
    } else if (what == "local" && argc > 3) {
        xg::run(xg::local_group(static_cast<std::size_t>(std::atoi(argv[2]))), [&](xg::Group world) { write(argv[3], world, train(world)); });
    } else if (what == "fail")
        fail(argv[2]);
    else
        return 2;
}
