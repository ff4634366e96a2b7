// The table of the layers of a model.

#include <thread>

#include "../support.hpp"

using namespace test;
using namespace xgrad::models;
using xg::DType;
using xg::Var;

BOOST_AUTO_TEST_SUITE(summaries)

BOOST_AUTO_TEST_CASE(text) {
    xg::Tape tape;
    xg::Random random(tape, 3);
    const Sequential model(Convolution(tape, 1, 4, 3, {.name = "net.edges"}), BatchNorm(tape, 4, {.name = "net.norm"}), xg::relu, MaxPool{2}, Flatten{}, Dropout{0.5, random},
                           Linear(tape, 16, 3, {.dtype = DType::float32, .name = "net.classify"}));
    BOOST_TEST(fmt::format("{}", summary(tape, model, {2, 1, 6, 6})) ==
               "layer         output                parameters  states  bytes\n"
               "input         float32 (2, 1, 6, 6)\n"
               "net.edges     float32 (2, 4, 4, 4)          40       0    160\n"
               "net.norm      float32 (2, 4, 4, 4)           8       8     64\n"
               "net.classify  float32 (2, 3)                51       0    204\n"
               "total         float32 (2, 3)                99       8    428\n");
    const MLP mlp(tape, {3, 4, 2}, {.dtype = DType::float64});
    BOOST_TEST(summary(tape, mlp, {10, 3}, DType::float64).str() ==
               "layer  output           parameters  states  bytes\n"
               "input  float64 (10, 3)\n"
               "mlp.0  float64 (10, 4)          16       0    128\n"
               "mlp.1  float64 (10, 2)          10       0     80\n"
               "total  float64 (10, 2)          26       0    208\n");
    BOOST_TEST(summary(tape, [](Var x) { return 2 * x; }, {}).str() ==
               "layer  output      parameters  states  bytes\n"
               "input  float32 ()\n"
               "total  float32 ()           0       0      0\n");
}

BOOST_AUTO_TEST_CASE(of_any_function) {
    xg::Tape tape;
    const Embedding embed(tape, 20, 6, {.name = "words"});
    const LayerNorm norm(tape, {6}, {.name = "decoder.norm"});
    const Linear scores(tape, 6, 20, {.bias = none(), .name = "decoder.scores"});
    const Var shift = tape.parameter(xt::xarray<float>{1, 2, 3, 4, 5, 6}, "places");
    tape.parameter(1.0f, "used_elsewhere");
    const auto model = [&](Var words) {
        const Var mask = tape.input<float>({3, 5, 1}); // an input of its own
        return softmax(scores(norm((embed(words) + exp(shift)) * mask)));
    };
    const Summary s = summary(tape, model, {3, 5}, DType::int64);
    const std::vector<std::string> expected{"words float32 (3, 5, 6) 120", "places float32 (3, 5, 6) 6", "decoder.norm float32 (3, 5, 6) 12", "decoder.scores float32 (3, 5, 20) 120"};
    std::vector<std::string> layers;
    for (const LayerSummary& l : s.layers) layers.push_back(fmt::format("{} {} {} {}", l.name, name(l.output.dtype), l.output.shape, l.parameters));
    BOOST_TEST(layers == expected, boost::test_tools::per_element());
    BOOST_TEST((s.input == xg::Type{DType::int64, {3, 5}} && s.output == xg::Type{DType::float32, {3, 5, 20}}));
    BOOST_TEST(s.total().parameters == 258u);
    BOOST_TEST((summary(tape, scores, {2, 6}).layers[0].output.shape == xg::Shape{2, 20})); // one layer
    BOOST_TEST(summary(tape, xg::relu, {6}).layers.empty());
    // A layer that is called twice has one row, with what its last call gives.
    const Summary twice = summary(tape, [&](Var x) { return sum(norm(sum(norm(x), 0))); }, {2, 6});
    BOOST_TEST((twice.layers.size() == 1u && twice.layers[0].output.shape == xg::Shape{6} && twice.layers[0].parameters == 12u));
}

