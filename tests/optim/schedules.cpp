// Schedules: their rates, and the numbers of PyTorch's schedulers where there is one of the kind.

#include "rules.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

struct Row {
    const char* name;
    LearningRate rate;
    std::vector<std::pair<int, double>> values; // at steps
};

void check(const Row& row) {
    xg::Tape tape;
    const Var step = tape.input<double>({});
    auto program = tape.compile({{row.rate.schedule()(step)}, {}}, {step});
    for (const auto& [at, rate] : row.values)
        BOOST_TEST(program(static_cast<double>(at)).scalar<double>() == rate, boost::test_tools::tolerance(1e-14));
}

const double half_root = std::sqrt(0.5);

const std::vector<Row> rows = {
    {"constant", Constant{0.3}, {{0, 0.3}, {1000, 0.3}}},
    {"step", StepDecay{.initial = 0.8, .factor = 0.5, .every = 3}, {{0, 0.8}, {2, 0.8}, {3, 0.4}, {5, 0.4}, {6, 0.2}, {30, 0.8 / 1024}}},
    {"piecewise", Piecewise{{2, 5}, {0.3, 0.2, 0.1}}, {{0, 0.3}, {1, 0.3}, {2, 0.2}, {4, 0.2}, {5, 0.1}, {99, 0.1}}},
    {"exponential", Exponential{0.8, 0.5, 2}, {{0, 0.8}, {1, 0.8 * half_root}, {2, 0.4}, {6, 0.1}}},
    {"inverse_time", InverseTime{0.6, 0.5}, {{0, 0.6}, {1, 0.4}, {2, 0.3}, {4, 0.2}}},
    {"polynomial", Polynomial{.initial = 1, .final = 0.2, .steps = 4, .power = 2}, {{0, 1}, {1, 0.65}, {2, 0.4}, {4, 0.2}, {9, 0.2}}},
    {"linear", Polynomial{.initial = 1, .steps = 4}, {{0, 1}, {1, 0.75}, {4, 0}, {5, 0}}},
    {"cosine", Cosine{.initial = 1, .final = 0.5, .steps = 4}, {{0, 1}, {1, 0.75 + 0.25 * half_root}, {2, 0.75}, {4, 0.5}, {7, 0.5}}},
    {"restarts", CosineRestarts{.initial = 1, .period = 4}, {{0, 1}, {2, 0.5}, {3, 0.5 - 0.5 * half_root}, {4, 1}, {6, 0.5}, {400, 1}}},
    {"growing_restarts",
     CosineRestarts{.initial = 1, .period = 2, .growth = 3},
     {{0, 1}, {1, 0.5}, {2, 1}, {5, 0.5}, {8, 1}, {17, 0.5}, {26, 1}, {53, 0.5}, {80, 1}, {59048, 1}}},
    {"warmup", Warmup{.steps = 4, .then = Exponential{0.8, 0.5}}, {{0, 0}, {1, 0.2}, {3, 0.6}, {4, 0.8}, {5, 0.4}, {6, 0.2}}},
    {"warmup_to_a_number", Warmup{.steps = 2, .then = 0.5, .from = 0.5}, {{0, 0.25}, {1, 0.375}, {2, 0.5}, {9, 0.5}}},
    {"warmup_twice", Warmup{.steps = 2, .then = Warmup{.steps = 2, .then = 0.4, .from = 0.5}}, {{0, 0}, {1, 0.1}, {2, 0.2}, {3, 0.3}, {4, 0.4}}},
    {"no_warmup", Warmup{.steps = 0, .then = InverseTime{0.6, 0.5}}, {{0, 0.6}, {1, 0.4}}},
    // OneCycleLR(max_lr=1, total_steps=10): up to step 2, down to step 9.
    {"one_cycle", OneCycle{.peak = 1, .steps = 10}, {{0, 0.04}, {1, 0.52}, {2, 1}, {9, 4e-6}, {50, 4e-6}}},
    {"one_cycle_linear", OneCycle{.peak = 1, .steps = 10, .linear = true}, {{0, 0.04}, {1, 0.52}, {2, 1}, {5, 1 - 3. / 7 * (1 - 4e-6)}, {9, 4e-6}}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(schedules)

const Cases cases(rows, check);

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    const Var w = tape.parameter(1.0, "w");
    const std::string end = at(__LINE__ + 1);
    auto error = [&](LearningRate rate) { return error_of([&] { (void)GD{.learning_rate = rate}.minimize(w); }); };
    BOOST_TEST(error(Piecewise{{1, 2}, {1, 2}}) == "minimize: Piecewise: 2 rates were given for 2 boundaries; there must be one rate more than boundaries" + end);
    BOOST_TEST(error(Piecewise{{2, 2}, {1, 2, 3}}) == "minimize: Piecewise: boundary 2 comes after 2; the boundaries must rise" + end);
    BOOST_TEST(error(OneCycle{.steps = 2}) == "minimize: OneCycle: steps * rise is 0.6; it must be above 1" + end);
    BOOST_TEST(error(OneCycle{.rise = 1}) == "minimize: OneCycle: rise is 1; it must be above 0 and less than 1" + end);
}

BOOST_AUTO_TEST_CASE(steps_count_from_zero) {
    xg::Tape tape;
    const Var w = tape.parameter(0.0, "w");
    auto train = tape.compile({{}, GD{.learning_rate = Piecewise{{1, 2}, {1, 10, 100}}}.minimize(w)}, {});
    for (const double there : {-1., -11., -111., -211.}) {
        train();
        BOOST_TEST(w.scalar<double>() == there);
    }
}

BOOST_AUTO_TEST_CASE(on_plateau) {
    xg::Tape tape;
    const Var rate = tape.state(1.0, "rate");
    ReduceOnPlateau plateau(rate, {.factor = 0.5, .patience = 1, .threshold = 0.1, .cooldown = 1, .min_rate = 0.2});
    const std::pair<double, double> losses[] = {
        {10, 1},    {8, 1},     // falls
        {7.9, 1},   {7.5, 0.5}, // not by a tenth, twice: reduced
        {7.4, 0.5},             // cools down
        {7.3, 0.5}, {7.3, 0.25}, {1, 0.25},
        {1, 0.25},  {1, 0.2}, // no lower than that
        {1, 0.2},   {1, 0.2},    {1, 0.2},
    };
    for (const auto& [loss, expected] : losses) {
        const double before = plateau.rate();
        BOOST_TEST(plateau.step(loss) == (expected < before));
        BOOST_TEST(plateau.rate() == expected);
    }
    // A first loss that is no number is not the best of all times.
    const Var other = tape.state(1.0, "other");
    ReduceOnPlateau after_nan(other, {.factor = 0.5, .patience = 1});
    for (const double loss : {std::nan(""), 3., 2., 1.}) BOOST_TEST(!after_nan.step(loss));
    BOOST_TEST(other.scalar<double>() == 1);
    // What it remembers is a state: another one goes on.
    ReduceOnPlateau again(rate, {.factor = 0.5, .patience = 0});
    BOOST_TEST(tape.states().size() == 4u);
    BOOST_TEST(again.step(0.5) == false);
    BOOST_TEST(again.step(0.5) == true);
    BOOST_TEST(again.rate() == 0.1);
    BOOST_TEST((error_of([&] { ReduceOnPlateau(tape.state(1, "whole")); }).starts_with("ReduceOnPlateau: the rate is int64 ()")));
}

BOOST_AUTO_TEST_SUITE_END()
