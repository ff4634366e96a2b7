// Loops and choices: scans against their unrolled form, derivatives to second order, what a loop keeps, errors.

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "../count_allocations.hpp"
#include "../support.hpp"

using namespace test;
using xg::Var;
using Vars = std::vector<Var>;
using Pair = std::pair<Vars, Vars>;

namespace {

using Body = std::function<Pair(const Vars&, const Vars&)>;

/// What scan gives, step after step.
xg::ScanResult unrolled(const Body& body, const Vars& init, const Vars& xs, std::size_t length, bool reverse = false) {
    xg::ScanResult result{init, {}};
    std::vector<Vars> ys(length);
    for (std::size_t done = 0; done < length; ++done) {
        const std::size_t at = reverse ? length - 1 - done : done;
        Vars x;
        for (const Var& all : xs) x.push_back(all[static_cast<std::int64_t>(at)]);
        std::tie(result.carry, ys[at]) = body(result.carry, x);
    }
    for (std::size_t k = 0; k < ys[0].size(); ++k) {
        Vars parts;
        for (const Vars& y : ys) parts.push_back(y[k]);
        result.ys.push_back(stack(parts));
    }
    return result;
}

/// An op without a derivative.
struct Rough {
    static constexpr auto name = "rough";
    static xg::Shape shape(xg::Types in) { return in[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        for (std::size_t i = 0; i < out.shape().numel(); ++i)
            out.pointer<double>()[i] = std::cos(5 * in[0].pointer<double>()[i]);
    }
};

/// A body with what it goes over. `make` may read w, a parameter (3, 3).
struct Recurrence {
    std::string name;
    std::function<Pair(const Vars& carry, const Vars& x, Var w)> body;
    std::vector<xg::Shape> carries, xs;
    double rtol = 0; // of values: sums of many elements are cut otherwise in another program
};

const std::vector<Recurrence>& recurrences() {
    static const std::vector<Recurrence> all = {
        {"rnn",
         [](const Vars& h, const Vars& x, Var w) {
             const Var next = tanh(matmul(h[0], w) + x[0]);
             return Pair{{next}, {sum(square(next), {1})}};
         },
         {{2, 3}},
         {{5, 2, 3}}},
        {"two_carries",
         [](const Vars& c, const Vars& x, Var w) {
             const Var a = sin(c[0] + sum(w)) * x[0], b = c[1] * c[0] + mean(x[1]);
             return Pair{{a, b}, {a * b, b}};
         },
         {{3}, {3}},
         {{4, 3}, {4, 2, 2}}},
        {"only_ys", // a map over slices
         [](const Vars&, const Vars& x, Var w) { return Pair{{}, {exp(-square(matmul(w, x[0])))}}; },
         {},
         {{6, 3}}},
        {"no_ys", [](const Vars& c, const Vars& x, Var) { return Pair{{0.9 * c[0] + x[0] * x[0]}, {}}; }, {{}}, {{7}}},
        {"linear", [](const Vars& c, const Vars& x, Var w) { return Pair{{matmul(c[0], w) + x[0]}, {c[0]}}; }, {{3}}, {{4, 3}}},
        {"carry_unchanged", [](const Vars& c, const Vars& x, Var w) { return Pair{{c[0], c[1] + c[0] * x[0]}, {w[0] * 1.0}}; }, {{3}, {3}}, {{3, 3}}},
        {"without_a_derivative", // what has none is read by a mask, and behind stop_gradient
         [](const Vars& c, const Vars& x, Var w) {
             const Var mask = record(Rough{}, c[0] + x[0]) > 0, factor = stop_gradient(record(Rough{}, c[0] * x[0])) + cast(cast(3 * record(Rough{}, c[0]), xg::DType::int64), xg::DType::float64);
             return Pair{{where(mask, sin(c[0]) * w[0], c[0] * c[0]) + factor * c[0]}, {factor * tanh(c[0])}};
         },
         {{3}},
         {{4, 3}}},
        {"large_slices", // larger than what is copied to one place
         [](const Vars& c, const Vars& x, Var w) { return Pair{{c[0] + sum(x[0] * x[0], {0}) * sum(w)}, {sum(x[0])}}; },
         {{40}},
         {{3, 30, 40}},
         1e-14},
    };
    return all;
}

struct Traced {
    Vars results; // carries, ys
    Vars by;      // what is differentiated by
};

Traced traced(xg::Tape& tape, const Recurrence& r, bool as_scan, bool reverse, xg::Keep keep = xg::keep_all) {
    Random random(3);
    auto parameter = [&](const xg::Shape& shape) { return tape.parameter(random_array<double>(extents(shape), random, -0.8, 0.8)); };
    const Var w = parameter({3, 3});
    Vars init, xs;
    for (const xg::Shape& shape : r.carries) init.push_back(parameter(shape));
    for (const xg::Shape& shape : r.xs) xs.push_back(parameter(shape));
    const Var captured = tanh(w) + 0.1 * w; // is made from what is differentiated by
    const Body body = [&](const Vars& c, const Vars& x) { return r.body(c, x, captured); };
    const xg::ScanResult result = as_scan ? xg::scan(body, init, xs, {.reverse = reverse, .keep = keep})
                                          : unrolled(body, init, xs, xs[0].shape()[0], reverse);
    Traced t{result.carry, {w}};
    t.results.insert(t.results.end(), result.ys.begin(), result.ys.end());
    t.by.insert(t.by.end(), init.begin(), init.end());
    t.by.insert(t.by.end(), xs.begin(), xs.end());
    return t;
}

/// A number that all results enter.
Var loss_of(const Vars& results) {
    Var loss;
    double weight = 0.7;
    for (const Var& result : results) {
        const Var term = sum(sin(result) * weight + result * result);
        loss = loss.valid() ? loss + term : term;
        weight += 0.4;
    }
    return loss;
}

} // namespace

BOOST_AUTO_TEST_SUITE(control)

BOOST_AUTO_TEST_SUITE(scans)

void check(const Recurrence& r) {
    for (const bool reverse : {false, true}) {
        xg::Tape tape, other;
        const Traced scan = traced(tape, r, true, reverse), steps = traced(other, r, false, reverse);
        BOOST_REQUIRE(scan.results.size() == steps.results.size());
        for (std::size_t i = 0; i < scan.results.size(); ++i)
            BOOST_TEST(same(scan.results[i].value<double>(), steps.results[i].value<double>(), r.rtol));

        const Vars g = gradient(loss_of(scan.results), scan.by), h = gradient(loss_of(steps.results), steps.by);
        for (std::size_t i = 0; i < g.size(); ++i) BOOST_TEST(same(g[i].value<double>(), h[i].value<double>(), 1e-12, 1e-13));

        // Forward mode; reverse over reverse; forward over reverse.
        Vars t, u, weighted_g, weighted_h;
        Random random(9);
        for (std::size_t i = 0; i < scan.by.size(); ++i) {
            const auto direction = random_array<double>(extents(scan.by[i].shape()), random, -1, 1);
            t.push_back(tape.constant(direction));
            u.push_back(other.constant(direction));
            weighted_g.push_back(g[i] * t[i]);
            weighted_h.push_back(h[i] * u[i]);
        }
        const Vars p = jvp(scan.results, scan.by, t), q = jvp(steps.results, steps.by, u);
        for (std::size_t i = 0; i < p.size(); ++i) BOOST_TEST(same(p[i].value<double>(), q[i].value<double>(), 1e-12, 1e-13));
        const Vars gg = gradient(loss_of(weighted_g), scan.by), hh = gradient(loss_of(weighted_h), steps.by);
        for (std::size_t i = 0; i < gg.size(); ++i) BOOST_TEST(same(gg[i].value<double>(), hh[i].value<double>(), 1e-11, 1e-12));
        const Vars gp = jvp(g, scan.by, t), hp = jvp(h, steps.by, u);
        for (std::size_t i = 0; i < gp.size(); ++i) BOOST_TEST(same(gp[i].value<double>(), hp[i].value<double>(), 1e-11, 1e-12));
    }
}
const Cases cases(recurrences(), check);

void check_kept(const Recurrence& r) { // the same bits, whatever is kept
    for (const bool reverse : {false, true})
        for (const xg::Keep keep : {xg::keep_every(2), xg::keep_every(3), xg::keep_every(100), xg::keep_square_root()}) {
            xg::Tape tape, other;
            const Traced all = traced(tape, r, true, reverse), some = traced(other, r, true, reverse, keep);
            const Vars g = gradient(loss_of(all.results), all.by), h = gradient(loss_of(some.results), some.by);
            for (std::size_t i = 0; i < g.size(); ++i) BOOST_TEST(same(g[i].value<double>(), h[i].value<double>()));
            Vars t, u;
            Random random(2);
            for (const Var& x : all.by) {
                const auto direction = random_array<double>(extents(x.shape()), random, -1, 1);
                t.push_back(tape.constant(direction)), u.push_back(other.constant(direction));
            }
            const Vars p = jvp(g, all.by, t), q = jvp(h, some.by, u);
            for (std::size_t i = 0; i < p.size(); ++i) BOOST_TEST(same(p[i].value<double>(), q[i].value<double>(), 1e-13));
            Vars squares_g, squares_h;
            for (std::size_t i = 0; i < g.size(); ++i) squares_g.push_back(sin(g[i])), squares_h.push_back(sin(h[i]));
            const Vars gg = gradient(loss_of(squares_g), all.by), hh = gradient(loss_of(squares_h), some.by);
            for (std::size_t i = 0; i < gg.size(); ++i) BOOST_TEST(same(gg[i].value<double>(), hh[i].value<double>(), 1e-13));
        }
}
std::vector<Recurrence> kept_recurrences() {
    std::vector<Recurrence> all = recurrences();
    for (Recurrence& r : all) r.name = "keeping_some_of_" + r.name;
    return all;
}
const Cases kept_cases(kept_recurrences(), check_kept);

BOOST_AUTO_TEST_CASE(against_finite_differences) {
    Random random(5);
    const auto report = xg::gradcheck(
        [](Var h, Var x, Var w) {
            const auto [carry, ys] = xg::scan([&](const Vars& c, const Vars& slice) {
                const Var next = tanh(matmul(c[0], w) + slice[0]);
                return Pair{{next}, {next * slice[0]}};
            }, {h}, {x});
            return sum(carry[0]) + sum(square(ys[0]));
        },
        {random_array<double>({3}, random), random_array<double>({6, 3}, random), random_array<double>({3, 3}, random)});
    BOOST_TEST(report.ok, report.str());
}

BOOST_AUTO_TEST_CASE(carries_of_several_dtypes) {
    xg::Tape tape;
    const Var single = tape.parameter(xt::xarray<float>{0.5f, -0.25f}), whole = tape.constant(std::int64_t{3}),
              xs = tape.parameter(xt::xarray<double>{0.1, 0.2, 0.3, 0.4}), bytes = tape.constant(xt::xarray<std::uint8_t>{1, 0, 1, 1});
    const auto body = [](const Vars& c, const Vars& x) {
        const Var on = cast(x[1], xg::DType::float64);
        return Pair{{c[0] * cast(1 + x[0] * on, xg::DType::float32), c[1] * 2 + 1, c[2] + x[0] * cast(c[1], xg::DType::float64)},
                    {cast(c[1], xg::DType::uint8), sum(c[0]), c[1]}};
    };
    const Vars init{single, whole * 1, sum(xs) * 0};
    const auto [carry, ys] = xg::scan(body, init, {xs, bytes});
    const xg::ScanResult steps = unrolled(body, init, {xs, bytes}, 4);
    BOOST_TEST(same(carry[0].value<float>(), steps.carry[0].value<float>()));
    BOOST_TEST(carry[1].scalar<std::int64_t>() == ((3 * 2 + 1) * 2 + 1) * 4 + 3);
    BOOST_TEST(same(carry[2].value<double>(), steps.carry[2].value<double>()));
    for (std::size_t k = 0; k < ys.size(); ++k) {
        BOOST_TEST((ys[k].dtype() == steps.ys[k].dtype()));
        BOOST_TEST(same(ys[k].value<double>(), steps.ys[k].value<double>()));
    }
    const auto loss = [](const xg::ScanResult& r) { return sum(cast(square(r.carry[0]), xg::DType::float64)) + r.carry[2] + sum(cast(r.ys[1], xg::DType::float64)); };
    const Vars g = gradient(loss({carry, ys}), {single, xs}), h = gradient(loss(steps), {single, xs});
    BOOST_TEST(same(g[0].value<float>(), h[0].value<float>(), 1e-6));
    BOOST_TEST(same(g[1].value<double>(), h[1].value<double>(), 1e-6));
}

BOOST_AUTO_TEST_CASE(no_steps) {
    xg::Tape tape;
    const Var c = tape.parameter(xt::xarray<double>{1, 2}), xs = tape.parameter(xt::xarray<double>::from_shape({0, 2}));
    const auto [carry, ys] = xg::scan([](const Vars& a, const Vars& x) { return Pair{{a[0] * x[0]}, {sum(x[0])}}; }, {c}, {xs});
    BOOST_TEST(same(carry[0].value<double>(), xt::xarray<double>{1, 2}));
    BOOST_TEST((ys[0].shape() == xg::Shape{0}));
    BOOST_TEST(same(gradient(sum(square(carry[0])) + sum(ys[0]), c).value<double>(), xt::xarray<double>{2, 4}));
}

BOOST_AUTO_TEST_CASE(steps_without_xs) {
    xg::Tape tape;
    const Var c = tape.parameter(2.0);
    const Var end = xg::scan([](const Vars& a, const Vars&) { return Pair{{a[0] * a[0]}, {}}; }, {c}, {}, {.length = 3}).carry[0];
    BOOST_TEST(end.scalar<double>() == 256);
    BOOST_TEST(gradient(end, c).scalar<double>() == 8 * 128);
    BOOST_TEST(gradient(gradient(end, c), c).scalar<double>() == 8 * 7 * 64);
    BOOST_TEST(gradient(gradient(gradient(end, c), c), c).scalar<double>() == 8 * 7 * 6 * 32);
    // c + 0 + 1 + 2, from a loop whose body sees the index.
    BOOST_TEST(xg::fori_loop(-1, 3, [](Var i, const Vars& a) { return Vars{a[0] + cast(i, xg::DType::float64)}; }, {c})[0].scalar<double>() == 2 - 1 + 0 + 1 + 2);
    BOOST_TEST(xg::fori_loop(3, -1, [](Var, const Vars& a) { return Vars{a[0] * 0.0}; }, {c})[0].scalar<double>() == 2);
}

BOOST_AUTO_TEST_CASE(scans_in_scans) {
    xg::Tape tape;
    Random random(11);
    const Var w = tape.parameter(random_array<double>({3}, random)), xs = tape.parameter(random_array<double>({4, 5, 3}, random)),
              c = tape.parameter(random_array<double>({3}, random));
    const auto inner = [&](const Vars& a, const Vars& x) {
        const Var next = sin(a[0] * w + x[0]);
        return Pair{{next}, {next}};
    };
    const auto result = [&](bool as_scan) {
        const auto outer = [&](const Vars& a, const Vars& x) {
            const xg::ScanResult r = as_scan ? xg::scan(inner, {a[0] * 0.5}, {x[0] * a[0]}) : unrolled(inner, {a[0] * 0.5}, {x[0] * a[0]}, 5);
            return Pair{r.carry, {sum(r.ys[0])}};
        };
        return as_scan ? xg::scan(outer, {c}, {xs}) : unrolled(outer, {c}, {xs}, 4);
    };
    const xg::ScanResult scan = result(true), steps = result(false);
    BOOST_TEST(same(scan.carry[0].value<double>(), steps.carry[0].value<double>()));
    BOOST_TEST(same(scan.ys[0].value<double>(), steps.ys[0].value<double>()));
    const auto loss = [](const xg::ScanResult& r) { return sum(square(r.carry[0])) + sum(sin(r.ys[0])); };
    const Vars by{w, xs, c}, g = gradient(loss(scan), by), h = gradient(loss(steps), by);
    for (std::size_t i = 0; i < by.size(); ++i) BOOST_TEST(same(g[i].value<double>(), h[i].value<double>(), 1e-12, 1e-14));
    const Vars gg = gradient(sum(square(g[0])), by), hh = gradient(sum(square(h[0])), by);
    for (std::size_t i = 0; i < by.size(); ++i) BOOST_TEST(same(gg[i].value<double>(), hh[i].value<double>(), 1e-11, 1e-13));
}

BOOST_AUTO_TEST_CASE(a_gradient_in_the_body) { // gradient descent on (c - x)^4 as a loop, and its derivative by x
    xg::Tape tape;
    const Var x = tape.parameter(0.7), start = tape.constant(xt::xarray<double>{3.0});
    const auto descend = [&](bool as_scan) {
        const Body body = [&](const Vars& c, const Vars&) {
            const Var loss = sum(square(square(c[0] - x)));
            return Pair{{c[0] - 0.01 * gradient(loss, c[0])}, {loss}};
        };
        if (as_scan) return sum(xg::scan(body, {start}, {}, {.length = 10}).carry[0]);
        return sum(unrolled(body, {start}, {}, 10).carry[0]);
    };
    const Var a = descend(true), b = descend(false);
    BOOST_TEST(a.scalar<double>() == b.scalar<double>());
    BOOST_TEST(gradient(a, x).scalar<double>() == gradient(b, x).scalar<double>(), boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(in_a_training_step) {
    const auto train = [](bool as_scan) {
        xg::Tape tape;
        Random random(2);
        const Var w = tape.parameter(random_array<double>({3, 3}, random), "w");
        xg::optim::Adam adam{.learning_rate = 0.05};
        auto step = tape.function([&](Var xs) {
            const Body body = [&](const Vars& h, const Vars& x) {
                const Var next = tanh(matmul(h[0], w) + x[0]);
                return Pair{{next}, {next}};
            };
            const Vars init{xs.tape().constant(filled<double>({2, 3}, 0.1))};
            const xg::ScanResult r = as_scan ? xg::scan(body, init, {xs}) : unrolled(body, init, {xs}, xs.shape()[0]);
            const Var loss = mean(square(r.ys[0] - 0.3));
            return xg::Step{.outputs = {loss}, .updates = adam.minimize(loss)};
        });
        std::vector<double> losses;
        for (const std::size_t length : {6u, 6u, 4u, 6u, 4u}) // two signatures
            losses.push_back(step(random_array<double>({length, 2, 3}, random)).scalar<double>());
        return losses;
    };
    const std::vector<double> a = train(true), b = train(false);
    for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(a[i] == b[i], boost::test_tools::tolerance(1e-11));
}

namespace {

xg::Program long_loop(xg::Tape& tape, std::size_t steps, bool with_gradient, xg::Keep keep = xg::keep_all) {
    const Var c = tape.parameter(filled<double>({50}, 0.5));
    const Var end = sum(xg::scan([](const Vars& a, const Vars&) { return Pair{{sin(a[0]) + 0.3}, {}}; }, {c}, {}, {.length = steps, .keep = keep}).carry[0]);
    return tape.compile({.outputs = with_gradient ? Vars{end, gradient(end, c)} : Vars{end}, .updates = {}}, {});
}

} // namespace

BOOST_AUTO_TEST_CASE(what_a_loop_keeps) {
    xg::Tape tape;
    const std::size_t few = long_loop(tape, 10, false).arena_bytes();
    BOOST_TEST(long_loop(tape, 100000, false).arena_bytes() == few);
    BOOST_TEST(long_loop(tape, 1000, true).arena_bytes() >= 1000 * 50 * sizeof(double));
    BOOST_TEST(long_loop(tape, 1000, true, xg::keep_square_root()).arena_bytes() < few + 40 * 50 * sizeof(double));
}

BOOST_AUTO_TEST_CASE(forwards_runs_once) { // the results come from the run that keeps the carries
    xg::Tape tape;
    const std::string plan = long_loop(tape, 10, true).str();
    std::size_t runs = 0;
    for (std::size_t at = plan.find("scan"); at != std::string::npos; at = plan.find("scan", at + 1)) ++runs;
    BOOST_TEST(runs == 2u, plan);
}

BOOST_AUTO_TEST_CASE(a_call_allocates_nothing) {
    xg::Tape tape;
    for (const xg::Keep keep : {xg::keep_all, xg::keep_every(3)}) {
        xg::Program program = long_loop(tape, 20, true, keep);
        const double first = program().scalar<double>();
        start_counting();
        const double again = program().scalar<double>();
        BOOST_TEST(stop_counting() == 0u);
        BOOST_TEST(first == again);
    }
}

BOOST_AUTO_TEST_CASE(inside_a_checkpoint) {
    xg::Tape tape;
    Random random(8);
    const Var c = tape.parameter(random_array<double>({3}, random)), xs = tape.parameter(random_array<double>({4, 3}, random)), w = tape.parameter(random_array<double>({3, 3}, random));
    const auto f = [&](Var start, Var slices) {
        return xg::scan([&](const Vars& a, const Vars& x) { return Pair{{tanh(matmul(w, a[0]) + x[0])}, {}}; }, {start}, {slices}).carry[0];
    };
    const Vars by{c, xs, w}, g = gradient(sum(sin(xg::checkpoint(f)(c, xs))), by), h = gradient(sum(sin(f(c, xs))), by);
    for (std::size_t i = 0; i < by.size(); ++i) BOOST_TEST(same(g[i].value<double>(), h[i].value<double>(), 1e-14));
}

namespace {

/// Fails for negative numbers.
struct Strict {
    static constexpr auto name = "strict";
    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        if (*in[0].pointer<double>() < 0) throw std::runtime_error("it is negative");
        *out.pointer<double>() = *in[0].pointer<double>();
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_op_that_throws) { // in which step, at whose line; and nothing has happened
    xg::Tape tape;
    const Var c = tape.parameter(2.0), xs = tape.input<double>({3});
    const int line = __LINE__ + 1;
    const Var end = xg::scan([](const Vars& a, const Vars& x) { return Pair{{xg::record(Strict{}, a[0] + x[0])}, {}}; }, {c}, {xs}).carry[0];
    xg::Program program = tape.compile({.outputs = {end}, .updates = {{c, end}}}, {xs});
    const std::string text = error_of([&] { (void)program(xt::xarray<double>{1, -7, 1}); });
    BOOST_TEST(text == fmt::format("strict: it is negative; in step 1 of 3 of the scan of control.cpp:{}", line) + at(line), text);
    BOOST_TEST(c.scalar<double>() == 2);
    BOOST_TEST(program(xt::xarray<double>{1, 1, 1}).scalar<double>() == 5);
    BOOST_TEST(c.scalar<double>() == 5);
}

BOOST_AUTO_TEST_CASE(copies_of_a_program_in_threads) {
    xg::Tape tape;
    const xg::Program program = long_loop(tape, 200, true);
    std::array<double, 4> sums{};
    std::vector<std::thread> threads;
    for (double& total : sums)
        threads.emplace_back([&total, mine = program.copy()]() mutable {
            for (int i = 0; i < 20; ++i) total += mine().scalar<double>();
        });
    for (std::thread& thread : threads) thread.join();
    for (const double total : sums) BOOST_TEST(total == sums[0]);
}

BOOST_AUTO_TEST_CASE(outlives_the_tape) {
    auto tape = std::make_unique<xg::Tape>();
    xg::Program program = long_loop(*tape, 20, true);
    const double before = program().scalar<double>();
    tape.reset();
    BOOST_TEST(program().scalar<double>() == before);
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape, other;
    const Var c = tape.parameter(filled<double>({3}, 1.0)), xs = tape.parameter(filled<double>({4, 3}, 1.0)),
              single = tape.parameter(filled<float>({3}, 1.0f)), number = tape.parameter(1.0), foreign = other.parameter(1.0),
              longer = tape.parameter(filled<double>({5}, 1.0));
    const auto same_carry = [](const Vars& a, const Vars&) { return Pair{a, {}}; };
    const auto given = [&](const auto& body, const Vars& init, const Vars& x, xg::ScanOptions options = {}) {
        return error_of([&] { (void)xg::scan(body, init, x, options); });
    };
    BOOST_TEST(given([](const Vars& a, const Vars&) { return Pair{{sum(a[0])}, {}}; }, {c}, {xs}).starts_with("scan: carry 0 is float64 (3,), and the body makes float64 () of it; dtype and shape must stay"));
    BOOST_TEST(given([](const Vars& a, const Vars&) { return Pair{{cast(a[0], xg::DType::float64)}, {}}; }, {single}, {xs}).starts_with("scan: carry 0 is float32 (3,), and the body makes float64 (3,)"));
    BOOST_TEST(given([](const Vars& a, const Vars&) { return Pair{{a[0], a[0]}, {}}; }, {c}, {xs}).starts_with("scan: there are 1 carries, and the body returns 2"));
    BOOST_TEST(given([&](const Vars&, const Vars&) { return Pair{{foreign}, {}}; }, {number}, {xs}).starts_with("scan: the next carry 0 is a Var of another tape"));
    BOOST_TEST(given([](const Vars& a, const Vars&) { return Pair{a, {Var{}}}; }, {c}, {xs}).starts_with("scan: y 0 is a Var{} without a node"));
    BOOST_TEST(given(same_carry, {c}, {number}).starts_with("scan: x 0 is float64 (); what is gone over must have a first axis"));
    BOOST_TEST(given(same_carry, {c}, {xs, longer}).starts_with("scan: x 1 has 5 slices, (5,), and x 0 has 4, (4, 3)"));
    BOOST_TEST(given(same_carry, {c}, {xs}, {.length = 3}).starts_with("scan: 3 steps were asked for, and x 0, (4, 3), has 4 slices"));
    BOOST_TEST(given(same_carry, {c}, {xs}, {.keep = xg::keep_every(0)}).starts_with("scan: the carries before each 0-th step were asked to be kept"));
    BOOST_TEST(given(same_carry, {}, {}).starts_with("scan: there is neither a first carry nor an x"));
    BOOST_TEST(given(same_carry, {c, foreign}, {xs}).find("scan: ") == 0u);
    xg::Random generator(tape, 1);
    const auto draws = [&](const Vars& a, const Vars&) { return Pair{{dropout(a[0], 0.5, generator)}, {}}; };
    const int line = __LINE__ - 1;
    BOOST_TEST(given(draws, {c}, {xs}).starts_with(fmt::format("scan: the body draws random numbers at control.cpp:{}, which", line)), given(draws, {c}, {xs}));

    xg::models::BatchNorm norm(tape, 3, {.dtype = xg::DType::float64});
    const std::string updates = given([&](const Vars& a, const Vars&) { return Pair{{sum(norm(broadcast_to(a[0], {2, 3})), {0})}, {}}; }, {c}, {xs});
    BOOST_TEST(updates.starts_with("scan: the body comes with an update of the state \"batch_norm."), updates);
    const std::string asked = given([](const Vars& a, const Vars&) { (void)a[0].value<double>(); return Pair{a, {}}; }, {c}, {xs});
    BOOST_TEST(asked.find("depends on the input \"a carry of scan\" float64 (3,), recorded at control.cpp:") != std::string::npos, asked);

    // An error while it runs says in which step; a wrong op in the body has its own line.
    const Var places = tape.constant(xt::xarray<std::int64_t>{0, 2, 3, 1});
    const Var picked = xg::scan([&](const Vars&, const Vars& x) { return Pair{{}, {take(c, x[0])}}; }, {}, {places}).ys[0];
    const std::string fault = error_of([&] { (void)picked.value<double>(); });
    BOOST_TEST(fault.find("in step 2 of 4 of the scan of control.cpp:") != std::string::npos, fault);
    const std::string wrong = given([](const Vars& a, const Vars&) { return Pair{{a[0] + reshape(a[0], {1, 2})}, {}}; }, {c}, {xs});
    BOOST_TEST(wrong.ends_with(at(__LINE__ - 1)), wrong);
}

BOOST_AUTO_TEST_SUITE_END()

// --- while_loop -----------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(newtons_method) { // the square root, and how it depends on its argument
    xg::Tape tape;
    const Var a = tape.parameter(xt::xarray<double>{2, 9, 1e4});
    const auto root = [&] {
        return xg::while_loop([&](const Vars& c) { return max(abs(c[0] * c[0] - a)) > 1e-9; },
                              [&](const Vars& c) { return Vars{0.5 * (c[0] + a / c[0]), c[1] + 1}; }, {a * 1.0, tape.constant(std::int64_t{0})});
    };
    const Vars end = root();
    BOOST_TEST(same(end[0].value<double>(), xt::xarray<double>{std::sqrt(2.0), 3, 100}, 1e-12));
    BOOST_TEST(end[1].scalar<std::int64_t>() > 5);
    const Var t = tape.constant(xt::xarray<double>{1, 1, 1});
    BOOST_TEST(same(xg::jvp({end[0]}, {a}, {t})[0].value<double>(), xt::xarray<double>{0.5 / std::sqrt(2.0), 1.0 / 6, 0.005}, 1e-8));
    const std::string text = error_of([&] { (void)gradient(sum(end[0]), a); });
    BOOST_TEST(text.starts_with("gradient: while_loop has no derivative in reverse mode"), text);
}

BOOST_AUTO_TEST_CASE(a_while_loop_that_does_not_begin) {
    xg::Tape tape;
    const Var a = tape.parameter(3.0);
    BOOST_TEST(xg::while_loop([](const Vars& c) { return c[0] < 0; }, [](const Vars& c) { return Vars{c[0] - 1}; }, {a})[0].scalar<double>() == 3);
}

BOOST_AUTO_TEST_CASE(errors_of_while_loop) {
    xg::Tape tape;
    const Var a = tape.parameter(filled<double>({3}, 1.0));
    const auto keep = [](const Vars& c) { return c; };
    BOOST_TEST(error_of([&] { (void)xg::while_loop([](const Vars& c) { return c[0] < 0; }, keep, {a}); }).starts_with("while_loop: the condition is uint8 (3,); it must have one element"));
    BOOST_TEST(error_of([&] { (void)xg::while_loop([](const Vars& c) { return sum(c[0]) < 0; }, [](const Vars& c) { return Vars{sum(c[0])}; }, {a}); }).starts_with("while_loop: carry 0 is float64 (3,)"));
    BOOST_TEST(error_of([&] { (void)xg::while_loop([](const Vars& c) { return sum(c[0]) < 0; }, keep, {}); }).starts_with("while_loop: there is no first carry"));
}

// --- cond -----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(one_of_two) {
    xg::Tape tape;
    const Var x = tape.parameter(xt::xarray<double>{0.3, 0.6}), w = tape.parameter(1.5), flag = tape.input<std::uint8_t>({});
    const Vars y = xg::cond(flag, [&] { return Vars{sin(x) * w, sum(x)}; }, [&] { return Vars{exp(x), w * w}; });
    const Var loss = sum(square(y[0])) + 3 * y[1];
    const Vars g = gradient(loss, {x, w});
    const Var hvp = gradient(sum(g[0] * g[0]) + g[1], x), t = tape.constant(xt::xarray<double>{1, -2});
    const Var tangent = xg::jvp({y[0]}, {x}, {t})[0];
    xg::Program program = tape.compile({.outputs = {y[0], y[1], g[0], g[1], hvp, tangent}, .updates = {}}, {flag});
    for (const bool first : {true, false}) {
        const Vars z = first ? Vars{sin(x) * w, sum(x)} : Vars{exp(x), w * w};
        const Vars h = gradient(sum(square(z[0])) + 3 * z[1], {x, w});
        const xg::Results r = program(static_cast<std::uint8_t>(first));
        const Vars wanted{z[0], z[1], h[0], h[1], gradient(sum(h[0] * h[0]) + h[1], x), xg::jvp({z[0]}, {x}, {t})[0]};
        for (std::size_t i = 0; i < wanted.size(); ++i)
            BOOST_TEST(same(r.array<double>(i), wanted[i].value<double>(), 1e-13));
    }
}

BOOST_AUTO_TEST_CASE(only_one_runs) { // the other one would fail
    xg::Tape tape;
    const Var x = tape.constant(xt::xarray<double>{1, 2, 3}), i = tape.input<std::int64_t>({1});
    const Var safe = xg::cond(sum(i) < 3, [&] { return Vars{take(x, i)}; }, [&] { return Vars{take(x, i * 0)}; })[0];
    xg::Program program = tape.compile({.outputs = {safe}, .updates = {}}, {i});
    BOOST_TEST(program(xt::xarray<std::int64_t>{2}).array<double>()(0) == 3);
    BOOST_TEST(program(xt::xarray<std::int64_t>{7}).array<double>()(0) == 1);
}

BOOST_AUTO_TEST_CASE(a_choice_in_a_loop) {
    xg::Tape tape;
    const Var x = tape.parameter(1.3), xs = tape.constant(xt::xarray<double>{1, -1, 2, -3});
    const auto scanned = xg::scan([&](const Vars& c, const Vars& s) {
        const Var next = xg::cond(s[0] > 0, [&] { return Vars{c[0] * s[0] * x}; }, [&] { return Vars{c[0] - s[0] * x}; })[0];
        return Pair{{next}, {}};
    }, {x * 1.0}, {xs}).carry[0];
    // ((x * x + x) * 2x) + 3x
    BOOST_TEST(scanned.scalar<double>() == (1.3 * 1.3 + 1.3) * 2 * 1.3 + 3 * 1.3, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(gradient(scanned, x).scalar<double>() == 6 * 1.3 * 1.3 + 4 * 1.3 + 3, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(errors_of_cond) {
    xg::Tape tape;
    const Var x = tape.parameter(filled<double>({3}, 1.0)), p = sum(x) > 0;
    const auto given = [&](Var predicate, const auto& f, const auto& g) { return error_of([&] { (void)xg::cond(predicate, f, g); }); };
    BOOST_TEST(given(x > 0, [&] { return Vars{x}; }, [&] { return Vars{x}; }).starts_with("cond: the predicate is uint8 (3,); it must have one element"));
    BOOST_TEST(given(p, [&] { return Vars{x}; }, [&] { return Vars{sum(x)}; }).starts_with("cond: result 0 is float64 (3,) of the first function and float64 () of the second"));
    BOOST_TEST(given(p, [&] { return Vars{x}; }, [&] { return Vars{x, x}; }).starts_with("cond: the first function returns 1 Vars and the second 2"));
    BOOST_TEST(given(p, [&] { return Vars{x}; }, [&] { return Vars{Var{}}; }).starts_with("cond: result 0 is a Var{} without a node"));
}

// --- vmap ----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_SUITE(batches)

/// f of each example, side by side.
template <class F>
Var one_by_one(F f, Var x, Var y) {
    Vars all;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.shape()[0]); ++i) all.push_back(f(x[i], y[i]));
    return stack(all);
}

template <class F>
void check(F f, xg::Tape& tape, Var x, Var y, bool reverse_mode = true) {
    const Var batch = xg::vmap(f, x, y), each = one_by_one(f, x, y);
    BOOST_TEST(same(batch.value<double>(), each.value<double>(), 1e-13));
    Random random(1);
    const Vars by{x, y}, t{tape.constant(random_array<double>(extents(x.shape()), random)), tape.constant(random_array<double>(extents(y.shape()), random))};
    BOOST_TEST(same(xg::jvp({batch}, by, t)[0].value<double>(), xg::jvp({each}, by, t)[0].value<double>(), 1e-12, 1e-13));
    if (!reverse_mode) return;
    // The gradient of the batch, to second order; the gradients of the examples.
    const Vars g = gradient(sum(sin(batch)), by), h = gradient(sum(sin(each)), by);
    for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(same(g[i].value<double>(), h[i].value<double>(), 1e-12, 1e-13));
    const Vars gg = gradient(sum(square(g[0])) + sum(g[1]), by), hh = gradient(sum(square(h[0])) + sum(h[1]), by);
    for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(same(gg[i].value<double>(), hh[i].value<double>(), 1e-11, 1e-12));
    const auto slope = [&](Var a, Var b) { return gradient(sum(sin(f(a, b))), a); };
    const Var slopes = xg::vmap(slope, x, y);
    BOOST_TEST(same(slopes.value<double>(), h[0].value<double>(), 1e-12, 1e-13));
}

struct Examples {
    xg::Tape tape;
    Var x, y, w;
    explicit Examples() {
        Random random(4);
        x = tape.parameter(random_array<double>({3, 2}, random));
        y = tape.parameter(random_array<double>({3, 5, 2}, random));
        w = tape.parameter(random_array<double>({2, 2}, random));
    }
};

BOOST_AUTO_TEST_CASE(of_scans) {
    for (const xg::Keep keep : {xg::keep_all, xg::keep_every(2)}) {
        Examples e;
        const auto f = [&](Var x, Var y) { // one carry is the same for all examples, until it is not
            const auto step = [&](const Vars& c, const Vars& s) {
                const Var next = tanh(matmul(c[0], e.w) + s[0] * x);
                return Pair{{next, c[1] + sum(next)}, {next * c[1]}};
            };
            const xg::ScanResult r = xg::scan(step, {x, 0 * sum(e.w)}, {y}, {.reverse = true, .keep = keep});
            return concatenate(r.carry[0] * r.carry[1], reshape(r.ys[0], {-1}));
        };
        check(f, e.tape, e.x, e.y);
        BOOST_TEST(same(gradient(sum(xg::vmap(f, e.x, e.y)), e.w).value<double>(), gradient(sum(one_by_one(f, e.x, e.y)), e.w).value<double>(), 1e-12));
    }
}

BOOST_AUTO_TEST_CASE(of_scans_over_what_all_share) {
    Examples e;
    const Var shared = e.y[0];
    check([&](Var x, Var) { return xg::scan([&](const Vars& c, const Vars& s) { return Pair{{c[0] * x + s[0]}, {c[0]}}; }, {shared[1]}, {shared}).ys[0]; }, e.tape, e.x, e.y);
}

BOOST_AUTO_TEST_CASE(of_scans_in_scans) {
    Examples e;
    const auto inner = [&](const Vars& c, const Vars& s) { return Pair{{sin(c[0]) * s[0]}, {}}; };
    check([&](Var x, Var y) { return xg::scan([&](const Vars& c, const Vars& s) { return Pair{{xg::scan(inner, {c[0] + s[0]}, {y}).carry[0]}, {c[0]}}; }, {x}, {y}).ys[0]; }, e.tape, e.x, e.y);
}

BOOST_AUTO_TEST_CASE(of_choices_and_while_loops) {
    Examples e;
    check([](Var x, Var y) { return xg::cond(sum(x) < 0.2, [&] { return Vars{sin(y) * x}; }, [&] { return Vars{y * y}; })[0]; }, e.tape, e.x, e.y);
    check([](Var x, Var y) { return xg::while_loop([](const Vars& c) { return sum(square(c[0])) > 0.1; }, [&](const Vars& c) { return Vars{0.5 * c[0] * cos(x)}; }, {x * sum(y)})[0]; }, e.tape, e.x, e.y, false);
}

BOOST_AUTO_TEST_CASE(the_loop_runs_once_for_all) {
    Examples e;
    const Var y = xg::vmap([](Var x, Var s) { return xg::scan([](const Vars& c, const Vars& slice) { return Pair{{c[0] * slice[0]}, {}}; }, {x}, {s}).carry[0]; }, e.x, e.y);
    const Var g = gradient(sum(y), e.y);
    const std::string plan = e.tape.compile({.outputs = {y, g}, .updates = {}}, {}).str();
    std::size_t runs = 0;
    for (std::size_t at = plan.find("scan"); at != std::string::npos; at = plan.find("scan", at + 1)) ++runs;
    BOOST_TEST(runs == 2u, plan);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
