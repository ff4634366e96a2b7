// Hyper-parameters are checked when a rule is used; chains must go down; a slot belongs to one rule.

#include <limits>

#include "problems.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

/// The error of a rule on a tape of its own.
std::string error_of_rule(const Transformation& rule) {
    xg::Tape tape;
    const Var w = tape.parameter(filled<double>({2, 3}, 1.0), "w"), b = tape.parameter(1.0, "b");
    return error_of([&] { (void)minimize(rule, sum(square(w)) * square(b)); });
}

struct Wrong {
    const char* error;
    Transformation rule;
};

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

const std::vector<Wrong> wrong = {
    {"GD: learning_rate is -0.1; it must be at least 0", GD{.learning_rate = -0.1}},
    {"GD: learning_rate is nan; it must be finite", GD{.learning_rate = nan}},
    {"GD: learning_rate is inf; it must be finite", GD{.learning_rate = inf}},
    {"SGD: momentum is -0.5; it must be at least 0", SGD{.momentum = -0.5}},
    {"SGD: dampening is nan; it must be finite", SGD{.dampening = nan}},
    {"SGD: weight_decay is -1; it must be at least 0", SGD{.weight_decay = -1}},
    {"Momentum: momentum is -0.5; it must be at least 0", Momentum{.momentum = -0.5}},
    {"Momentum: weight_decay is -1; it must be at least 0", Momentum{.weight_decay = -1}},
    {"Nesterov: momentum is -0.5; it must be at least 0", Nesterov{.momentum = -0.5}},
    {"Nesterov: weight_decay is -1; it must be at least 0", Nesterov{.weight_decay = -1}},
    {"Adagrad: learning_rate_decay is -1; it must be at least 0", Adagrad{.learning_rate_decay = -1}},
    {"Adagrad: initial_accumulator_value is -1; it must be at least 0", Adagrad{.initial_accumulator_value = -1}},
    {"Adagrad: epsilon is -1; it must be at least 0", Adagrad{.epsilon = -1}},
    {"Adadelta: rho is 1.5; it must be from 0 to 1", Adadelta{.rho = 1.5}},
    {"RMSProp: alpha is 1.5; it must be from 0 to 1", RMSProp{.alpha = 1.5}},
    {"RMSProp: momentum is -0.5; it must be at least 0", RMSProp{.momentum = -0.5}},
    {"Adam: beta1 is 1.5; it must be at least 0 and less than 1", Adam{.beta1 = 1.5}},
    {"Adam: beta2 is 1; it must be at least 0 and less than 1", Adam{.beta2 = 1}},
    {"Adam: epsilon is -1e-08; it must be at least 0", Adam{.epsilon = -1e-8}},
    {"Adam: learning_rate is -1; it must be at least 0", Adam{.learning_rate = -1}},
    {"AMSGrad: beta1 is -0.1; it must be at least 0 and less than 1", AMSGrad{.beta1 = -0.1}},
    {"AdamW: weight_decay is -1; it must be at least 0", AdamW{.weight_decay = -1}},
    {"Adamax: beta2 is 2; it must be at least 0 and less than 1", Adamax{.beta2 = 2}},
    {"NAdam: momentum_decay is -1; it must be at least 0", NAdam{.momentum_decay = -1}},
    {"RAdam: beta2 is 1; it must be at least 0 and less than 1", RAdam{.beta2 = 1}},
    {"Lion: beta1 is 1; it must be at least 0 and less than 1", Lion{.beta1 = 1}},
    {"LARS: trust_coefficient is -1; it must be at least 0", LARS{.trust_coefficient = -1}},
    {"LAMB: epsilon is -1; it must be at least 0", LAMB{.epsilon = -1}},
    {"Rprop: eta_minus is 1; it must be above 0 and less than 1", Rprop{.eta_minus = 1}},
    {"Rprop: eta_plus is 1; it must be above 1", Rprop{.eta_plus = 1}},
    {"Rprop: max_step - min_step is -1; it must be at least 0", Rprop{.min_step = 2, .max_step = 1}},
    {"ClipByValue: limit is -1; it must be at least 0", chain(ClipByValue{-1}, GD{})},
    {"ClipByNorm: limit is -1; it must be at least 0", chain(ClipByNorm{-1}, GD{})},
    {"ClipByGlobalNorm: limit is nan; it must be finite", chain(ClipByGlobalNorm{nan}, GD{})},
    {"MaxNorm: limit is -1; it must be at least 0", chain(GD{}, MaxNorm{-1})},
    {"MovingAverage: decay is 1.1; it must be from 0 to 1", chain(GD{}, MovingAverage{1.1})},
    {"Accumulate: calls is 0; it must be at least 1", Accumulate{GD{}, 0}},
    {"Scale: factor is nan; it must be finite", chain(GD{}, Scale{nan})},
    {"ScaleByLearningRate: learning_rate is -1; it must be at least 0", ScaleByLearningRate{-1}},
    {"ScaleByAdam: beta1 is 1; it must be at least 0 and less than 1", chain(ScaleByAdam{1}, ScaleByLearningRate{1})},
    {"Trace: momentum is -1; it must be at least 0", chain(Trace{-1}, ScaleByLearningRate{1})},
    {"AddDecayedWeights: weight_decay is -1; it must be at least 0", chain(AddDecayedWeights{-1}, GD{})},
    {"ScaleByTrustRatio: coefficient is -1; it must be at least 0", chain(ScaleByTrustRatio{-1}, GD{})},
    {"Constant: rate is -1; it must be at least 0", GD{.learning_rate = Constant{-1}}},
    {"StepDecay: every is 0; it must be at least 1", GD{.learning_rate = StepDecay{.every = 0}}},
    {"Piecewise: a rate is -1; it must be at least 0", GD{.learning_rate = Piecewise{{5}, {1, -1}}}},
    {"Exponential: factor is 0; it must be above 0", GD{.learning_rate = Exponential{.factor = 0}}},
    {"InverseTime: decay is -1; it must be at least 0", GD{.learning_rate = InverseTime{.decay = -1}}},
    {"Polynomial: final is -1; it must be at least 0", GD{.learning_rate = Polynomial{.final = -1}}},
    {"Cosine: steps is 0; it must be above 0", GD{.learning_rate = Cosine{.steps = 0}}},
    {"CosineRestarts: growth is 0.5; it must be at least 1", GD{.learning_rate = CosineRestarts{.growth = 0.5}}},
    {"Warmup: steps is -1; it must be at least 0", GD{.learning_rate = Warmup{.steps = -1}}},
    {"Constant: rate is -1; it must be at least 0", GD{.learning_rate = Warmup{.then = -1}}},
    {"OneCycle: divisor is 0; it must be above 0", GD{.learning_rate = OneCycle{.divisor = 0}}},
};

