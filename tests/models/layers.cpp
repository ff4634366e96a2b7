// Layers that hold parameters and states.

#include <filesystem>

#include "../support.hpp"

using namespace test;
using xg::Var;

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(their_parameters_have_names_and_start_well) {
    xg::Tape tape;
    const xg::models::Convolution conv(tape, 4, 6, {3, 2}, {.geometry = {.groups = 2}, .seed = 3});
    const xg::models::LayerNorm layer_norm(tape, {5});
    const xg::models::Embedding embedding(tape, 10, 3, {.scale = 0.5});
    const xg::models::BatchNorm batch_norm(tape, 6, {.dtype = xg::DType::float64, .name = "first"});
    std::vector<std::string> names;
    for (const Var& p : tape.parameters()) names.push_back(tape.name(p) + " " + p.shape().str());
    const std::vector<std::string> expected{"conv.weights (6, 2, 3, 2)", "conv.bias (6,)", "layer_norm.scale (5,)", "layer_norm.shift (5,)",
                                            "embedding.table (10, 3)", "first.scale (6,)", "first.shift (6,)"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
    BOOST_TEST(tape.states().size() == 2u);
    BOOST_TEST(batch_norm.mean().dtype() == xg::DType::float64);
    double squares = 0;
    for (const float w : conv.weights().value<float>()) squares += w * w;
    BOOST_TEST(std::abs(squares / 72 - 2.0 / 12) < 0.1); // He: 2 / inputs of a window
    BOOST_TEST(error_of([&] { xg::models::Convolution(tape, 4, 6, 3, {.geometry = {.groups = 4}}); }).starts_with("Convolution: 4 inputs and 6 outputs in 4 groups"));
}

BOOST_AUTO_TEST_CASE(batch_norm_keeps_running_statistics) {
    xg::Tape tape;
    xg::models::BatchNorm norm(tape, 2, {.momentum = 0.5, .dtype = xg::DType::float64});
    auto train = tape.function([&](Var x) {
        const Var y = norm(x, true);
        return xg::Step{.outputs = {y}, .updates = norm.updates()};
    });
    auto infer = tape.function([&](Var x) { return norm(x, false); });
    const xt::xarray<double> x{{1, 10}, {3, 20}};
    const auto y = train(x).array<double>();
    BOOST_TEST(same(y, xt::xarray<double>{{-1, -1}, {1, 1}}, 1e-4));
    BOOST_TEST(same(norm.mean().value<double>(), xt::xarray<double>{1, 7.5}, 1e-14));
    BOOST_TEST(same(norm.variance().value<double>(), xt::xarray<double>{0.5 + 0.5 * 2, 0.5 + 0.5 * 50}, 1e-14));
    for (int i = 0; i < 60; ++i) train(x);
    BOOST_TEST(same(infer(x).array<double>(), xt::xarray<double>{{-std::sqrt(0.5), -std::sqrt(0.5)}, {std::sqrt(0.5), std::sqrt(0.5)}}, 1e-4));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_holds_states_and_random_numbers) {
    const auto file = std::filesystem::temp_directory_path() / fmt::format("xgrad_layers_{}.npz", reinterpret_cast<std::uintptr_t>(&xg::cast));
    struct Model {
        xg::Tape tape;
        xg::Random random{tape, 5};
        xg::models::BatchNorm norm{tape, 3};
        xg::models::Linear linear{tape, 3, 2};
        xg::Function train = tape.function([this](Var x) {
            const Var loss = mean(square(linear(dropout(norm(x, true), 0.5, random)) - 1));
            auto updates = xg::optim::Adam{.learning_rate = 0.1}.minimize(loss);
            for (const xg::Update& u : norm.updates()) updates.push_back(u);
            return xg::Step{.outputs = {loss}, .updates = updates};
        });
    };
    Random random(6);
    const auto x = random_array<float>({8, 3}, random);
    Model whole, stopped, resumed;
    for (int i = 0; i < 6; ++i) whole.train(x);
    for (int i = 0; i < 3; ++i) stopped.train(x);
    xg::models::save(stopped.tape, file);
    xg::models::load(resumed.tape, file);
    for (int i = 0; i < 3; ++i) resumed.train(x);
    std::filesystem::remove(file);
    BOOST_TEST(same(whole.linear.weights().value<float>(), resumed.linear.weights().value<float>()));
    BOOST_TEST(same(whole.norm.variance().value<float>(), resumed.norm.variance().value<float>()));
    BOOST_TEST(whole.random.counter().scalar<std::int64_t>() == 6);
    BOOST_TEST(resumed.random.counter().scalar<std::int64_t>() == 6);
}

BOOST_AUTO_TEST_SUITE_END()
