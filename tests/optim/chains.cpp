// Transformations that are chained: clipping, decay, masks, freezing, accumulation, averages, projection.

#include "problems.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

/// A parameter of each shape and the gradients that a linear loss gives them.
struct Linear {
    xg::Tape tape;
    xt::xarray<double> gw = {{3, 0}, {0, -4}}, gb = {12};
    Var w = tape.parameter(filled<double>({2, 2}, 1.0), "layer.weights"), b = tape.parameter(filled<double>({1}, 1.0), "layer.bias");
    Var loss() { return sum(w * tape.constant(gw)) + sum(b * tape.constant(gb)); }
    /// The change of w and b by one step.
    void run(const Transformation& rule, int steps = 1) {
        auto step = tape.compile({{}, minimize(rule, loss())}, {});
        for (int i = 0; i < steps; ++i) step();
    }
    bool changed(double factor_w, double factor_b, double tolerance = 1e-14) {
        auto w_after = gw, b_after = gb;
        for (double& x : w_after) x = 1 + factor_w * x;
        for (double& x : b_after) x = 1 + factor_b * x;
        const auto of_w = same(w.value<double>(), w_after, tolerance), of_b = same(b.value<double>(), b_after, tolerance);
        if (!of_w) BOOST_TEST_MESSAGE("w: " << of_w.message());
        if (!of_b) BOOST_TEST_MESSAGE("b: " << of_b.message());
        return static_cast<bool>(of_w) && static_cast<bool>(of_b);
    }
};

const Scale down{-1};

} // namespace

BOOST_AUTO_TEST_SUITE(chains)

BOOST_AUTO_TEST_CASE(clip_by_value) {
    Linear l;
    l.run(chain(ClipByValue{3.5}, down));
    BOOST_TEST(same(l.w.value<double>(), xt::xarray<double>{{-2, 1}, {1, 4.5}}));
    BOOST_TEST(same(l.b.value<double>(), xt::xarray<double>{-2.5}));
}

BOOST_AUTO_TEST_CASE(clip_by_norm) {
    Linear of_each, none;
    of_each.run(chain(ClipByNorm{2.5}, down)); // the norms are 5 and 12
    BOOST_TEST(of_each.changed(-2.5 / (5 + 1e-6), -2.5 / (12 + 1e-6)));
    none.run(chain(ClipByNorm{.limit = 20}, down));
    BOOST_TEST(none.changed(-1, -1));
}

BOOST_AUTO_TEST_CASE(clip_by_global_norm) {
    Linear of_all, exact, none;
    of_all.run(chain(ClipByGlobalNorm{6.5}, down)); // the norm is 13
    BOOST_TEST(of_all.changed(-6.5 / (13 + 1e-6), -6.5 / (13 + 1e-6)));
    exact.run(chain(ClipByGlobalNorm{.limit = 6.5, .epsilon = 0}, down));
    BOOST_TEST(exact.changed(-0.5, -0.5));
    none.run(chain(ClipByGlobalNorm{13.1}, down));
    BOOST_TEST(none.changed(-1, -1));
}

BOOST_AUTO_TEST_CASE(decay_coupled_decoupled_and_masked) {
    Linear coupled, decoupled, masked;
    coupled.run(chain(AddDecayedWeights{0.5}, Trace{0.9}, ScaleByLearningRate{0.1}));
    BOOST_TEST(same(coupled.b.value<double>(), xt::xarray<double>{1 - 0.1 * 12.5}, 1e-14));
    decoupled.run(chain(ScaleByAdam{}, AddDecayedWeights{0.5}, ScaleByLearningRate{0.1}));
    BOOST_TEST(same(decoupled.b.value<double>(), xt::xarray<double>{1 - 0.1 * 1.5}, 1e-8));
    masked.run(chain(Masked{AddDecayedWeights{0.5}}, ScaleByLearningRate{0.1})); // no decay of biases
    BOOST_TEST(same(masked.b.value<double>(), xt::xarray<double>{1 - 0.1 * 12}, 1e-14));
    BOOST_TEST(same(masked.w.value<double>(), xt::xarray<double>{{1 - 0.1 * 3.5, 1 - 0.1 * 0.5}, {1 - 0.1 * 0.5, 1 + 0.1 * 3.5}}, 1e-14));
}

BOOST_AUTO_TEST_CASE(groups_and_freezing) {
    Linear two, frozen, list;
    two.run(chain(Masked{GD{.learning_rate = 0.5}, weights_only}, Masked{Momentum{.learning_rate = 0.25}, except(weights_only)}));
    BOOST_TEST(two.changed(-0.5, -0.25));
    BOOST_TEST(two.tape.states().size() == 1u);
    frozen.run(chain(Frozen{named("bias")}, Adam{.learning_rate = 0.5}, MovingAverage{}));
    BOOST_TEST(same(frozen.b.value<double>(), xt::xarray<double>{1}));
    for (const Var& s : frozen.tape.states()) BOOST_TEST((frozen.tape.name(s).find("bias") == std::string::npos));
    list.run(chain(Frozen{only({list.w})}, GD{.learning_rate = 1}));
    BOOST_TEST(list.changed(0, -1));
}