/// A rule of one's own that says nothing of itself.
struct Halved {
    double factor = -0.5;
    Var update(Var g, Parameter&) const { return factor * g; }
};
/// A stage of one's own that has a rate.
struct Louder {
    LearningRate learning_rate = 2;
    static constexpr bool stage() { return true; }
    Var update(Var g, Parameter& p) const { return p.rate(learning_rate) * g; }
};
struct UnmarkedLouder {
    LearningRate learning_rate = 2;
    Var update(Var g, Parameter& p) const { return p.rate(learning_rate) * g; }
};

/// What one step adds to w and b, whose gradients are 1.
std::pair<double, double> step_of(const Transformation& rule) {
    xg::Tape tape;
    const Var w = tape.parameter(filled<double>({1, 1}, 0.0), "w"), b = tape.parameter(0.0, "b");
    tape.compile({{}, minimize(rule, sum(w) + b)}, {})();
    return {w.value<double>()(0, 0), b.scalar<double>()};
}

using Step = std::pair<double, double>;

} // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(out_of_range) {
    for (const auto& [expected, rule] : wrong) {
        const std::string error = error_of_rule(rule);
        BOOST_TEST((error.starts_with(std::string("minimize: ") + expected)), error << " where expected: " << expected);
    }
}

BOOST_AUTO_TEST_CASE(at_the_ends_of_their_ranges) {
    const Transformation right[] = {
        GD{.learning_rate = 0},
        SGD{.momentum = 1.5, .dampening = -1},
        Adadelta{.rho = 1},
        RMSProp{.alpha = 0},
        Adam{.beta1 = 0, .beta2 = 0, .epsilon = 0},
        chain(GD{}, MovingAverage{1}),
        Accumulate{GD{}, 1},
        GD{.learning_rate = Warmup{.steps = 0}},
    };
    for (const Transformation& rule : right) BOOST_TEST(error_of_rule(rule) == "no error");
}

