// Collective ops over ranks that are threads: values, derivatives against differences over what all ranks have, errors.

#include <atomic>
#include <cstring>
#include <mutex>
#include <numeric>

#include "../support.hpp"

using namespace test;
using xg::Group;
using xg::Var;
using Numbers = xt::xarray<double>;

namespace {

Numbers numbers_of(std::size_t rank, const Extents& shape, double seed = 0) {
    auto x = Numbers::from_shape(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = std::sin(1.7 * static_cast<double>(rank + 1) * static_cast<double>(i + 1) + seed);
    return x;
}

/// What f gives on each rank.
template <class F>
std::vector<Numbers> on_ranks(std::size_t ranks, F f, xg::GroupOptions options = {}) {
    std::vector<Numbers> all(ranks);
    xg::run(xg::local_group(ranks, options), [&](Group world) {
        xg::Tape tape;
        all[world.rank()] = f(tape, world).template value<double>();
    });
    return all;
}

/// Boost's tests are of one thread: what one of several finds out, xg::run throws.
void require(bool right, int line = __builtin_LINE()) {
    if (!right) throw std::logic_error(fmt::format("line {}", line));
}

struct Combined {
    std::string name;
    std::function<Var(Var, const Group&)> op;
};

const std::vector<Combined>& differentiable() {
    static const std::vector<Combined> all = {
        {"all_sum", [](Var x, const Group& g) { return all_sum(x, g); }},
        {"all_mean", [](Var x, const Group& g) { return all_mean(x, g); }},
        {"all_max", [](Var x, const Group& g) { return all_max(x, g); }},
        {"all_gather", [](Var x, const Group& g) { return all_gather(x, g); }},
        {"reduce_scatter", [](Var x, const Group& g) { return reduce_scatter(reshape(x, {static_cast<std::int64_t>(g.size()), -1}), g); }},
        {"broadcast_from", [](Var x, const Group& g) { return broadcast_from(x, g, 1); }},
        {"in_a_scan",
         [](Var x, const Group& g) {
             const auto step = [&](const std::vector<Var>& c, const std::vector<Var>& s) {
                 const Var next = all_mean(c[0] * s[0], g) + s[0];
                 return std::pair{std::vector{next}, std::vector{next}};
             };
             return xg::scan(step, {x[0] * 1.0}, {x}).ys[0];
         }},
        {"under_vmap", [](Var x, const Group& g) { return xg::vmap([&](Var row) { return all_gather(row, g) * all_mean(sum(row), g); }, x); }},
        {"scattered_under_vmap",
         [](Var x, const Group& g) {
             return xg::vmap([&](Var row) { return reduce_scatter(reshape(row, {static_cast<std::int64_t>(g.size()), 1}), g); }, x);
         }},
    };
    return all;
}

/// Sums over all ranks of what follows from x + epsilon t: the loss, the derivative of the loss along v; and the slopes
/// of both along t by reverse mode, and that of the loss by forward mode.
std::array<double, 5> sums_over_ranks(const Combined& combined, std::size_t ranks, double epsilon) {
    std::array<double, 5> total{};
    std::mutex mutex;
    xg::run(xg::local_group(ranks), [&](Group world) {
        const std::size_t rank = world.rank();
        const Extents shape{3, 3};
        xg::Tape tape;
        const Numbers t = numbers_of(rank, shape, 2);
        const Var x = tape.parameter(numbers_of(rank, shape) + epsilon * t), v = tape.constant(numbers_of(rank, shape, 1));
        const Var y = combined.op(x * x, world);
        const Var c = tape.constant(numbers_of(rank, extents(y.shape()), 3));
        const Var loss = sum(c * y * y * y);
        const Var slope = sum(gradient(loss, x) * v), direction = tape.constant(t);
        const std::array<Var, 5> values{loss, slope, sum(gradient(loss, x) * direction), sum(gradient(slope, x) * direction),
                                        xg::jvp({loss}, {x}, {direction})[0]};
        const xg::Results results = tape.compile({.outputs = {values.begin(), values.end()}, .updates = {}}, {})();
        const std::lock_guard lock(mutex);
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += results.scalar<double>(i);
    });
    return total;
}

} // namespace

BOOST_AUTO_TEST_SUITE(collective)

BOOST_AUTO_TEST_CASE(values) {
    for (const std::size_t ranks : {1u, 2u, 3u, 5u})
        for (const Extents& shape : {Extents{}, Extents{4}, Extents{3, 1500}}) { // the last is more than goes along with a message
            Numbers sum = numbers_of(0, shape), max = sum;
            for (std::size_t r = 1; r < ranks; ++r) {
                const Numbers its = numbers_of(r, shape);
                sum = sum + its;
                max = xt::maximum(max, its);
            }
            const auto x = [&](xg::Tape& tape, const Group& world) { return tape.parameter(numbers_of(world.rank(), shape)); };
            const auto each = [&](auto f) { return on_ranks(ranks, [&](xg::Tape& tape, const Group& world) { return f(x(tape, world), world); }); };
            for (const Numbers& y : each([](Var v, const Group& g) { return all_sum(v, g); })) BOOST_TEST(same(y, sum, 1e-14, 1e-15));
            for (const Numbers& y : each([](Var v, const Group& g) { return all_mean(v, g); })) BOOST_TEST(same(y, Numbers(sum / static_cast<double>(ranks)), 1e-14, 1e-15));
            for (const Numbers& y : each([](Var v, const Group& g) { return all_max(v, g); })) BOOST_TEST(same(y, max));
            const std::size_t root = ranks - 1;
            for (const Numbers& y : each([&](Var v, const Group& g) { return broadcast_from(v, g, root); })) BOOST_TEST(same(y, numbers_of(root, shape)));
            for (const Numbers& y : each([](Var v, const Group& g) { return all_gather(v, g); }))
                for (std::size_t r = 0; r < ranks; ++r)
                    BOOST_TEST(std::equal(y.begin() + static_cast<std::ptrdiff_t>(r * sum.size()), y.begin() + static_cast<std::ptrdiff_t>((r + 1) * sum.size()), numbers_of(r, shape).begin()));
            const std::vector<Numbers> parts = each([](Var v, const Group& g) { return reduce_scatter(all_gather(v, g) * v.tape().parameter(1.0 + static_cast<double>(g.rank())), g); });
            const double times = 0.5 * static_cast<double>(ranks * (ranks + 1));
            for (std::size_t r = 0; r < ranks; ++r) BOOST_TEST(same(parts[r], Numbers(times * numbers_of(r, shape)), 1e-14, 1e-15));
        }
}

BOOST_AUTO_TEST_CASE(integers_and_special_values) {
    xg::run(xg::local_group(3), [&](Group world) {
        xg::Tape tape;
        const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
        const auto rank = static_cast<std::int64_t>(world.rank());
        const Var counts = tape.constant(xt::xarray<std::int64_t>{rank, 10 * rank});
        const auto total = all_sum(counts, world).value<std::int64_t>(), most = all_max(counts, world).value<std::int64_t>();
        require(total(0) == 3 && total(1) == 30 && most(0) == 2 && most(1) == 20);
        const Var mask = tape.constant(xt::xarray<std::uint8_t>{rank == 1, false});
        require(all_max(mask, world).value<int>()(0) == 1 && all_max(mask, world).value<int>()(1) == 0);
        const Var x = tape.constant(Numbers{rank == 0 ? nan : 1.0, rank == 2 ? nan : 1.0, rank == 1 ? -inf : inf});
        const Numbers max = all_max(x, world).value<double>(), sum = all_sum(x, world).value<double>();
        require(std::isnan(max(0)) && std::isnan(max(1)) && max(2) == inf);
        require(std::isnan(sum(0)) && std::isnan(sum(1)) && std::isnan(sum(2)));
        const Var none = tape.constant(Numbers::from_shape({0, 3}));
        require(all_sum(none, world).value<double>().size() == 0 && all_gather(none, world).shape() == xg::Shape(3, 0, 3));
        require(all_gather(none, world).value<double>().size() == 0);
    });
}

// Who has the greatest shares its adjoint with those that have as much.
BOOST_AUTO_TEST_CASE(ties_of_the_maximum) {
    const auto slopes = on_ranks(4, [](xg::Tape& tape, const Group& world) {
        const Var x = tape.parameter(Numbers{world.rank() < 2 ? 3.0 : 1.0, static_cast<double>(world.rank())});
        return gradient(sum(all_max(x, world)), x);
    });
    BOOST_TEST(same(slopes[0], Numbers{2, 0}));
    BOOST_TEST(same(slopes[1], Numbers{2, 0}));
    BOOST_TEST(same(slopes[2], Numbers{0, 0}));
    BOOST_TEST(same(slopes[3], Numbers{0, 4}));
}

BOOST_AUTO_TEST_SUITE(derivatives)
void check(const Combined& combined) {
    const double epsilon = 1e-5;
    const auto at = sums_over_ranks(combined, 3, 0), above = sums_over_ranks(combined, 3, epsilon), below = sums_over_ranks(combined, 3, -epsilon);
    for (const std::size_t k : {0u, 1u}) {
        const double difference = (above[k] - below[k]) / (2 * epsilon);
        BOOST_TEST_CONTEXT("order " << k + 1) BOOST_TEST(at[2 + k] == difference, boost::test_tools::tolerance(1e-7));
    }
    BOOST_TEST(at[4] == at[2], boost::test_tools::tolerance(1e-12));
}
const Cases cases(differentiable(), check);
BOOST_AUTO_TEST_SUITE_END()

// The convention: the mean's derivative is that of the rank's own loss, which is then averaged.
BOOST_AUTO_TEST_CASE(mean_of_losses) {
    const auto slopes = on_ranks(3, [](xg::Tape& tape, const Group& world) {
        const Var w = tape.parameter(2.0), x = tape.parameter(static_cast<double>(1 + world.rank()));
        const Var loss = all_mean(square(w) * x, world);
        return xg::stack({gradient(loss, w), all_mean(gradient(loss, w), world)});
    });
    for (std::size_t r = 0; r < 3; ++r) BOOST_TEST(same(slopes[r], Numbers{4.0 * static_cast<double>(r + 1), 8.0}));
}

BOOST_AUTO_TEST_CASE(gradients_averaged_in_a_chain) {
    const auto moved = on_ranks(3, [](xg::Tape& tape, const Group& world) {
        const Var w = tape.parameter(2.0);
        auto train = tape.function([&](Var x) {
            const Var loss = all_mean(x * square(w), world);
            return xg::Step{.outputs = {loss}, .updates = xg::optim::chain(xg::optim::AllMeanGradients{world}, xg::optim::SGD{.learning_rate = 0.25}).minimize(loss)};
        });
        const double loss = train(static_cast<double>(1 + world.rank())).scalar<double>();
        return xg::stack({tape.constant(loss), w * 1.0});
    });
    for (const Numbers& m : moved) BOOST_TEST(same(m, Numbers{8.0, 0.0}));
}

BOOST_AUTO_TEST_CASE(errors) {
    const Group world = xg::local_group(3);
    xg::Tape tape;
    const Var x = tape.constant(Numbers{1, 2}), mask = x > 1, integers = tape.constant(xt::xarray<std::int64_t>{1, 2});
    BOOST_TEST(error_of([&] { (void)all_mean(integers, world); }) == "all_mean: is not defined for int64 (2,); cast it to float32 or float64" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)all_sum(mask, world); }) == "all_sum: is not defined for uint8 (2,), which would overflow; cast it to int64" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)reduce_scatter(x, world); }) == "reduce_scatter: x is (2,); its first axis must have 3, a part for each of the ranks" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)broadcast_from(x, world, 3); }) == "broadcast_from: participant 3 does not exist; they go from 0 to 2" + at(__LINE__));
    BOOST_TEST(error_of([&] { (void)all_sum(2.0, world); }) == "all_sum: was given a number; it must be a Var" + at(__LINE__));
}