BOOST_AUTO_TEST_CASE(masked_global_norm) {
    Linear l; // a clip that sees the weights only
    l.run(chain(Masked{ClipByGlobalNorm{.limit = 2.5, .epsilon = 0}}, down));
    BOOST_TEST(l.changed(-0.5, -1));
}

BOOST_AUTO_TEST_CASE(accumulation) {
    // Three calls with a third of a batch each are one step on all of it; between them nothing moves.
    Random random(3);
    const auto x = random_array<double>({6, 4}, random);
    xg::Tape whole, parts;
    const Adam adam{.learning_rate = Exponential{0.1, 0.5}};
    const Var w = whole.parameter(filled<double>({4}, 0.5), "w"), v = parts.parameter(filled<double>({4}, 0.5), "w");
    auto train = whole.function([&](Var batch) { return xg::Step{{}, adam.minimize(mean(square(matmul(batch, w) - 1)))}; });
    auto accumulate = parts.function(
        [&](Var batch) { return xg::Step{{}, Accumulate{adam, 3}.minimize(mean(square(matmul(batch, v) - 1)))}; });
    for (int step = 0; step < 4; ++step) {
        train(x);
        const auto before = v.value<double>();
        for (std::size_t part = 0; part < 3; ++part) {
            BOOST_TEST(same(v.value<double>(), before));
            auto rows = xt::xarray<double>::from_shape({2, 4});
            std::copy_n(x.data() + part * 8, 8, rows.data());
            accumulate(rows);
        }
        BOOST_TEST(same(v.value<double>(), w.value<double>(), 1e-12));
    }
    BOOST_TEST(parts.slot("adam.steps/w", xg::DType::int64, {}).scalar<std::int64_t>() == 4);
    Linear sum;
    sum.run(Accumulate{.rule = GD{.learning_rate = 1}, .calls = 2, .mean = false}, 5);
    BOOST_TEST(sum.changed(-4, -4));
    BOOST_TEST(error_of([&] { sum.run(Accumulate{GD{}, 0}); }) .starts_with("minimize: Accumulate: calls is 0; it must be at least 1, at chains.cpp:"));
}

BOOST_AUTO_TEST_CASE(moving_average) {
    Linear l;
    const MovingAverage average{0.75};
    auto step = l.tape.compile({{}, chain(GD{.learning_rate = 1}, average).minimize(l.loss())}, {});
    step();
    BOOST_TEST(same(average.of(l.b).value<double>(), xt::xarray<double>{-11})); // the first parameters themselves
    step();
    BOOST_TEST(same(average.of(l.b).value<double>(), xt::xarray<double>{0.75 * -11 + 0.25 * -23}, 1e-15));
    BOOST_TEST(same(l.b.value<double>(), xt::xarray<double>{-23}));
    l.tape.assign(l.b, average.of(l.b).value<double>());
    BOOST_TEST(same(l.b.value<double>(), xt::xarray<double>{-14}));
}

BOOST_AUTO_TEST_CASE(a_moving_average_before_the_first_step) {
    // It is the parameter, whatever becomes of that meanwhile.
    Linear l;
    const MovingAverage average{0.75};
    BOOST_TEST(same(average.of(l.w).value<double>(), filled<double>({2, 2}, 1.0)));
    auto evaluate = l.tape.compile({{average.of(l.b)}, {}}, {});
    auto step = l.tape.compile({{}, chain(GD{.learning_rate = 1}, average).minimize(l.loss())}, {});
    l.tape.assign(l.b, 5);
    BOOST_TEST(same(evaluate().array<double>(), xt::xarray<double>{5}));
    average.swap(l.tape);
    BOOST_TEST(same(l.b.value<double>(), xt::xarray<double>{5}));
    average.swap(l.tape);
    step(), step();
    BOOST_TEST(same(evaluate().array<double>(), xt::xarray<double>{0.75 * -7 + 0.25 * -19}));
}

BOOST_AUTO_TEST_CASE(a_moving_average_of_another_name) {
    Linear l;
    const MovingAverage average{.decay = 0.75, .name = "slow"};
    l.run(chain(GD{.learning_rate = 1}, average));
    const std::string error = error_of([&] { (void)MovingAverage{}.of(l.b); });
    BOOST_TEST(error == "MovingAverage: no average called \"moving_average\" is kept of \"layer.bias\"; it has one called \"slow\", "
                        "which is what .name should be" + at(__LINE__ - 2));
    BOOST_TEST((error_of([&] { MovingAverage{}.swap(l.tape); }).starts_with("MovingAverage: no average called \"moving_average\"")));
    BOOST_TEST(same(MovingAverage{.name = "slow"}.of(l.b).value<double>(), xt::xarray<double>{-11}));
}