BOOST_AUTO_TEST_CASE(of_searches) {
    xg::Tape tape;
    Problem problem(square(tape.parameter(1.0, "w")));
    const auto starts = [&](const auto& method, const char* text) {
        const std::string error = error_of([&] { (void)method.solve(problem); });
        BOOST_TEST((error.starts_with(text)), error);
    };
    starts(LBFGS{.learning_rate = 0}, "LBFGS: learning_rate is 0; it must be above 0");
    starts(LBFGS{.max_iterations = -1}, "LBFGS: max_iterations is -1; it must be at least 0");
    starts(NewtonCG{.tolerance_gradient = -1}, "NewtonCG: tolerance_gradient is -1; it must be at least 0");
    starts(RandomSearch{.tries = -1}, "RandomSearch: tries is -1; it must be at least 0");
    starts(RandomLocalSearch{.step_size = -1}, "RandomLocalSearch: step_size is -1; it must be at least 0");
    const std::string error = error_of([&] { ReduceOnPlateau(tape.state(0.1, "rate"), {.factor = 1}); });
    BOOST_TEST((error.starts_with("ReduceOnPlateau: factor is 1; it must be at least 0 and less than 1")), error);
}

BOOST_AUTO_TEST_CASE(a_chain_without_a_learning_rate) {
    const std::string advice = "; add ScaleByLearningRate as a last stage, or Scale{-1} for steps as long as the rule gives them";
    const Transformation climbing[] = {
        chain(ScaleByAdam{}),
        chain(ClipByGlobalNorm{1}, Trace{}, AddDecayedWeights{}),
        chain(Trace{}, MovingAverage{}, MaxNorm{}),
        Accumulate{chain(ScaleByTrustRatio{}), 2},
        ScaleByAdam{},
        chain(Scale{0.1}),
        chain(Louder{}),
    };
    for (const Transformation& rule : climbing) {
        const std::string error = error_of_rule(rule);
        BOOST_TEST((error.starts_with("minimize: nothing in the rule \"" + rule.name() + "\" has a learning rate, and \"w\" would climb")),
                   error);
        BOOST_TEST((error.find(advice) != std::string::npos), error);
        BOOST_TEST(error_of_rule(chain(rule, ScaleByLearningRate{0.1})) == "no error");
        BOOST_TEST(error_of_rule(chain(rule, Scale{-1})) == "no error");
    }
    BOOST_TEST((step_of(chain(Trace{}, ScaleByLearningRate{0.5})) == Step{-0.5, -0.5}));
    BOOST_TEST((step_of(chain(Trace{}, Scale{-1})) == Step{-1, -1}));
}

BOOST_AUTO_TEST_CASE(a_parameter_that_no_rule_takes) {
    // The gradient of b passes through as it is.
    const Transformation weights = chain(Masked{GD{.learning_rate = 0.5}, weights_only});
    const std::string error = error_of_rule(weights);
    BOOST_TEST((error.starts_with("minimize: the rule \"chain\" has no learning rate for \"b\", whose gradient passes")), error);
    BOOST_TEST((step_of(chain(weights, Masked{GD{.learning_rate = 0.25}, except(weights_only)})) == Step{-0.5, -0.25}));
    BOOST_TEST((step_of(chain(weights, Frozen{except(weights_only)})) == Step{-0.5, 0}));
}

