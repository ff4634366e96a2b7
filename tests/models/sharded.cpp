// Sharded steps: the same bits for any number of ranks, the numbers of a step by the whole batch, collectives between
// shards, errors.

#include <cstring>

#include "../support.hpp"

using namespace test;
using xg::Group;
using xg::Var;
using xg::optim::AllMeanGradients;
using Floats = std::vector<double>;

namespace {

void require(bool right, int line = __builtin_LINE()) {
    if (!right) throw std::logic_error(fmt::format("line {}", line)); // Boost's tests are of one thread
}

/// Rows of a batch, numbered within it.
template <class T>
xt::xarray<T> rows_of(xg::GroupPart rows, std::size_t width, std::size_t step) {
    auto x = xt::xarray<T>::from_shape({rows.count, width});
    for (std::size_t i = 0; i < rows.count; ++i)
        for (std::size_t k = 0; k < width; ++k)
            x(i, k) = static_cast<T>(std::sin(1.3 * static_cast<double>((rows.first + i) * (k + 2)) + 3.7 * static_cast<double>(step)));
    return x;
}

xt::xarray<std::int64_t> labels_of(xg::GroupPart rows) {
    auto y = xt::xarray<std::int64_t>::from_shape({rows.count});
    for (std::size_t i = 0; i < rows.count; ++i) y(i) = static_cast<std::int64_t>((rows.first + i) * (rows.first + i) % 5);
    return y;
}

/// All that a tape keeps, as bytes.
std::string bytes_of(xg::Tape& tape) {
    std::string all;
    const auto add = [&](const auto& array) { all.append(reinterpret_cast<const char*>(array.data()), array.size() * sizeof(array.data()[0])); };
    for (const auto& leaves : {tape.parameters(), tape.states()})
        for (const Var& leaf : leaves)
            switch (leaf.dtype()) {
            case xg::DType::float32: add(leaf.value<float>()); break;
            case xg::DType::float64: add(leaf.value<double>()); break;
            default: add(leaf.value<std::int64_t>());
            }
    return all;
}

/// A network with dropout and, if it is to, batch norm.
template <class T>
struct Net {
    xg::Tape tape;
    xg::Random random{tape, 5};
    xg::models::Linear first, second;
    xg::models::BatchNorm norm;

    explicit Net(std::optional<Group> group)
        : first(tape, 7, 64, {.seed = 1, .dtype = xg::dtype_of<T>(), .name = "first"}),
          second(tape, 64, 5, {.seed = 2, .dtype = xg::dtype_of<T>(), .name = "second"}), norm(tape, 64, {.dtype = xg::dtype_of<T>(), .group = group}) {}
    Var operator()(Var x) { return second(dropout(relu(norm(first(x))), 0.3, random)); }
};

struct Trained {
    std::string bytes;
    std::vector<double> losses;
};

template <class T>
Trained train_sharded(Group world, std::size_t batch, std::size_t steps, xg::ShardedOptions options = {}) {
    Net<T> net(world);
    auto step = net.tape.function(xg::sharded(
        world,
        [&](Var x, Var y) {
            const Var loss = all_mean(xg::models::softmax_loss(net(x), y), world);
            return xg::Step{.outputs = {loss}, .updates = xg::optim::chain(AllMeanGradients{world}, xg::optim::Adam{.learning_rate = 1e-2}).minimize(loss)};
        },
        options));
    Trained result;
    const xg::GroupPart rows = world.rows(batch);
    for (std::size_t k = 0; k < steps; ++k) result.losses.push_back(step(rows_of<T>(rows, 7, k), labels_of(rows)).template scalar<T>());
    result.bytes = bytes_of(net.tape);
    return result;
}

/// The same with one batch, by one process, as everybody writes it.
template <class T>
std::vector<double> train_plain(std::size_t batch, std::size_t steps) {
    Net<T> net({});
    auto step = net.tape.function([&](Var x, Var y) {
        const Var loss = xg::models::softmax_loss(net(x), y);
        return xg::Step{.outputs = {loss}, .updates = xg::optim::Adam{.learning_rate = 1e-2}.minimize(loss)};
    });
    std::vector<double> losses;
    for (std::size_t k = 0; k < steps; ++k) losses.push_back(step(rows_of<T>({0, batch}, 7, k), labels_of({0, batch})).template scalar<T>());
    return losses;
}

/// f on each of so many ranks; what rank 0 gives, once all are seen to give the same.
template <class F>
auto on_ranks(std::size_t ranks, xg::GroupOptions options, F f) {
    std::vector<decltype(f(Group()))> all(ranks);
    xg::run(xg::local_group(ranks, options), [&](Group world) { all[world.rank()] = f(world); });
    for (const auto& one : all) require(one == all[0]);
    return all[0];
}

Floats elements(const xt::xarray<double>& x) { return Floats(x.begin(), x.end()); }

} // namespace