/// What each rank throws.
template <class F>
std::vector<std::string> errors_on_ranks(std::size_t ranks, xg::GroupOptions options, F f) {
    std::vector<std::string> all(ranks);
    try {
        xg::run(xg::local_group(ranks, options), [&](Group world) {
            try {
                xg::Tape tape;
                f(tape, world);
            } catch (const std::exception& error) {
                all[world.rank()] = error.what();
                throw;
            }
        });
    } catch (const std::exception&) {}
    return all;
}

BOOST_AUTO_TEST_CASE(a_rank_that_does_not_come) {
    int line = 0;
    const auto errors = errors_on_ranks(3, {.deadline = 0.2}, [&](xg::Tape& tape, const Group& world) {
        const Var x = tape.parameter(1.0);
        if (world.rank() == 2) return;
        line = __LINE__ + 1;
        (void)all_sum(x, world).scalar<double>();
    });
    const std::string text = fmt::format("rank 2 did not arrive at all_sum, collective.cpp:{}, after 0.2 s", line);
    BOOST_TEST(errors[0] == text);
    BOOST_TEST(errors[1] == text);
}

BOOST_AUTO_TEST_CASE(ranks_that_recorded_something_else) {
    const auto at_another_op = errors_on_ranks(3, {}, [](xg::Tape& tape, const Group& world) {
        const Var x = tape.parameter(1.0);
        (void)(world.rank() == 1 ? all_max(x, world) : all_sum(x, world)).scalar<double>();
    });
    const int line = __LINE__ - 2;
    for (const std::string& error : at_another_op)
        BOOST_TEST(error == fmt::format("rank 1 is at all_max, collective.cpp:{}, and rank 0 at all_sum, collective.cpp:{}; all ranks must "
                                        "record and call the same programs in the same order", line, line));
    const auto of_something_else = errors_on_ranks(3, {}, [](xg::Tape& tape, const Group& world) {
        const Var x = tape.parameter(1.0);
        (void)all_sum(world.rank() == 2 ? exp(x) : tanh(x), world).scalar<double>();
    });
    for (const std::string& error : of_something_else)
        BOOST_TEST(error == fmt::format("at all_sum, collective.cpp:{} rank 2 has recorded another program than rank 0: ops, dtypes or shapes "
                                        "differ; all ranks must record the same", line + 8));
    const auto of_another_shape = errors_on_ranks(2, {}, [](xg::Tape& tape, const Group& world) {
        (void)all_sum(tape.parameter(numbers_of(0, {1 + world.rank()})), world).value<double>();
    });
    for (const std::string& error : of_another_shape) BOOST_TEST(error.find("rank 1 has recorded another program than rank 0") != error.npos);
}

