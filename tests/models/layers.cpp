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
    const xg::models::Embedding embedding(tape, 10, 3, {.table = xg::models::normal(0.5)});
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

BOOST_AUTO_TEST_CASE(convolutions_of_one_and_three_axes) {
    xg::Tape tape;
    const xg::models::Convolution1d sequence(tape, 4, 6, 3, {.geometry = {.stride = 2, .padding = 1, .groups = 2}, .dtype = xg::DType::float64, .name = "sequence"});
    const xg::models::Convolution3d volume(tape, 2, 3, {1, 2, 3}, {.geometry = {.dilation = {1, 1, 2}}, .bias = xg::models::none(), .dtype = xg::DType::float64, .name = "volume"});
    std::vector<std::string> names;
    for (const Var& p : tape.parameters()) names.push_back(tape.name(p) + " " + p.shape().str());
    const std::vector<std::string> expected{"sequence.weights (6, 2, 3)", "sequence.bias (6,)", "volume.weights (3, 2, 1, 2, 3)"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
    BOOST_TEST(!volume.bias().valid());

    Random random(5);
    tape.assign(sequence.bias(), random_array<double>({6}, random));
    const Var x = tape.constant(random_array<double>({2, 4, 9}, random)), z = tape.constant(random_array<double>({2, 2, 3, 4, 8}, random));
    const Var y = sequence(x), v = volume(z);
    BOOST_TEST(y.shape() == (xg::Shape{2, 6, 5}));
    BOOST_TEST(v.shape() == (xg::Shape{2, 3, 3, 3, 4}));
    BOOST_TEST(same(y.value<double>(), conv1d(x, sequence.weights(), sequence.bias(), {.stride = 2, .padding = 1, .groups = 2}).value<double>()));
    BOOST_TEST(same(v.value<double>(), conv3d(z, volume.weights(), {.dilation = {1, 1, 2}}).value<double>()));
    BOOST_TEST(sequence(x[0]).shape() == (xg::Shape{6, 5})); // one of them alone
    const auto of_bias = gradient(sum(y), sequence.bias()).value<double>();
    BOOST_TEST(same(of_bias, filled<double>({6}, 10))); // of each of 5 places of two sequences
    BOOST_TEST(error_of([&] { xg::models::Convolution1d(tape, 4, 6, 0); }).starts_with("Convolution1d: 4 inputs and 6 outputs in 1 groups, windows (0,)"));
    BOOST_TEST(error_of([&] { xg::models::Convolution3d(tape, 4, 6, {1, 1, 0}); }).starts_with("Convolution3d: "));
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

BOOST_AUTO_TEST_CASE(running_statistics_go_with_the_step) {
    // Nothing is put into the updates, and they move as if it had been.
    const xt::xarray<double> x{{1, 10}, {3, 20}}, small{{2, 5}, {4, 7}, {9, 9}};
    xt::xarray<double> means[3], variances[3];
    for (int way = 0; way < 3; ++way) {
        xg::Tape tape;
        xg::models::BatchNorm norm(tape, 2, {.momentum = 0.5, .dtype = xg::DType::float64});
        auto train = tape.function([&](Var batch) {
            const Var loss = sum(square(norm(batch, true) - 1));
            auto updates = xg::optim::GD{.learning_rate = 0.01}.minimize(loss);
            if (way == 1) updates.insert(updates.end(), norm.updates().begin(), norm.updates().end());
            if (way == 2) updates.push_back({norm.mean(), norm.mean() + 1}), updates.push_back({norm.variance(), norm.variance() * 2});
            return xg::Step{.outputs = {loss}, .updates = updates};
        });
        auto infer = tape.function([&](Var batch) { return norm(batch, false); });
        train(x), train(small), train(x), infer(x);
        means[way] = norm.mean().value<double>(), variances[way] = norm.variance().value<double>();
    }
    BOOST_TEST(same(means[0], means[1]));
    BOOST_TEST(same(means[0], xt::xarray<double>{0.5 * (0.5 * (0.5 * 2) + 0.5 * 5) + 0.5 * 2, 0.5 * (0.5 * (0.5 * 15) + 0.5 * 7) + 0.5 * 15}, 1e-14));
    BOOST_TEST(same(variances[0], variances[1]));
    BOOST_TEST(same(means[2], xt::xarray<double>{3, 3})); // the step's own updates go first
    BOOST_TEST(same(variances[2], xt::xarray<double>{8, 8}));
}

BOOST_AUTO_TEST_CASE(looking_at_values_moves_no_running_statistics) {
    xg::Tape tape;
    xg::models::BatchNorm norm(tape, 2, {.dtype = xg::DType::float64});
    const Var y = norm(tape.constant(xt::xarray<double>{{1, 10}, {3, 20}}), true);
    (void)y.value<double>();
    BOOST_TEST(same(norm.mean().value<double>(), xt::xarray<double>{0, 0}));
    tape.compile({{norm.scale() * 2}, {}}, {})(); // does not compute y
    BOOST_TEST(same(norm.mean().value<double>(), xt::xarray<double>{0, 0}));
    tape.compile({{y}, {}}, {})();
    BOOST_TEST(same(norm.mean().value<double>(), xt::xarray<double>{0.2, 1.5}, 1e-14));
}

BOOST_AUTO_TEST_CASE(two_calls_of_one_batch_norm_in_a_step) {
    xg::Tape tape;
    xg::models::BatchNorm norm(tape, 1, {.momentum = 0.5, .dtype = xg::DType::float64});
    const auto column = [](double top, double bottom) {
        auto result = filled<double>({2, 1}, top);
        result(1, 0) = bottom;
        return result;
    };
    const Var a = tape.constant(column(1, 3)), b = tape.constant(column(5, 9));
    const Var first = norm(a), second = norm(b), loss = sum(first * second);
    const std::string error = error_of([&] { (void)tape.compile({{loss}, {}}, {}); });
    BOOST_TEST((error.starts_with("compile: two calls of one layer in this step update \"batch_norm.mean\", each in its own way")), error);
    tape.compile({{loss}, norm.updates()}, {})(); // as it says
    BOOST_TEST(norm.mean().value<double>()(0) == 3.5);
}

BOOST_AUTO_TEST_CASE(updates_with_are_forgotten_with_their_nodes) {
    xg::Tape tape;
    const Var w = tape.parameter(2.0, "w"), count = tape.state(0.0, "count");
    const xg::Mark mark = tape.mark();
    tape.update_with(square(w), {count, count + 1});
    tape.compile({{square(w) + 1}, {}}, {})();
    BOOST_TEST(count.scalar<double>() == 1);
    tape.rewind(mark);
    tape.compile({{square(w) + 1}, {}}, {})();
    BOOST_TEST(count.scalar<double>() == 1);
    BOOST_TEST((error_of([&] { tape.update_with(w, {w, w + 1}); }).starts_with("update_with: what is updated must be a state")));
    BOOST_TEST((error_of([&] { tape.update_with(w, {count, cast(count, xg::DType::float32)}); }).starts_with("update_with: the update of \"count\" is float32 ()")));
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

BOOST_AUTO_TEST_CASE(a_batch_is_gathered_inside_the_loop_that_reads_it) {
    Random random(8);
    const auto table = random_array<std::uint8_t>({200, 300}, random, 0, 255);
    const auto labels = random_array<std::int64_t>({64}, random, 0, 9);
    auto rows = random_array<std::int64_t>({64}, random, -200, 199);
    auto images = xt::xarray<float>::from_shape({64, 300});
    for (std::size_t i = 0; i < 64; ++i)
        for (std::size_t j = 0; j < 300; ++j) images(i, j) = static_cast<float>(table(static_cast<std::size_t>((rows(i) + 200) % 200), j));
    auto step = [](const xg::models::Linear& classify, Var x, Var y) {
        const Var loss = xg::models::softmax_loss(classify(x * (1.0 / 255)), y);
        return xg::Step{.outputs = {loss}, .updates = xg::optim::SGD{.learning_rate = 0.1}.minimize(loss)};
    };
    xg::Tape plain, gathering;
    const xg::models::Linear a(plain, 300, 10), b(gathering, 300, 10);
    auto train = plain.function([&](Var x, Var y) { return step(a, x, y); });
    const Var all = gathering.constant(table);
    auto gather = gathering.function([&](Var at, Var y) { return step(b, cast(take(all, at, 0), xg::DType::float32), y); });
    const xg::Type images_type{xg::DType::float32, {64, 300}}, labels_type{xg::DType::int64, {64}};
    BOOST_TEST(gather.program({labels_type, labels_type}).steps() == train.program({images_type, labels_type}).steps());
    for (int i = 0; i < 3; ++i) BOOST_TEST(train(images, labels).scalar<float>() == gather(rows, labels).scalar<float>(), boost::test_tools::tolerance(1e-6f));
    BOOST_TEST(same(a.weights().value<float>(), b.weights().value<float>(), 1e-5, 1e-7)); // in blocks of other sizes
    rows(5) = 200;
    const auto before = b.weights().value<float>();
    BOOST_TEST(error_of([&] { gather(rows, labels); }).starts_with("take: index 200 at position (5) is out of range; axis 0 has extent 200, indices go from -200 to 199, at layers.cpp:"));
    BOOST_TEST(same(b.weights().value<float>(), before));
}

BOOST_AUTO_TEST_SUITE_END()