BOOST_AUTO_TEST_SUITE(sharded)

BOOST_AUTO_TEST_CASE(same_bits_for_any_number_of_ranks) {
    const auto train = [](Group world) { return train_sharded<float>(world, 128, 200).bytes; };
    const std::string one = on_ranks(1, {}, train);
    for (const std::size_t ranks : {2u, 3u, 4u, 8u}) BOOST_TEST_CONTEXT(ranks << " ranks") BOOST_TEST((on_ranks(ranks, {}, train) == one));
    const std::size_t threads = xg::num_threads();
    xg::set_num_threads(3);
    BOOST_TEST((train(Group()) == one));
    xg::set_num_threads(threads);
    // Of another number of shards other bits come: the test would see a difference.
    BOOST_TEST((on_ranks(2, {.shards = 32}, train) != one));
}

// Dropout and batch norm included: what is drawn for a row, and over which rows means are taken, is the same.
BOOST_AUTO_TEST_CASE(the_numbers_of_the_whole_batch) {
    const std::vector<double> plain = train_plain<double>(24, 30);
    const auto losses = on_ranks(3, {.shards = 8}, [](Group world) { return train_sharded<double>(world, 24, 30).losses; });
    for (std::size_t k = 0; k < plain.size(); ++k) BOOST_TEST(losses[k] == plain[k], boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(not_exact) {
    const xg::ShardedOptions fast{.exact = false};
    const auto losses = on_ranks(2, {}, [&](Group world) { return train_sharded<double>(world, 128, 30, fast).losses; });
    const std::vector<double> plain = train_plain<double>(128, 30); // ranks draw as two shards would
    for (std::size_t k = 0; k < plain.size(); ++k) BOOST_TEST(losses[k] == plain[k], boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE(collectives)

struct Combined {
    std::string name;
    std::function<Var(Var, const Group&)> op; // of (2, 3)
};

/// What follows from y of all participants, its gradient, and a derivative of that: the same for all participants.
std::vector<Var> results_of(const Combined& combined, Var x, const Group& world) {
    const Var y = combined.op(x * x, world);
    const Var v = x.tape().constant(xt::xarray<double>{{0.5, -1.0, 2.0}, {1.5, 0.25, -0.75}});
    const Var loss = sum(sin(y) * y), slope = gradient(loss, x), curve = gradient(sum(slope * v), x);
    return {all_sum(loss, world), all_gather(slope, world), all_gather(curve, world), all_gather(xg::jvp({y}, {x}, {v})[0], world)};
}

// Shards on one rank, and on several, give what ranks give.
void check(const Combined& combined) {
    const auto as_ranks = on_ranks(4, {}, [&](Group world) {
        xg::Tape tape;
        auto f = tape.function([&](Var x) { return results_of(combined, x, world); });
        const xg::Results r = f(rows_of<double>({2 * world.rank(), 2}, 3, 0));
        std::vector<Floats> all;
        for (std::size_t i = 0; i < r.size(); ++i) all.push_back(elements(r.array<double>(i)));
        return all;
    });
    for (const std::size_t ranks : {1u, 2u, 3u}) {
        const auto as_shards = on_ranks(ranks, {.shards = 4}, [&](Group world) {
            xg::Tape tape;
            auto f = tape.function(xg::sharded(world, [&](Var x) { return results_of(combined, x, world); }));
            const xg::Results r = f(rows_of<double>(world.rows(8), 3, 0));
            std::vector<Floats> all;
            for (std::size_t i = 0; i < r.size(); ++i) all.push_back(elements(r.array<double>(i)));
            return all;
        });
        BOOST_REQUIRE(as_shards.size() == as_ranks.size());
        for (std::size_t i = 0; i < as_ranks.size(); ++i) {
            BOOST_REQUIRE(as_shards[i].size() == as_ranks[i].size());
            for (std::size_t k = 0; k < as_ranks[i].size(); ++k)
                BOOST_TEST_CONTEXT("result " << i << ", element " << k << ", " << ranks << " ranks")
            BOOST_TEST(as_shards[i][k] == as_ranks[i][k], boost::test_tools::tolerance(1e-12));
        }
    }
}

const std::vector<Combined>& table() {
    static const std::vector<Combined> all = {
        {"all_sum", [](Var x, const Group& g) { return all_sum(x, g); }},
        {"all_mean", [](Var x, const Group& g) { return all_mean(x, g); }},
        {"all_max", [](Var x, const Group& g) { return all_max(x, g) * x; }},
        {"all_gather", [](Var x, const Group& g) { return all_gather(x, g); }},
        {"reduce_scatter", [](Var x, const Group& g) { return reduce_scatter(xg::stack({x, 2 * x, x * x, sin(x)}), g); }},
        {"broadcast_from", [](Var x, const Group& g) { return broadcast_from(x, g, 2) * x; }},
        {"one_after_another",
         [](Var x, const Group& g) {
             const Var centered = x - all_mean(x, g), squares = all_mean(square(centered), g);
             return centered / sqrt(squares + 1) + all_max(centered, g) * reduce_scatter(all_gather(x, g), g);
         }},
        {"two_of_one", [](Var x, const Group& g) { return all_sum(x, g) * all_mean(x, g) + all_max(x, g) * x; }},
        {"of_what_is_the_same_for_all",
         [](Var x, const Group& g) {
             const Var w = exp(x.tape().constant(xt::xarray<double>{1, 2, 3})), parts = exp(x.tape().constant(xt::xarray<double>{1, 2, 3, 4}));
             return x * all_sum(w, g) + all_mean(w, g) * all_max(w, g) + sum(all_gather(w, g)) * broadcast_from(w, g, 1) + reduce_scatter(parts, g);
         }},
        {"a_loop_between",
         [](Var x, const Group& g) {
             const Var m = all_mean(x, g);
             const auto step = [&](const std::vector<Var>& c, const std::vector<Var>& s) {
                 const Var next = tanh(c[0] * m[0] + s[0]);
                 return std::pair{std::vector{next}, std::vector{next * next}};
             };
             return all_sum(xg::scan(step, {x[0] * 1.0}, {x}).ys[0], g);
         }},
        {"under_vmap", [](Var x, const Group& g) { return xg::vmap([&](Var row) { return row * all_sum(sum(row), g); }, x); }},
    };
    return all;
}
const Cases cases(table(), check);

BOOST_AUTO_TEST_SUITE_END()

// An argument of shape () is the same for all; integers and maxima are combined beside sums; what all shards draw is
// what one draw of the whole batch gives.
BOOST_AUTO_TEST_CASE(arguments_dtypes_and_draws) {
    const auto draws = on_ranks(3, {.shards = 4}, [](Group world) {
        xg::Tape tape;
        xg::Random random(tape, 3);
        auto f = tape.function(xg::sharded(world, [&](Var x, Var scale) {
            const Var drawn = random.normal(x.shape(), 0, 1, xg::DType::float64);
            return std::vector<Var>{all_gather(scale * drawn, world), all_sum(sum(x > 0), world), all_max(x, world), all_sum(cast(max(x), xg::DType::float32), world)};
        }));
        std::vector<Floats> all;
        for (int call = 0; call < 2; ++call) {
            const xg::Results r = f(rows_of<double>(world.rows(8), 3, 0), 2.0);
            all.push_back(elements(xt::xarray<double>(r.array<double>(0))));
            all.push_back({static_cast<double>(r.scalar<std::int64_t>(1))});
            all.push_back(elements(r.array<double>(2)));
            all.push_back({static_cast<double>(r.scalar<float>(3))});
        }
        return all;
    });
    const auto x = rows_of<double>({0, 8}, 3, 0);
    xg::Tape tape;
    xg::Random random(tape, 3);
    auto plain = tape.function([&] { return 2 * random.normal({8, 3}, 0, 1, xg::DType::float64); });
    double positive = 0;
    for (const double e : x) positive += e > 0;
    for (std::size_t call = 0; call < 2; ++call) {
        BOOST_TEST((draws[4 * call] == elements(plain().array<double>())));
        BOOST_TEST(draws[4 * call + 1][0] == positive);
        for (std::size_t i = 0; i < 6; ++i) {
            double most = -2;
            for (std::size_t s = 0; s < 4; ++s) most = std::max(most, x.data()[6 * s + i]);
            BOOST_TEST(draws[4 * call + 2][i] == most);
        }
    }
}

BOOST_AUTO_TEST_CASE(errors) {
    const Group world = xg::local_group(1, {.shards = 4});
    xg::Tape tape;
    const Var w = tape.parameter({1.0, 2.0, 3.0}, "w");
    const auto x = rows_of<double>({0, 8}, 3, 0);
    int line = 0;
    const auto error = [&](auto f) {
        return error_of([&] { (void)tape.function(xg::sharded(world, f))(x); });
    };
    const int sharded_line = __LINE__ - 2;
    const std::string differs = error([&](Var v) { line = __LINE__; return sum(v * w); });
    BOOST_TEST(differs == fmt::format("sharded: what the function returns is the same for all shards, and reshape, recorded at sharded.cpp:{}, differs "
                                      "between them; combine it, as by all_mean(x, group), or its gradients by AllMeanGradients{{group}}", line) + at(sharded_line));
    const std::string of_others = error([&](Var v) { line = __LINE__; return all_sum(v, xg::local_group(2)); });
    BOOST_TEST(of_others == "all_sum: in a function that is sharded over one group another one was given; combine over the group of sharded, or outside of it" + at(line));
    const std::string twice = error([&](Var v) { line = __LINE__; return xg::sharded(world, [&](Var u) { return all_sum(u, world); })(v); });
    BOOST_TEST(twice == "sharded: it was called in a sharded function; one is enough" + at(line));
    BOOST_TEST(error_of([&] { (void)tape.function(xg::sharded(world, [&](Var v) { return all_sum(v, world); }))(rows_of<double>({0, 6}, 3, 0)); }) ==
               "sharded: argument 0 is (6, 3), and its 6 rows cannot be cut into the 4 shards of rank 0; give each rank its group.rows(batch) of a "
               "batch that is a multiple of 4" + at(__LINE__ - 2));
    BOOST_TEST(error_of([&] { (void)tape.function(xg::sharded(world, [&] { return w * 1.0; }))(); }) ==
               "sharded: the function has no argument; it must have one, whose rows are cut" + at(__LINE__ - 1));
    const std::string in_a_loop = error([&](Var v) {
        const auto step = [&](const std::vector<Var>& c, const std::vector<Var>&) { return std::pair{std::vector{all_mean(c[0], world)}, std::vector<Var>{}}; };
        line = __LINE__ - 1;
        return all_mean(xg::scan(step, {v}, {}, {.length = 3}).carry[0], world);
    });
    BOOST_TEST(in_a_loop.find("all_mean: it stands in the body of a loop or of a choice in a sharded function, where shards cannot wait for each "
                              "other; combine what the loop gives") == 0u);
    BOOST_TEST(in_a_loop.find(fmt::format("sharded.cpp:{}", line)) != in_a_loop.npos);
}

// What throws for one shard leaves everything as it was, and other ranks are told.
BOOST_AUTO_TEST_CASE(an_error_in_a_shard) {
    for (const std::size_t ranks : {1u, 2u}) {
        std::vector<std::string> errors(ranks);
        int line = 0;
        try {
            xg::run(xg::local_group(ranks, {.shards = 4}), [&](Group world) {
                xg::Tape tape;
                xg::Random random(tape);
                const Var w = tape.parameter({1.0, 2.0, 3.0}, "w");
                const int taken = __LINE__ + 2;
                auto f = tape.function(xg::sharded(world, [&](Var x, Var y) {
                    const Var loss = all_mean(sum(take_along_axis(dropout(x, 0.5, random) * w, expand_dims(y, 1), 1)), world);
                    return xg::Step{.outputs = {loss}, .updates = xg::optim::chain(AllMeanGradients{world}, xg::optim::SGD{.learning_rate = 1.0}).minimize(loss)};
                }));
                line = taken;
                const xg::GroupPart rows = world.rows(8);
                auto y = xt::xarray<std::int64_t>::from_shape({rows.count});
                y.fill(1);
                f(rows_of<double>(rows, 3, 0), y);
                const std::string before = bytes_of(tape);
                if (rows.end() == 8) y(rows.count - 1) = 3;
                try {
                    f(rows_of<double>(rows, 3, 0), y);
                } catch (const std::exception& error) { errors[world.rank()] = error.what(); }
                require(bytes_of(tape) == before);
            });
        } catch (const xg::GroupError&) {}
        const std::string text = fmt::format("take_along_axis: index 3 at position (1, 0) is out of range; axis 1 has extent 3, indices go from -3 to 2; in "
                                             "shard 3 of 4, at sharded.cpp:{}", line);
        for (const std::string& error : errors) BOOST_TEST(error == (ranks == 1 ? text : "rank 1: " + text));
    }
}

BOOST_AUTO_TEST_CASE(ranks_that_recorded_something_else) {
    std::vector<std::string> errors(2);
    try {
        xg::run(xg::local_group(2), [&](Group world) {
            xg::Tape tape;
            const Var w = tape.parameter(2.0);
            const double factor = world.rank() == 0 ? 0.1 : 0.2;
            auto f = tape.function(xg::sharded(world, [&](Var x) { return all_mean(sum(x * w * factor), world); }));
            try {
                f(rows_of<double>(world.rows(64), 3, 0));
            } catch (const std::exception& error) { errors[world.rank()] = error.what(); }
        });
    } catch (const xg::GroupError&) {}
    for (const std::string& error : errors)
        BOOST_TEST(error == fmt::format("at all_mean, sharded.cpp:{} rank 1 has recorded another program than rank 0: ops, dtypes or shapes differ; all ranks "
                                        "must record the same", __LINE__ - 8));
}

BOOST_AUTO_TEST_SUITE_END()