BOOST_AUTO_TEST_CASE(two_learning_rates) {
    // The second turns around what the first gave.
    const std::string error = error_of_rule(chain(Adam{}, ScaleByLearningRate{0.1}));
    BOOST_TEST((error.starts_with("minimize: in the rule \"chain\" both \"adam\" and \"learning_rate\" have a learning rate for \"w\"")), error);
    BOOST_TEST(error_of_rule(chain(Adam{})) == "no error"); // one of them left out
    BOOST_TEST((error_of_rule(chain(UnmarkedLouder{}, GD{})).find("give it a stage() that returns true") != std::string::npos));
    BOOST_TEST((step_of(chain(Louder{}, GD{.learning_rate = 0.5})) == Step{-1, -1}));
}

BOOST_AUTO_TEST_CASE(rules_of_which_nothing_is_known) {
    BOOST_TEST((step_of(Halved{}) == Step{-0.5, -0.5}));
    BOOST_TEST((step_of(chain(ClipByValue{1}, Halved{})) == Step{-0.5, -0.5}));
    BOOST_TEST((step_of(chain(Scale{-1}, GD{.learning_rate = 0.5})) == Step{0.5, 0.5})); // up, as it says
}

namespace {

/// Two functions that train one parameter.
struct Two {
    xg::Tape tape;
    Var w = tape.parameter(1.0, "w");
    xg::Function by(Transformation rule) {
        return tape.function([this, rule](Var x) { return xg::Step{{}, minimize(rule, w * sum(x))}; });
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(two_rules_do_not_share_slots) {
    const auto x = filled<double>({2}, 1.0);
    Two two;
    auto first = two.by(Adam{.learning_rate = 0.1}), second = two.by(Adam{.learning_rate = 0.1});
    first(x);
    const double before = two.w.scalar<double>();
    const std::string error = error_of([&] { second(x); });
    BOOST_TEST((error.starts_with("minimize: another rule keeps the slot \"adam.") && error.find("recorded at settings.cpp:") != std::string::npos),
               error);
    BOOST_TEST(two.w.scalar<double>() == before);
    first(x), first(filled<double>({3}, 1.0)); // it goes on, for another size, too

    Two named; // as the message says: a name of its own
    auto a = named.by(Adam{.learning_rate = 0.1}), b = named.by(Adam{.learning_rate = 0.1, .name = "second"});
    a(x), a(x), b(x);
    BOOST_TEST(named.tape.slot("adam.steps/w", xg::DType::int64, {}).scalar<std::int64_t>() == 2);
    BOOST_TEST(named.tape.slot("second.steps/w", xg::DType::int64, {}).scalar<std::int64_t>() == 1);

    Two shared; // or one rule in both
    const Transformation rule = Adam{.learning_rate = 0.1};
    auto c = shared.by(rule), d = shared.by(rule);
    c(x), c(x), d(x);
    BOOST_TEST(shared.tape.slot("adam.steps/w", xg::DType::int64, {}).scalar<std::int64_t>() == 3);
}

BOOST_AUTO_TEST_CASE(a_rule_made_while_tracing_finds_its_slots) {
    xg::Tape tape;
    const Var w = tape.parameter(1.0, "w");
    auto train = tape.function([&](Var x) { return xg::Step{{}, Momentum{.learning_rate = 0.1, .momentum = 0.5}.minimize(w * sum(x))}; });
    train(filled<double>({1}, 1.0)), train(filled<double>({2}, 0.5));
    BOOST_TEST(w.scalar<double>() == 1 - 0.1 * (1 + 1.5), boost::test_tools::tolerance(1e-15));
    // And one that is recorded anew for every step, at one line.
    for (int i = 0; i < 2; ++i) {
        const xg::Mark mark = tape.mark();
        tape.compile({{}, Adagrad{.learning_rate = 1}.minimize(w * 3)}, {})();
        tape.rewind(mark);
    }
    BOOST_TEST(tape.slot("adagrad.sum/w", xg::DType::float64, {}).scalar<double>() == 18);
}

BOOST_AUTO_TEST_SUITE_END()
