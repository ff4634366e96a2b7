// What the errors of training advise: whoever does it has a right program. See also tests/core/advice.cpp.

#include "../support.hpp"

using namespace test;
using namespace xgrad::optim;
using xg::Step;
using xg::Var;

namespace {

struct Fixture {
    xg::Tape tape;
    Var w = tape.parameter(xt::xarray<double>{1, 2}, "w");
    Var loss() const { return sum(square(w)); }
    template <class Rule>
    void train(const Rule& rule) {
        tape.compile({.outputs = {}, .updates = minimize(rule, loss())}, {})();
    }
    /// That the error of the first says these words, and the second goes down.
    template <class Wrong, class Right>
    void check(const Wrong& wrong, const char* words, const Right& right) {
        const std::string text = error_of([&] { train(wrong); });
        BOOST_TEST(text.find(words) != std::string::npos, text);
        const double before = loss().template scalar<double>();
        train(right);
        BOOST_TEST(loss().template scalar<double>() < before);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(advice, Fixture)

BOOST_AUTO_TEST_CASE(hyper_parameters) {
    check(SGD{.learning_rate = -0.1}, "learning_rate is -0.1; it must be at least 0", SGD{.learning_rate = 0.1});
    check(Adam{.beta1 = 1}, "beta1 is 1; it must be at least 0 and less than 1", Adam{.beta1 = 0.9});
    check(SGD{.nesterov = true}, "Nesterov's momentum needs momentum > 0 and dampening = 0",
          SGD{.learning_rate = 0.01, .momentum = 0.9, .nesterov = true});
}

BOOST_AUTO_TEST_CASE(rates_of_chains) {
    check(chain(ClipByGlobalNorm{1.0}), "add ScaleByLearningRate as a last stage",
          chain(ClipByGlobalNorm{1.0}, ScaleByLearningRate{0.01}));
    check(chain(Trace{}), "or Scale{-1} for steps as long as the rule gives them", chain(Scale{0.01}, Scale{-1}));
    check(chain(SGD{.learning_rate = 0.1}, ScaleByLearningRate{0.01}), "leave one of them out",
          chain(SGD{.learning_rate = 0.01}));
}

BOOST_AUTO_TEST_CASE(slots_of_two_rules) {
    const auto function = [&](const Transformation& rule) {
        return tape.function([this, rule] { return Step{.outputs = {loss()}, .updates = minimize(rule, loss())}; });
    };
    auto first = function(Adam{});
    first();
    auto second = function(Adam{});
    BOOST_TEST(error_of([&] { second(); }).find("give one of the two a .name of its own") != std::string::npos);
    auto named = function(Adam{.name = "other"});
    BOOST_TEST(error_of([&] { named(); }) == "no error");
    const Transformation shared = Momentum{};
    auto third = function(shared), fourth = function(shared);
    third();
    BOOST_TEST(error_of([&] { fourth(); }) == "no error");
}

BOOST_AUTO_TEST_CASE(averages) {
    train(chain(SGD{.learning_rate = 0.1}, MovingAverage{.decay = 0.5, .name = "slow"}));
    const std::string text = error_of([&] { (void)MovingAverage{}.of(w); });
    BOOST_TEST(text.find("it has one called \"slow\", which is what .name should be") != std::string::npos, text);
    BOOST_TEST(MovingAverage{.name = "slow"}.of(w).value<double>()(0) != 0);
}

BOOST_AUTO_TEST_CASE(searches_of_functions_that_draw) {
    xg::Random random(tape, 1);
    Problem noisy(sum(square(dropout(w, 0.5, random))), {w});
    BOOST_TEST(error_of([&] { (void)LBFGS{}.solve(noisy); }).find("dropout with training = false") != std::string::npos);
    Problem still(sum(square(dropout(w, 0.5, random, false))), {w});
    BOOST_TEST(LBFGS{}.solve(still).loss < 1e-10);
}

BOOST_AUTO_TEST_SUITE_END()
