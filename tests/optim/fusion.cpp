// One pass over memory: the loops that the steps of the rules become.

#include "rules.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
    return n;
}

/// The loops of a step that go over the elements of a parameter of 60 x 70, L2 term and its gradient included; those over the
/// batch and over single numbers do not count.
std::size_t loops(const Transformation& rule, MinimizeOptions options = {}, std::string* text = nullptr) {
    xg::Tape tape;
    const Var w = tape.parameter(filled<float>({60, 70}, 0.5f), "w");
    auto step = tape.function([&](Var x, Var y) {
        const Var loss = mean(square(matmul(x, w) - y)) + 1e-3 * sum(square(w));
        return xg::Step{{}, minimize(rule, loss, {}, options)};
    });
    const std::string plan = step.program({{xg::DType::float32, {32, 60}}, {xg::DType::float32, {32, 70}}}).str();
    if (text) *text = plan;
    return count(plan, "loop over 4200 rows") + count(plan, "loop over 60 rows");
}

struct Row {
    const char* name;
    Transformation rule;
    std::size_t loops;
};

const std::vector<Row> rows = {
    {"gd", GD{}, 1},
    {"sgd", SGD{.momentum = 0.9, .dampening = 0.1, .weight_decay = 0.1}, 1},
    {"momentum", Momentum{}, 1},
    {"nesterov", Nesterov{.look_ahead = true}, 1},
    {"adagrad", Adagrad{.learning_rate_decay = 0.1, .weight_decay = 0.1}, 1},
    {"adadelta", Adadelta{.weight_decay = 0.1}, 1},
    {"rmsprop", RMSProp{.weight_decay = 0.1, .momentum = 0.9, .centered = true}, 1},
    {"adam", Adam{.weight_decay = 0.1}, 1},
    {"amsgrad", AMSGrad{}, 1},
    {"adamw", AdamW{.learning_rate = Warmup{.steps = 10, .then = Cosine{}}}, 1},
    {"adamax", Adamax{}, 1},
    {"nadam", NAdam{}, 1},
    {"radam", RAdam{}, 1},
    {"lion", Lion{.weight_decay = 0.1}, 1},
    {"rprop", Rprop{}, 1},
    {"moving_average", chain(GD{}, MovingAverage{}), 1},
    {"clip_by_value", chain(ClipByValue{1}, Adam{}), 1},
    {"whole_chain", chain(ClipByValue{1}, ScaleByAdam{}, AddDecayedWeights{1e-2}, ScaleByLearningRate{OneCycle{}}, MovingAverage{}), 1},
    {"accumulate", Accumulate{Adam{}, 4}, 1},
    {"clip_by_norm", chain(ClipByNorm{1}, Adam{}), 2},
    {"clip_by_global_norm", chain(ClipByGlobalNorm{1}, Adam{}, MovingAverage{}), 2},
    {"lars", LARS{.weight_decay = 0.1}, 3}, // the norm of w is that of the L2 term, recorded before there was a gradient
    {"lamb", LAMB{.weight_decay = 0.1}, 3},
    {"max_norm", chain(Momentum{}, MaxNorm{1}), 2},
};

void check(const Row& row) { BOOST_TEST(loops(row.rule) == row.loops); }

} // namespace

BOOST_AUTO_TEST_SUITE(fusion)

const Cases cases(rows, check);

BOOST_AUTO_TEST_CASE(clipping_joins_every_rule) {
    // By value it takes no loop of its own, by the global norm it takes the one that squares and adds up.
    for (const Row& row : rows) {
        BOOST_TEST(loops(chain(ClipByValue{1}, row.rule)) == row.loops, row.name);
        BOOST_TEST(loops(chain(ClipByGlobalNorm{1}, row.rule)) <= row.loops + 1, row.name);
        if (row.loops == 1) BOOST_TEST(loops(chain(ClipByGlobalNorm{1}, row.rule)) == 2u, row.name);
    }
}

BOOST_AUTO_TEST_CASE(skip_nonfinite) { BOOST_TEST(loops(Adam{}, {.skip_nonfinite = true}) == 2u); }

BOOST_AUTO_TEST_CASE(in_place) {
    // Parameter and slots are overwritten where they lie: nothing as large as they is kept beside the gradient.
    std::string plan;
    loops(Adam{}, {}, &plan);
    BOOST_TEST(count(plan, "leaf2[0] = ") == 1u);
    xg::Tape tape;
    const Var w = tape.parameter(filled<float>({3000}, 0.5f), "w");
    auto step = tape.compile({{}, Adam{}.minimize(sum(square(w)))}, {});
    BOOST_TEST(step.loops() == 2u); // one over single numbers
    BOOST_TEST(step.arena_bytes() < 1000u);
}

BOOST_AUTO_TEST_CASE(a_loss_of_the_parameter_alone) {
    // Value, gradient, clipping and update of all elements in one loop: the numbers of the rule stand before it.
    xg::Tape tape;
    const Var w = tape.parameter(filled<double>({5000}, 0.5), "w");
    const Var loss = sum(square(w - 1));
    auto step = tape.compile({{loss}, chain(ClipByValue{1}, NAdam{.learning_rate = Exponential{}}).minimize(loss)}, {});
    BOOST_TEST(step.steps() == 2u);
}

BOOST_AUTO_TEST_CASE(fused_is_unfused) {
    for (const Row& row : rows) {
        xt::xarray<double> ends[2];
        for (const bool fuse : {true, false}) {
            xg::Tape tape;
            Random random(9);
            const Var w = tape.parameter(random_array<double>({6, 7}, random), "w"), x = tape.constant(random_array<double>({5, 6}, random));
            const Var loss = mean(square(matmul(x, w))) + 1e-3 * sum(square(w));
            auto step = tape.compile({{}, minimize(row.rule, loss)}, {}, {.fuse = fuse});
            for (int i = 0; i < 5; ++i) step();
            ends[fuse] = w.value<double>();
        }
        BOOST_TEST(same(ends[0], ends[1], 1e-12), row.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
