// Results do not depend on the number of threads, and tapes on different threads do not disturb each other.

#include <thread>

#include "../support.hpp"

using namespace test;
using xg::Step;
using xg::Var;

namespace {

/// A few steps of training, large enough for the pool to be used: the loss of each and the parameters at the end.
std::vector<xt::xarray<float>> train(std::size_t batch, std::size_t features, std::size_t classes, std::uint64_t seed) {
    Random random(seed);
    const auto x = random_array<float>({batch, features}, random);
    const auto labels = random_array<std::int64_t>({batch}, random, 0, static_cast<double>(classes - 1));
    xg::Tape tape;
    const xg::models::Linear layer(tape, features, classes, {.seed = seed});
    auto step = tape.function([&](Var images, Var label) {
        const Var loss = xg::models::softmax_loss(tanh(layer(images)), label) + 1e-3 * xg::models::l2(layer.weights());
        Step s{.outputs = {loss}, .updates = {}};
        for (const Var& p : tape.parameters()) s.updates.push_back({p, p - 0.5 * gradient(loss, p)});
        return s;
    });
    std::vector<xt::xarray<float>> result;
    for (int i = 0; i < 3; ++i) result.push_back(step(x, labels).array<float>());
    for (const Var& p : tape.parameters()) result.push_back(p.value<float>());
    return result;
}

void check_equal(const std::vector<xt::xarray<float>>& a, const std::vector<xt::xarray<float>>& b, const std::string& context) {
    for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(same(a[i], b[i]), context);
}

} // namespace

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(give_the_same_bits_however_many_they_are) {
    for (const auto& [batch, features, classes] : std::vector<std::array<std::size_t, 3>>{{3000, 100, 10}, {500, 300, 60}, {20000, 7, 3}, {64, 3000, 10}, {128, 1000, 130}, {700, 400, 90}}) {
        xg::set_num_threads(1);
        const auto one = train(batch, features, classes, 1);
        for (const std::size_t threads : {2, 3, 4, 1}) {
            xg::set_num_threads(threads);
            check_equal(one, train(batch, features, classes, 1), fmt::format("{} threads, batch {}", threads, batch));
        }
    }
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(may_change_between_the_calls_of_a_program) {
    Random random(1);
    const auto x = random_array<float>({300000}, random);
    xg::Tape tape;
    auto f = tape.function([](Var v) { return std::vector<Var>{sum(exp(v) * v), max(v), tanh(v)}; });
    xg::set_num_threads(2);
    const auto first = f(x);
    for (const std::size_t threads : {4, 1, 3, 2}) {
        xg::set_num_threads(threads);
        const auto again = f(x);
        for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(same(first.array<float>(i), again.array<float>(i)));
    }
    BOOST_TEST(xg::num_threads() == 2u);
}

BOOST_AUTO_TEST_CASE(run_different_tapes_at_once) {
    xg::set_num_threads(2);
    const auto a = train(2000, 60, 10, 1), b = train(700, 200, 5, 2);
    std::vector<xt::xarray<float>> results[4];
    for (int round = 0; round < 3; ++round) {
        std::vector<std::thread> running;
        for (std::size_t i = 0; i < 4; ++i)
            running.emplace_back([&, i] { results[i] = i % 2 == 0 ? train(2000, 60, 10, 1) : train(700, 200, 5, 2); });
        for (std::thread& thread : running) thread.join();
        for (std::size_t i = 0; i < 4; ++i) check_equal(i % 2 == 0 ? a : b, results[i], fmt::format("thread {}", i));
    }
}

BOOST_AUTO_TEST_CASE(may_pass_a_tape_on) {
    xg::Tape tape;
    const Var x = tape.parameter(filled<double>({3}, 2.0));
    Var y;
    std::thread([&] { y = sum(x * x); }).join();
    BOOST_TEST(y.scalar<double>() == 12);
}

BOOST_AUTO_TEST_SUITE_END()