BOOST_AUTO_TEST_CASE(averages_are_exchanged_with_parameters) {
    xg::Tape tape;
    const Var w = tape.parameter(xt::xarray<float>{1, 2}, "w"), b = tape.parameter(3.0, "b"), other = tape.parameter(7.0, "other");
    const MovingAverage average{0.5};
    auto step = tape.compile({{}, chain(GD{.learning_rate = 1}, average).minimize(cast(sum(w), xg::DType::float64) + b)}, {});
    step(), step();
    const auto averages = xt::xarray<float>{-0.5f, 0.5f};
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST(same(w.value<float>(), xt::xarray<float>{-1, 0}));
        BOOST_TEST(b.scalar<double>() == 1);
        average.swap(tape);
        BOOST_TEST(same(w.value<float>(), averages));
        BOOST_TEST(b.scalar<double>() == 1.5);
        BOOST_TEST(other.scalar<double>() == 7);
        average.swap(tape);
    }
    step();
    BOOST_TEST(same(average.of(w).value<float>(), xt::xarray<float>{-1.25f, -0.25f}));
}

BOOST_AUTO_TEST_CASE(max_norm) {
    // Columns of 5 and 13 are cut to 6: the first stays, to the bit, and the second ends at a length of 6.
    xg::Tape tape;
    const Var w = tape.parameter(xt::xarray<double>{{2.9, 5.1}, {3.9, 12.1}}, "w"), b = tape.parameter(100.0, "b");
    const Var loss = -0.1 * sum(w) - b;
    auto step = tape.compile({{}, chain(GD{.learning_rate = 1}, MaxNorm{6}).minimize(loss)}, {});
    const auto before = w.value<double>();
    step();
    const auto after = w.value<double>();
    BOOST_TEST(after(0, 0) == before(0, 0) + 0.1);
    BOOST_TEST(after(1, 0) == before(1, 0) + 0.1);
    BOOST_TEST(std::hypot(after(0, 1), after(1, 1)) == 6, boost::test_tools::tolerance(1e-15));
    BOOST_TEST(b.scalar<double>() == 101); // no such axis
    for (int i = 0; i < 100; ++i) step();
    for (int i = 0; i < 2; ++i) BOOST_TEST(std::hypot(w.value<double>()(0, i), w.value<double>()(1, i)) < 6 + 1e-14);
}

BOOST_AUTO_TEST_CASE(named_rules_are_chains) {
    // The same path: a rule, and the chain that it stands for.
    const std::pair<Transformation, Transformation> pairs[] = {
        {SGD{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1}, chain(AddDecayedWeights{0.1}, Trace{0.9}, ScaleByLearningRate{0.1})},
        {Nesterov{.learning_rate = 0.1}, chain(Trace{.nesterov = true}, ScaleByLearningRate{0.1})},
        {AdamW{.learning_rate = 0.1}, chain(ScaleByAdam{}, AddDecayedWeights{0.01}, ScaleByLearningRate{0.1})},
        {LAMB{.learning_rate = 0.1, .weight_decay = 0.1}, chain(ScaleByAdam{.epsilon = 1e-6}, AddDecayedWeights{0.1}, ScaleByTrustRatio{}, ScaleByLearningRate{0.1})},
        {LARS{.learning_rate = 0.1}, chain(ScaleByTrustRatio{1e-3}, ScaleByLearningRate{0.1}, Trace{})},
        {Nesterov{.learning_rate = 0.1}, Nesterov{.learning_rate = 0.1, .look_ahead = true}},
    };
    for (const auto& [rule, stages] : pairs) {
        xt::xarray<double> ends[2];
        int k = 0;
        for (const Transformation* t : {&rule, &stages}) {
            xg::Tape tape;
            const Var p = tape.parameter(xt::xarray<double>{1, -2, 3}, "p"), loss = sum(square(p) * square(p)) / 20;
            auto step = tape.compile({{}, minimize(*t, loss)}, {});
            for (int i = 0; i < 10; ++i) step();
            ends[k++] = p.value<double>();
        }
        BOOST_TEST(same(ends[0], ends[1], 1e-13), rule.name());
    }
}

BOOST_AUTO_TEST_CASE(trust_ratio_of_zero_is_one) {
    xg::Tape tape;
    const Var zero = tape.parameter(filled<float>({2}, 0.f), "zero"), flat = tape.parameter(filled<float>({2}, 1.f), "flat");
    const Var loss = sum(zero) + 0 * sum(flat);
    tape.compile({{}, LARS{.learning_rate = 0.5}.minimize(loss)}, {})();
    BOOST_TEST(same(zero.value<float>(), filled<float>({2}, -0.5f)));
    BOOST_TEST(same(flat.value<float>(), filled<float>({2}, 1.f)));
}

BOOST_AUTO_TEST_SUITE_END()