BOOST_AUTO_TEST_CASE(an_error_on_one_rank) {
    const auto errors = errors_on_ranks(3, {}, [](xg::Tape& tape, const Group& world) {
        if (world.rank() == 1) throw std::runtime_error("the file is not there");
        (void)all_sum(tape.parameter(1.0), world).scalar<double>();
    });
    BOOST_TEST(errors[1] == "the file is not there");
    BOOST_TEST(errors[0] == "rank 1: the file is not there");
    BOOST_TEST(errors[2] == "rank 1: the file is not there");
    BOOST_CHECK_THROW(xg::run(xg::local_group(2), [](Group world) { if (world.rank() == 1) throw std::logic_error("x"); world.barrier(); }), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(group)

BOOST_AUTO_TEST_CASE(shards_of_ranks) {
    for (const std::size_t ranks : {1u, 2u, 3u, 4u, 7u, 8u, 64u}) {
        const Group world = xg::local_group(ranks);
        std::size_t next = 0;
        for (std::size_t r = 0; r < ranks; ++r) {
            const xg::GroupPart part = world.shards_of(r);
            BOOST_TEST(part.first == next);
            BOOST_TEST((part.count == 64 / ranks || part.count == 64 / ranks + (64 % ranks != 0)));
            next = part.end();
        }
        BOOST_TEST(next == 64u);
    }
    BOOST_TEST(xg::local_group(3).shards_of(0).count == 22u);
    BOOST_TEST((xg::local_group(2).rows(256) == xg::GroupPart{0, 128}));
}

BOOST_AUTO_TEST_CASE(shards_for_a_batch) {
    const Group world = xg::local_group(2);
    BOOST_TEST(world.shards_for(128) == 64u);
    BOOST_TEST(world.shards_for(100) == 50u);
    BOOST_TEST(world.shards_for(97) == 1u);
    BOOST_TEST(world.shards_for(33) == 33u);
    BOOST_TEST(world.with_shards(50).shards() == 50u);
    BOOST_TEST((world.alone().size() == 1 && world.alone().shards() == 64));
}

BOOST_AUTO_TEST_CASE(bytes) {
    for (const std::size_t count : {3u, 5000u})
        xg::run(xg::local_group(3), [&](Group world) {
            std::vector<double> x(count, static_cast<double>(world.rank()));
            world.broadcast(x.data(), count * sizeof(double), 2);
            world.barrier();
            require(x == std::vector<double>(count, 2.0));
        });
}

BOOST_AUTO_TEST_CASE(errors) {
    BOOST_TEST(error_of([] { (void)xg::local_group(0); }) == "local_group: a group of no ranks was asked for; there must be at least one" + at(__LINE__));
    BOOST_TEST(error_of([] { (void)xg::local_group(8, {.shards = 4}); }) ==
               "local_group: a group of 8 ranks with 4 shards; there must be at least one shard for each rank" + at(__LINE__ - 1));
    BOOST_TEST(error_of([] { (void)xg::local_group(2, {.deadline = 0}); }) ==
               "local_group: a group with a deadline of no time; ranks must have some to wait for each other" + at(__LINE__ - 1));
    BOOST_TEST(error_of([] { (void)xg::local_group(2).rows(100); }) ==
               "rows: a batch of 100 rows cannot be cut into 64 equal shards; take a multiple of 64, or the same ranks with 50 shards: "
               "group.with_shards(group.shards_for(100))" + at(__LINE__ - 2));
    char byte = 0;
    BOOST_TEST(error_of([&] { xg::local_group(2).broadcast(&byte, 1, 2); }) == "broadcast: from rank 2, and the ranks go from 0 to 1" + at(__LINE__));
}

BOOST_AUTO_TEST_SUITE_END()