BOOST_AUTO_TEST_CASE(layers_of_one_name) {
    xg::Tape tape;
    const Linear a(tape, 3, 4), b(tape, 4, 5), c(tape, 5, 6);
    const Var first = tape.parameter(xt::xarray<float>{1, 2, 3, 4, 5, 6}, "own.w_1"), second = tape.parameter(xt::xarray<float>{1, 2, 3, 4, 5, 6}, "own.w_2");
    const Summary s = summary(tape, [&](Var x) { return c(relu(b(relu(a(x))))) * first + second; }, {7, 3});
    std::vector<std::string> layers;
    for (const LayerSummary& l : s.layers) layers.push_back(fmt::format("{} {} {}", l.name, l.output.shape, l.parameters));
    const std::vector<std::string> expected{"linear (7, 4) 16", "linear_1 (7, 5) 25", "linear_2 (7, 6) 36", "own (7, 6) 12"};
    BOOST_TEST(layers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_left_on_the_tape) {
    xg::Tape tape;
    xg::Random random(tape, 3);
    BatchNorm norm(tape, 4);
    const Linear linear(tape, 4, 2);
    const auto noisy = [&](Var x) { return linear(norm(x, true)) + random.normal({5, 2}); };
    const Var x = tape.constant(filled<float>({5, 4}, 1)), before = random.uniform({3});
    const std::size_t size = tape.size(), parameters = tape.parameters().size();
    const std::string text = tape.str();
    (void)summary(tape, noisy, {5, 4});
    (void)summary(tape, [&](Var v) { return Linear(tape, 4, 7, {.name = "made_in_it"})(v); }, {5, 4});
    BOOST_CHECK_THROW((void)summary(tape, [&](Var v) { return linear(random.normal({5, 4}) + Linear(tape, 4, 7)(v)); }, {5, 4}), xg::Error);
    BOOST_TEST(tape.size() == size);
    BOOST_TEST(tape.str() == text);
    BOOST_TEST(tape.parameters().size() == parameters);
    BOOST_TEST(tape.name(Linear(tape, 4, 7, {.name = "made_in_it"}).weights()) == "made_in_it.weights");
    // The next draw is the one that it would have been without.
    xg::Tape other;
    xg::Random same_seed(other, 3);
    const Var skipped = same_seed.uniform({3});
    BOOST_TEST(same(random.uniform({3}).value<float>(), same_seed.uniform({3}).value<float>()));
    BOOST_TEST(same(before.value<float>(), skipped.value<float>()));
    // In a trace, too, and the running statistics stay.
    auto traced = tape.function([&](Var v) {
        BOOST_TEST(summary(tape, noisy, {5, 4}).layers.size() == 2u);
        return linear(v);
    });
    traced(filled<float>({5, 4}, 1));
    BOOST_TEST(same(norm.mean().value<float>(), filled<float>({4}, 0)));
    BOOST_TEST(same(x.value<float>(), filled<float>({5, 4}, 1)));
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape, other;
    const Linear linear(tape, 3, 2);
    const Var elsewhere = other.input<float>({3});
    const auto check = [](const std::string& text, const char* begin, int line) { BOOST_TEST((text.starts_with(begin) && text.ends_with(at(line))), text); };
    check(error_of([&] { (void)summary(tape, [&](Var) { return elsewhere; }, {3}); }), "summary: a Var of another tape was used", __LINE__);
    check(error_of([&] { (void)summary(tape, [](Var) { return Var{}; }, {3}); }), "summary: ", __LINE__);
    // What is wrong in the model is told where the model does it.
    check(error_of([&] { (void)summary(tape, linear, {5, 4}); }), "Linear: inner extents differ, (5, 4) x (3, 2)", __LINE__);
    check(error_of([&] { (void)summary(tape, xg::global_avg_pool2d, {5}); }), "global_avg_pool2d: ", __LINE__);
    const int line = __LINE__ + 1;
    const auto model = [&](Var x) { return matmul(x, x); };
    check(error_of([&] { (void)summary(tape, model, {5, 4}); }), "matmul: inner extents differ, (5, 4) x (5, 4)", line);
    tape.function([&](Var x) {
        std::thread([&] { check(error_of([&] { (void)summary(tape, linear, {5, 3}); }), "summary: ", __LINE__); }).join();
        return x;
    })(xt::xarray<float>{1});
}

BOOST_AUTO_TEST_SUITE_END()
