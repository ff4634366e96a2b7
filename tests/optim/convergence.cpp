// Every rule on every problem: what it must reach in a thousand steps at a rate that suits the two.

#include "problems.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

struct Row {
    const char* name;
    Transformation (*make)(LearningRate rate);
    std::array<double, 4> rate;  // for the sphere, the quadratic of condition 1000, Rosenbrock's, the logistic regression
    std::array<double, 4> reach; // how far above the least loss it may end
};

template <class Rule>
Transformation make(LearningRate rate) {
    return Rule{.learning_rate = rate};
}
Transformation look_ahead(LearningRate rate) { return Nesterov{.learning_rate = rate, .look_ahead = true}; }
Transformation rmsprop_with_all(LearningRate rate) { return RMSProp{.learning_rate = rate, .momentum = 0.5, .centered = true}; }

constexpr double none = 1e-12; // nothing but rounding

const std::vector<Row> rows = {
    {"gd", make<GD>, {1, 1.5e-3, 3e-3, 1}, {none, 0.05, 0.1, none}},
    {"sgd", make<SGD>, {1, 1.5e-3, 3e-3, 1}, {none, 0.05, 0.1, none}},
    {"momentum", make<Momentum>, {0.03, 3e-3, 3e-3, 0.1}, {none, none, 1e-10, none}},
    {"nesterov", make<Nesterov>, {0.1, 1e-3, 1e-3, 0.1}, {none, 1e-8, 1e-3, none}},
    {"look_ahead", look_ahead, {0.1, 1e-3, 1e-3, 0.1}, {none, 1e-8, 1e-3, none}},
    {"adagrad", make<Adagrad>, {3, 1, 1, 0.3}, {none, none, 0.1, none}},
    {"adadelta", make<Adadelta>, {3, 0.3, 0.3, 3}, {none, 1e-2, 0.5, none}},
    {"rmsprop", make<RMSProp>, {0.03, 0.01, 0.01, 0.01}, {none, none, 0.2, 1e-4}},
    {"rmsprop_with_all", rmsprop_with_all, {0.03, 0.01, 0.003, 0.01}, {1e-2, 1e-1, 0.5, 1e-2}},
    {"adam", make<Adam>, {0.3, 1, 0.3, 0.03}, {none, none, 1e-8, none}},
    {"amsgrad", make<AMSGrad>, {0.3, 0.1, 0.3, 0.1}, {none, none, 1e-6, none}},
    {"adamw", make<AdamW>, {1, 1, 0.1, 1}, {1e-4, none, 0.05, 1e-4}}, // the decay draws to zero
    {"adamax", make<Adamax>, {1, 0.03, 1, 0.3}, {none, none, 1e-2, none}},
    {"nadam", make<NAdam>, {0.3, 0.1, 0.03, 0.03}, {none, none, 0.1, none}},
    {"radam", make<RAdam>, {0.1, 3e-3, 3e-3, 0.3}, {none, 0.1, 4, none}},
    {"lion", make<Lion>, {0.1, 0.1, 3e-3, 0.01}, {1e-2, 1e-2, 1e-2, 1e-4}},
    {"lars", make<LARS>, {0.3, 3, 3, 0.3}, {1e-5, 1e-10, 0.1, 1e-5}},
    {"rprop", make<Rprop>, {0.1, 0.1, 0.1, 0.1}, {none, 1e-8, 1e-2, none}},
    {"lamb", make<LAMB>, {3e-3, 0.3, 0.03, 0.01}, {1e-3, none, 1, 1e-3}},
};

void check(const Row& row) {
    for (std::size_t k = 0; k < problems().size(); ++k) {
        const Landscape& problem = problems()[k];
        xg::Tape tape;
        const Var p = tape.parameter(problem.start, "p");
        const Var loss = problem.loss(p);
        xg::Program step = tape.compile({{loss}, minimize(row.make(row.rate[k]), loss)}, {});
        for (int i = 0; i < 1000; ++i) step();
        const double above = loss.scalar<double>() - problem.least;
        BOOST_TEST(above < row.reach[k], problem.name << ": " << above);
        BOOST_TEST(above > -none, problem.name << ": " << above);
        if (row.reach[k] == none) BOOST_TEST(same(p.value<double>(), problem.solution, 0, 1e-5), problem.name);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(convergence)
const Cases cases(rows, check);
BOOST_AUTO_TEST_SUITE_END()
