// What layers are put together by: MLP, Sequential, blocks, structs of a user.

#include "../support.hpp"

using namespace test;
using namespace xgrad::models;
using xg::DType;
using xg::Var;

namespace {

std::vector<std::string> names_of(const xg::Tape& tape) {
    std::vector<std::string> names;
    for (const Var& p : tape.parameters()) names.push_back(tape.name(p) + " " + p.shape().str());
    return names;
}

/// Tells whether it is called in training: 1 or 0 everywhere.
struct Tell {
    Var operator()(xg::Operand x, bool training = true) const { return x * 0 + (training ? 1 : 0); }
};

/// A model of a user.
struct Net {
    Convolution edges;
    BatchNorm norm;
    Linear classify;
    Dropout drop;
    Net(xg::Tape& tape, xg::Random random, const std::string& name)
        : edges(tape, 1, 4, 3, {.seed = 1, .dtype = DType::float64, .name = name + ".edges"}),
          norm(tape, 4, {.dtype = DType::float64, .name = name + ".norm"}),
          classify(tape, 16, 3, {.seed = 2, .dtype = DType::float64, .name = name + ".classify"}), drop{0.5, random} {}
    Var operator()(Var x, bool training = true) {
        x = max_pool2d(relu(norm(edges(x), training)), 2);
        return classify(drop(reshape(x, {-1, 16}), training));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(networks)

BOOST_AUTO_TEST_CASE(mlp_is_its_formula) {
    xg::Tape tape;
    const MLP mlp(tape, {3, 5, 4, 2}, {.bias = normal(0.5), .seed = 9, .dtype = DType::float64});
    const std::vector<std::string> names{"mlp.0.weights (3, 5)", "mlp.0.bias (5,)", "mlp.1.weights (5, 4)", "mlp.1.bias (4,)", "mlp.2.weights (4, 2)", "mlp.2.bias (2,)"};
    BOOST_TEST(names_of(tape) == names, boost::test_tools::per_element());
    Random random(1);
    const Var x = tape.constant(random_array<double>({6, 3}, random));
    Var y = x;
    for (std::size_t i = 0; i < 3; ++i) {
        const Linear& layer = mlp.layers()[i];
        y = matmul(y, layer.weights()) + layer.bias();
        if (i < 2) y = where(y > 0, y, 0);
    }
    BOOST_TEST(same(mlp(x).value<double>(), y.value<double>()));
    BOOST_TEST(same(mlp(x[0]).value<double>(), y[0].value<double>(), 1e-14)); // one example
    // The layers start with different numbers, those of He.
    BOOST_TEST(mlp.layers()[0].weights().value<double>()(0, 0) / std::sqrt(2.0 / 3) != mlp.layers()[1].weights().value<double>()(0, 0) / std::sqrt(2.0 / 5));
    const MLP wide(tape, {200, 300, 1}, {.name = "wide"});
    BOOST_TEST(std::abs(mean(square(wide.layers()[0].weights())).scalar<double>() * 200 / 2 - 1) < 0.03);
    BOOST_TEST((error_of([&] { MLP(tape, {3}); }).starts_with("MLP: the widths are {3}; give that of the input") && error_of([&] { MLP(tape, {3, 0, 2}); }).ends_with(at(__LINE__))));
}

BOOST_AUTO_TEST_CASE(mlp_with_other_activations) {
    xg::Tape tape;
    const MLPOptions options{.weights = xavier_normal(), .bias = none(), .seed = 2, .dtype = DType::float64};
    const auto with = [&](Layer activation) {
        MLPOptions its = options;
        its.activation = activation;
        return MLP(tape, {3, 4, 2}, its);
    };
    Random random(2);
    const Var x = tape.constant(random_array<double>({5, 3}, random));
    const MLP smooth = with(xg::tanh), leaky = with([](Var v) { return leaky_relu(v, 0.2); }), trained = with(Tell{});
    const Var hidden = matmul(x, smooth.layers()[0].weights()), out = smooth.layers()[1].weights();
    BOOST_TEST(same(smooth(x).value<double>(), matmul(tanh(hidden), out).value<double>()));
    BOOST_TEST(same(leaky(x).value<double>(), matmul(leaky_relu(hidden, 0.2), out).value<double>()));
    BOOST_TEST(same(trained(x).value<double>(), matmul(hidden * 0 + 1, out).value<double>()));
    BOOST_TEST(same(trained(x, false).value<double>(), filled<double>({5, 2}, 0)));
}

BOOST_AUTO_TEST_CASE(mlp_is_differentiated) {
    Random random(3);
    const auto w0 = random_array<double>({3, 4}, random), w1 = random_array<double>({4, 2}, random), x = random_array<double>({5, 3}, random);
    const auto report = xg::gradcheck(
        [&](Var input) {
            xg::Tape& tape = input.tape();
            const MLP mlp(tape, {3, 4, 2}, {.activation = xg::tanh, .seed = 5, .dtype = DType::float64});
            return mlp(input);
        },
        {x});
    BOOST_TEST(report.ok, report.str());
    // By the weights: two layers, differentiated by hand.
    xg::Tape tape;
    const MLP mlp(tape, {3, 4, 2}, {.activation = xg::tanh, .dtype = DType::float64});
    tape.assign(mlp.layers()[0].weights(), w0), tape.assign(mlp.layers()[1].weights(), w1);
    const Var input = tape.constant(x), loss = sum(mlp(input));
    const Var h = tanh(matmul(input, mlp.layers()[0].weights()));
    const Var back = (1 - square(h)) * sum(mlp.layers()[1].weights(), 1);
    BOOST_TEST(same(gradient(loss, mlp.layers()[0].weights()).value<double>(), matmul(input, back, {.transpose_a = true}).value<double>(), 1e-13));
    BOOST_TEST(same(gradient(loss, mlp.layers()[1].bias()).value<double>(), filled<double>({2}, 5)));
}

BOOST_AUTO_TEST_CASE(mlp_drops_out_in_training) {
    xg::Tape tape;
    xg::Random random(tape, 5); // of 3 both calls keep as many
    const MLP mlp(tape, {2, 1000, 1}, {.activation = [](Var x) { return x * 0 + 1; }, .dropout = Dropout{0.25, random}, .weights = constant(1)});
    auto train = tape.function([&](Var x) { return mlp(x); });
    auto infer = tape.function([&](Var x) { return mlp(x, false); });
    const xt::xarray<float> x{{1, 2}};
    BOOST_TEST(infer(x).scalar<float>() == 1000.0f);
    const float first = train(x).scalar<float>(), second = train(x).scalar<float>();
    BOOST_TEST(first != second);
    for (const float sum : {first, second}) { // 4/3 of each of the 750 +- 14 that stay
        BOOST_TEST(std::abs(sum - 1000) < 4 * 14 * 4 / 3);
        BOOST_TEST(std::abs(std::remainder(sum, 4.0 / 3)) < 0.01);
    }
}

BOOST_AUTO_TEST_CASE(sequential_calls_in_order) {
    xg::Tape tape;
    const Var x = tape.constant(xt::xarray<double>{1, 2});
    Sequential model([](Var v) { return v + 1; }, xg::square, [](xg::Operand v) { return v * 10; });
    BOOST_TEST(same(model(x).value<double>(), xt::xarray<double>{40, 90}));
    model.append([](auto v) { return v - static_cast<double>(v.rank()); }); // a Var: an Operand has no rank
    BOOST_TEST(same(model(x).value<double>(), xt::xarray<double>{39, 89}));
    BOOST_TEST(model.size() == 4u);
    const Sequential twice(model, model);
    BOOST_TEST(same(twice(x).value<double>(), model(model(x)).value<double>()));
    BOOST_TEST(Sequential()(x).is(x));
}

BOOST_AUTO_TEST_CASE(what_takes_the_training_flag_gets_it) {
    xg::Tape tape;
    const Var x = tape.constant(xt::xarray<double>{1, 2});
    const auto tells = [&](const Sequential& model, bool training) { return model(x, training).value<double>()(0); };
    const auto counted = [](Var v, int times = 3) { return v * times; };
    const auto scaled = [](Var v, double factor = 0.5) { return v * factor; };
    for (const bool training : {false, true}) {
        BOOST_TEST(tells(Sequential(Tell{}), training) == training);
        BOOST_TEST(tells(Sequential(Sequential(Tell{})), training) == training);
        BOOST_TEST(tells(Sequential([](Var v, bool t) { return v * 0 + (t ? 1 : 0); }), training) == training);
        BOOST_TEST(tells(Sequential([](auto v, auto t) { return v * 0 + (t ? 1 : 0); }), training) == training);
        // Numbers that a function takes besides are not mistaken for it.
        BOOST_TEST(tells(Sequential(counted, scaled), training) == 1.5);
    }
    BOOST_TEST(Sequential(Tell{})(x).value<double>()(0) == 1); // as all layers, if nothing is said
    BOOST_TEST(Layer(Tell{})(x).value<double>()(0) == 1);
}

BOOST_AUTO_TEST_CASE(blocks) {
    xg::Tape tape;
    xg::Random random(tape, 3);
    Random numbers(4);
    const Var image = tape.constant(random_array<double>({2, 3, 6, 8}, numbers)), volume = tape.constant(random_array<double>({2, 3, 4, 6, 8}, numbers));
    const Var sequence = image[0];
    const auto equal = [](Var a, Var b) { return same(a.value<double>(), b.value<double>()); };
    BOOST_TEST(equal(MaxPool{2}(image), max_pool2d(image, 2)));
    BOOST_TEST(equal(MaxPool{{3, 2}, {.stride = 1}}(image), max_pool2d(image, {3, 2}, {.stride = 1})));
    BOOST_TEST(equal(MaxPool1d{2}(sequence), max_pool1d(sequence, 2)));
    BOOST_TEST(equal(MaxPool3d{2}(volume), max_pool3d(volume, 2)));
    BOOST_TEST(equal(AvgPool{{3, 2}, {.stride = 1}}(image), avg_pool2d(image, {3, 2}, {.stride = 1})));
    BOOST_TEST(equal(AvgPool1d{2}(sequence), avg_pool1d(sequence, 2)));
    BOOST_TEST(equal(AvgPool3d{2}(volume), avg_pool3d(volume, 2)));
    BOOST_TEST(equal(Flatten{}(volume), reshape(volume, {2, -1})));
    BOOST_TEST(Flatten{}(sequence[0][0]).shape() == (xg::Shape{8, 1}));
    BOOST_TEST(Flatten{}(tape.input<float>({0, 3, 4})).shape() == (xg::Shape{0, 12}));
    const Dropout drop{0.5, random};
    BOOST_TEST(drop(image, false).is(image));
    const auto dropped = drop(image).value<double>(), all = image.value<double>();
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        zeros += dropped.data()[i] == 0;
        BOOST_TEST((dropped.data()[i] == 0 || dropped.data()[i] == 2 * all.data()[i]));
    }
    BOOST_TEST((100 < zeros && zeros < 188)); // of 288
    BOOST_TEST(!same(drop(image).value<double>(), dropped)); // another call, other numbers
}

BOOST_AUTO_TEST_CASE(a_struct_and_the_same_as_a_sequential) {
    xg::Tape tape;
    xg::Random random(tape, 3);
    Net net(tape, random, "net");
    const std::vector<std::string> names{"net.edges.weights (4, 1, 3, 3)", "net.edges.bias (4,)", "net.norm.scale (4,)", "net.norm.shift (4,)", "net.classify.weights (16, 3)", "net.classify.bias (3,)"};
    BOOST_TEST(names_of(tape) == names, boost::test_tools::per_element());
    BOOST_TEST(tape.name(net.norm.mean()) == "net.norm.mean");
    const Sequential model(net.edges, net.norm, xg::relu, MaxPool{2}, Flatten{}, net.drop, net.classify);
    Random numbers(5);
    const auto x = random_array<double>({7, 1, 6, 6}, numbers);
    auto by_struct = tape.function([&](Var v) { return net(v, false); });
    auto by_sequential = tape.function([&](Var v) { return model(v, false); });
    auto train = tape.function([&](Var v) { return model(v); });
    train(x), train(x); // moves the running statistics of both: they are the same
    BOOST_TEST(net.norm.mean().value<double>()(0) != 0);
    BOOST_TEST(same(by_struct(x).array<double>(), by_sequential(x).array<double>()));
    BOOST_TEST(!same(train(x).array<double>(), train(x).array<double>()));
    const Sequential nested([](Var v) { return v * 2; }, net);
    BOOST_TEST(same(tape.function([&](Var v) { return nested(v, false); })(x).array<double>(), by_struct(xt::xarray<double>(x * 2)).array<double>()));
}

BOOST_AUTO_TEST_CASE(errors_are_told_where_they_are_made) {
    xg::Tape tape;
    const Sequential model(Linear(tape, 3, 4), xg::relu, Linear(tape, 5, 2));
    const Var x = tape.input<float>({2, 3});
    const auto check = [](const std::string& text, const char* begin, int line) { BOOST_TEST((text.starts_with(begin) && text.ends_with(at(line))), text); };
    check(error_of([&] { (void)model(x); }), "Linear: inner extents differ, (2, 4) x (5, 2)", __LINE__);
    check(error_of([&] { (void)model(2.5); }), "Sequential: ", __LINE__);
    check(error_of([&] { (void)Sequential()(Var{}); }), "Sequential: ", __LINE__);
    const int line = __LINE__ + 1;
    const Sequential of_lambdas(xg::relu, [](Var v) { return matmul(v, v); });
    check(error_of([&] { (void)of_lambdas(x); }), "matmul: inner extents differ, (2, 3) x (2, 3)", line);
    const MLP mlp(tape, {4, 5, 2});
    check(error_of([&] { (void)mlp(x); }), "MLP: inner extents differ, (2, 3) x (4, 5)", __LINE__);
}

BOOST_AUTO_TEST_SUITE_END()
