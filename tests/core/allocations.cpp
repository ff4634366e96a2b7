// A second call of a program allocates nothing.

#include "../support.hpp"
#include "../count_allocations.hpp"

#include <xgrad/core/compiler/verify.hpp>

using namespace test;
using xg::Step;
using xg::Var;

namespace {

template <class F>
std::size_t allocations_of(F f) {
    start_counting();
    f();
    return stop_counting();
}

/// A training step of a classifier on `batch` images.
struct Classifier {
    explicit Classifier(std::size_t batch) {
        Random random(3);
        x = random_array<float>({batch, 50}, random);
        labels = random_array<std::int64_t>({batch}, random, 0, 9);
    }
    xg::Tape tape;
    xg::models::Linear classify{tape, 50, 10};
    xt::xarray<float> x;
    xt::xarray<std::int64_t> labels;
    xg::Function train = tape.function([this](Var images, Var labels) {
        const Var loss = xg::models::softmax_loss(classify(images), labels) + 1e-3 * xg::models::l2(classify.weights());
        Step step{.outputs = {loss}, .updates = {}};
        for (const Var& p : tape.parameters()) step.updates.push_back({p, p - 0.1 * gradient(loss, p)});
        return step;
    });
};

} // namespace

BOOST_AUTO_TEST_SUITE(allocating)

void* volatile seen; // so that no compiler leaves out what nobody looks at

BOOST_AUTO_TEST_CASE(is_counted) {
    BOOST_TEST(allocations_of([] { seen = new int(3); delete static_cast<int*>(seen); }) == 1u);
    BOOST_TEST(allocations_of([] { std::vector<double> v(100); seen = v.data(); }) == 1u);
    BOOST_TEST(allocations_of([] {}) == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_in_a_second_call) {
    for (const std::size_t threads : {1, 2})
        for (const std::size_t batch : {16, 5000}) {
            xg::set_num_threads(threads);
            Classifier c(batch);
            float loss = c.train(c.x, c.labels).scalar<float>();
            const std::size_t count = allocations_of([&] {
                for (int i = 0; i < 10; ++i) loss = c.train(c.x, c.labels).scalar<float>();
            });
            BOOST_TEST(count == 0u, fmt::format("{} in 10 calls, {} threads, batch {}", count, threads, batch));
            BOOST_TEST(std::isfinite(loss));
        }
    xg::set_num_threads(2);
}

/// A graph, another one each time, on a tape that has compiled one like it: lists grow, but no node has memory of its own.
BOOST_AUTO_TEST_CASE(nothing_for_each_node_of_a_graph_that_is_compiled) {
    if (xg::verifying()) return; // which keeps lists of its own
    const auto compiling = [](int n) {
        xg::Tape tape;
        const Var w = tape.parameter(filled<double>({3}, 0.5)), s = tape.parameter(0.25);
        const auto mark = tape.mark();
        std::size_t count = 0;
        for (int graph = 0; graph < 3; ++graph) {
            tape.rewind(mark);
            Var y = w;
            for (int i = 0; i < n; ++i) y = tanh((i + graph) % 3 == 0 ? w + y * s : y * s + w) - mean(y);
            const Step step{.outputs = {y, gradient(sum(y), w)}, .updates = {}};
            count = allocations_of([&] { (void)tape.compile(step, {}); });
        }
        return count;
    };
    const std::size_t few = compiling(100), many = compiling(800);
    BOOST_TEST(many < few + 60, fmt::format("{} for 100 times the nodes, {} for 800", few, many));
}

BOOST_AUTO_TEST_CASE(nothing_for_products_views_and_opaque_ops) {
    xg::Tape tape;
    const Var a = tape.parameter(filled<float>({3, 40, 50}, 0.5f)), b = tape.parameter(filled<float>({50, 60}, 0.25f));
    const Var y = matmul(a, b), z = xg::concatenate({sum(transpose(y, {2, 0, 1}), 1), sum(slice(y, 2, 0, 40), 0)}, 0);
    auto program = tape.compile({.outputs = {sum(z)}, .updates = {{a, a * 0.5}}}, {});
    program();
    BOOST_TEST(allocations_of([&] { program(); }) == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_while_the_results_of_the_call_before_are_held) {
    Classifier c(16);
    auto results = c.train(c.x, c.labels);
    results = c.train(c.x, c.labels);
    BOOST_TEST(allocations_of([&] { results = c.train(c.x, c.labels); }) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
