// minimize: what is trained, by what, when, and when not.

#include <limits>

#include "problems.hpp"

using namespace test;
using namespace xgrad::optim;

namespace xg = xgrad;
#include "readme.hpp" // SignDescent, as README.md has it

namespace {

std::vector<std::string> names(xg::Tape& tape, const Updates& updates) {
    std::vector<std::string> result;
    for (const xg::Update& u : updates) result.push_back(tape.name(u.leaf));
    return result;
}

using Names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(minimize_)

BOOST_AUTO_TEST_CASE(a_rule_of_ones_own) {
    xg::Tape tape;
    const Var w = tape.parameter(xt::xarray<float>{1, -1, 0.5}, "w");
    auto step = tape.function([&] {
        const Var loss = sum(square(w));
        return xg::Step{{loss}, minimize(SignDescent{.learning_rate = 0.25}, loss)};
    });
    step();
    BOOST_TEST(same(w.value<float>(), xt::xarray<float>{0.75, -0.75, 0.25}));
    for (int i = 0; i < 3; ++i) step();
    BOOST_TEST(same(w.value<float>(), xt::xarray<float>{0, 0, -0.5}));
    BOOST_TEST(tape.name(tape.states()[0]) == "SignDescent.m/w");
    BOOST_TEST(step.program({}).loops() == 1u);
    // And as a stage, with a schedule.
    xg::Tape other;
    const Var v = other.parameter(xt::xarray<float>{0, 0, -0.5}, "v");
    auto chained = other.compile({{}, chain(ClipByValue{1}, SignDescent{.learning_rate = Exponential{0.5, 0.5}, .beta = 0}).minimize(sum(v))}, {});
    chained(), chained();
    BOOST_TEST(same(v.value<float>(), xt::xarray<float>{-0.75, -0.75, -1.25}));
}

BOOST_AUTO_TEST_CASE(all_parameters_that_the_loss_depends_on) {
    xg::Tape tape;
    const Var a = tape.parameter(1.0, "a"), b = tape.parameter(1.0, "b"), unused = tape.parameter(1.0, "unused");
    const Var whole = tape.parameter(std::int64_t{0}, "whole"), later_loss = square(a) * cast(whole + 1, xg::DType::float64) + b;
    tape.parameter(1.0, "later");
    const Updates updates = GD{}.minimize(later_loss);
    BOOST_TEST(names(tape, updates) == (Names{"a", "b"}));
    BOOST_TEST(names(tape, GD{}.minimize(later_loss, {b})) == Names{"b"});
    BOOST_TEST(names(tape, GD{}.minimize(later_loss, {unused, a})) == Names{"a"});
    BOOST_TEST(names(tape, GD{}.minimize(later_loss, tape.parameters())) == (Names{"a", "b"}));
    BOOST_TEST(names(tape, minimize(GD{}, later_loss, {b, a})) == (Names{"b", "a"}));
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    const Var a = tape.parameter(filled<double>({2}, 1.0), "a"), x = tape.state(1.0);
    if (const std::string error = error_of([&] { (void)GD{}.minimize(x); }); true) BOOST_TEST(error ==
               "minimize: the loss depends on no parameter; make one with tape.parameter(...), and the loss of it" + at(__LINE__ - 1));
    BOOST_TEST((error_of([&] { (void)GD{}.minimize(a); }).starts_with("minimize: y is float64 (2,); it must be one floating-point number")));
    BOOST_TEST((error_of([&] { (void)SGD{.nesterov = true}.minimize(sum(a)); }).starts_with("minimize: SGD: Nesterov's momentum needs momentum > 0")));
    BOOST_TEST((error_of([&] { (void)GD{.learning_rate = a}.minimize(sum(a)); }).starts_with("minimize: ")));
}

BOOST_AUTO_TEST_CASE(several_losses_with_weights) {
    xg::Tape tape;
    const Var a = tape.parameter(1.0, "a"), b = tape.parameter(2.0, "b"), weight = tape.state(0.5);
    const Var first = square(a), second = a * b;
    tape.compile({{}, GD{.learning_rate = 0.1}.minimize({{first, 2}, {second, weight}, {b}})}, {})();
    BOOST_TEST(a.scalar<double>() == 1 - 0.1 * (2 * 2 * 1 + 0.5 * 2), boost::test_tools::tolerance(1e-15));
    BOOST_TEST(b.scalar<double>() == 2 - 0.1 * (0.5 * 1 + 1), boost::test_tools::tolerance(1e-15));
    tape.compile({{}, GD{.learning_rate = 0.1}.minimize({{first, 2}, {second}}, {b})}, {})();
    BOOST_TEST(a.scalar<double>() == 0.5, boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(slots_are_found_again) {
    // Two batch sizes, one momentum; and another function of the same rule goes on with the same slots.
    xg::Tape tape;
    const Var w = tape.parameter(filled<double>({1}, 1.0), "w");
    const Momentum momentum{.learning_rate = 0.1, .momentum = 0.5};
    auto train = tape.function([&](Var x) { return xg::Step{{}, momentum.minimize(mean(x * w))}; });
    train(filled<double>({4}, 1.0)), train(filled<double>({3}, 1.0)), train(filled<double>({4}, 1.0));
    BOOST_TEST(train.programs() == 2u);
    BOOST_TEST(tape.states().size() == 1u);
    BOOST_TEST(w.value<double>()(0) == 1 - 0.1 * (1 + 1.5 + 1.75), boost::test_tools::tolerance(1e-15));
    const xg::Mark mark = tape.mark();
    tape.compile({{}, momentum.minimize(sum(w))}, {})();
    tape.rewind(mark);
    BOOST_TEST(w.value<double>()(0) == 1 - 0.1 * (1 + 1.5 + 1.75 + 1.875), boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(optimizers_of_one_tape_keep_apart) {
    // As a generator and a discriminator: each its own parameters, slots and counter.
    xg::Tape tape;
    const Var g = tape.parameter(1.0, "g"), d = tape.parameter(1.0, "d");
    const Var loss = square(g) + 3 * square(d);
    auto train_g = tape.compile({{}, Adam{}.minimize(loss, {g})}, {}), train_d = tape.compile({{}, Adam{}.minimize(loss, {d})}, {});
    for (int i = 0; i < 3; ++i) train_g();
    train_d();
    BOOST_TEST(tape.slot("adam.steps/g", xg::DType::int64, {}).scalar<std::int64_t>() == 3);
    BOOST_TEST(tape.slot("adam.steps/d", xg::DType::int64, {}).scalar<std::int64_t>() == 1);
    // The same parameter by two of a kind: a name tells them apart.
    auto other = tape.compile({{}, Adam{.name = "other"}.minimize(loss, {d})}, {});
    other();
    BOOST_TEST(tape.slot("adam.steps/d", xg::DType::int64, {}).scalar<std::int64_t>() == 1);
    BOOST_TEST(tape.slot("other.steps/d", xg::DType::int64, {}).scalar<std::int64_t>() == 1);
    // And twice in one chain: a number.
    BOOST_TEST(names(tape, chain(Trace{0.5}, Trace{0.9}, Scale{-0.1}).minimize(loss, {d})) ==
               (Names{"d", "trace.velocity/d", "trace2.velocity/d"}));
}

BOOST_AUTO_TEST_CASE(learning_rates_change_without_compiling) {
    xg::Tape tape;
    const Var w = tape.parameter(filled<float>({2}, 1.f), "w"), rate = tape.state(0.5, "rate");
    auto train = tape.function([&] { return xg::Step{{}, GD{.learning_rate = rate}.minimize(sum(w))}; });
    train();
    BOOST_TEST(same(w.value<float>(), filled<float>({2}, 0.5f)));
    tape.assign(rate, 0.25);
    const std::size_t nodes = tape.size();
    train();
    BOOST_TEST(same(w.value<float>(), filled<float>({2}, 0.25f)));
    BOOST_TEST(train.programs() == 1u);
    BOOST_TEST(tape.size() == nodes);
    // A rate of one element in another dtype and shape will do, and so will any function of the number of steps.
    const Var single = tape.state(filled<float>({1, 1}, 0.125f), "single");
    tape.compile({{}, GD{.learning_rate = single}.minimize(sum(w))}, {})();
    BOOST_TEST(same(w.value<float>(), filled<float>({2}, 0.125f)));
    auto halving = tape.compile({{}, GD{.learning_rate = [](Var step) { return pow(0.5, step + 4); }}.minimize(sum(w))}, {});
    halving(), halving();
    BOOST_TEST(same(w.value<float>(), filled<float>({2}, 0.125f - 0.0625f - 0.03125f)));
}

BOOST_AUTO_TEST_CASE(corrections_stay_exact_in_float32) {
    // The bias corrections are worked out in float64 whatever the parameter is: the first step of Adam is the rate.
    for (const int t : {1, 10, 1000}) {
        xg::Tape tape;
        const Var w = tape.parameter(filled<float>({1}, 0.f), "w");
        auto train = tape.compile({{}, Adam{.learning_rate = 1, .epsilon = 0}.minimize(sum(w))}, {});
        for (int i = 0; i < t; ++i) train();
        BOOST_TEST(w.value<float>()(0) == static_cast<float>(-t), boost::test_tools::tolerance(1e-5f));
    }
}

namespace {

/// The bytes of all parameters and states.
std::vector<double> everything(xg::Tape& tape) {
    std::vector<double> result;
    for (const auto& leaves : {tape.parameters(), tape.states()})
        for (const Var& v : leaves)
            for (const double x : v.value<double>()) result.push_back(x);
    return result;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_step_that_throws_changes_nothing) {
    xg::Tape tape;
    const Var w = tape.parameter(filled<double>({3, 4}, 0.5), "w"), b = tape.parameter(filled<double>({4}, 0.5), "b");
    const auto rule = chain(ClipByGlobalNorm{1}, Adam{.learning_rate = Exponential{0.1, 0.9}}, MovingAverage{});
    auto train = tape.function([&](Var x, Var labels) {
        const Var loss = mean(logsumexp(matmul(x, w) + b, 1) - pick(matmul(x, w) + b, labels)) + 0.1 * sum(square(w));
        return xg::Step{{loss}, rule.minimize(loss)};
    });
    Random random(1);
    const auto x = random_array<double>({5, 3}, random);
    train(x, xt::xarray<std::int64_t>{0, 1, 2, 3, 0});
    const std::vector<double> before = everything(tape);
    BOOST_TEST((error_of([&] { train(x, xt::xarray<std::int64_t>{0, 1, 4, 3, 0}); }).find("label 4") != std::string::npos));
    BOOST_TEST(everything(tape) == before);
    train(x, xt::xarray<std::int64_t>{0, 1, 2, 3, 0});
    BOOST_TEST(everything(tape) != before);
}

BOOST_AUTO_TEST_CASE(skip_nonfinite) {
    const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
    for (const bool skip : {true, false}) {
        xg::Tape tape;
        const Var a = tape.parameter(filled<float>({3}, -0.f), "a"), b = tape.parameter(filled<double>({2}, 1.0), "b");
        const auto rule = chain(ClipByGlobalNorm{1}, Accumulate{NAdam{.learning_rate = InverseTime{0.1, 1}}, 2}, MovingAverage{});
        auto train = tape.function([&](Var x, Var y) {
            const Var loss = sum(cast(a * x, xg::DType::float64)) + sum(square(b) * y);
            return xg::Step{{loss}, rule.minimize(loss, {}, {.skip_nonfinite = skip})};
        });
        const xt::xarray<float> x = {1, 2, 3};
        for (int i = 0; i < 3; ++i) train(x, 1.0);
        const std::vector<double> before = everything(tape);
        for (const double bad : {nan, inf, -inf}) {
            train(xt::xarray<float>{1, static_cast<float>(bad), 3}, 1.0);
            train(x, bad);
            if (skip) BOOST_TEST(everything(tape) == before);
        }
        train(x, 1.0);
        const std::vector<double> after = everything(tape);
        BOOST_TEST(after != before);
        BOOST_TEST(std::any_of(after.begin(), after.end(), [](double v) { return std::isnan(v); }) == !skip);
    }
}

BOOST_AUTO_TEST_CASE(skip_nonfinite_leaves_running_averages) {
    for (const bool skip : {true, false}) {
        xg::Tape tape;
        xg::models::BatchNorm norm(tape, 2, {.dtype = xg::DType::float64});
        auto train = tape.function([&](Var x) {
            const Var loss = sum(square(norm(x)));
            return xg::Step{{loss}, GD{.learning_rate = 0.1}.minimize(loss, {}, {.skip_nonfinite = skip})};
        });
        train(xt::xarray<double>{{1, 2}, {3, 5}});
        const std::vector<double> before = everything(tape);
        train(xt::xarray<double>{{1, std::nan("")}, {3, 5}});
        BOOST_TEST((everything(tape) == before) == skip);
        train(xt::xarray<double>{{1, 2}, {3, 5}});
        BOOST_TEST(std::isnan(norm.mean().value<double>()(1)) == !skip);
    }
}

BOOST_AUTO_TEST_CASE(locations) {
    // What a rule records carries the line that asked for it.
    xg::Tape tape;
    const Var w = tape.parameter(filled<float>({2}, 1.f), "w");
    struct Wrong {
        Var update(Var g, Parameter& p) const { return g + p.count(); }
    };
    const Var loss = sum(w);
    BOOST_TEST((error_of([&] { (void)minimize(Wrong{}, loss); }).ends_with(at(__LINE__))));
    struct Short {
        std::vector<Var> update(const std::vector<Var>&, Training&) const { return {}; }
    };
    BOOST_TEST(error_of([&] { (void)minimize(Short{}, loss); }) == "minimize: the rule \"Short\" gave 0 steps for 1 parameters" + at(__LINE__));
}

BOOST_AUTO_TEST_CASE(meta_gradient) {
    // An update is an expression, so what follows it can be differentiated through it: d/dr (w - r 2w)^2 = -4 w^2 (1 - 2r).
    xg::Tape tape;
    const Var w = tape.parameter(3.0, "w"), rate = tape.parameter(0.25, "rate");
    const Updates updates = GD{.learning_rate = rate}.minimize(square(w), {w});
    BOOST_TEST(xg::gradient(square(updates[0].next), rate).scalar<double>() == -4 * 9 * 0.5, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_SUITE_END()
