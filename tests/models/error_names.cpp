// Losses, metrics and layers, as tests/ops/error_names.cpp.

#include "../error_names.hpp"

using namespace test;
using namespace xgrad::models;
using xgrad::DType;

namespace {

/// Of a tape of its own, which no candidate is of.
xg::Random& random() {
    static xg::Tape tape;
    static xg::Random instance(tape);
    return instance;
}

// Each row must stand on one line.
// clang-format off
const std::vector<NamedFunction> table = {
    NAMED("softmax_loss", 2, softmax_loss(x[0], x[1])), NAMED("softmax_loss", 3, softmax_loss(x[0], x[1], {.class_weights = x[2].var})),
    NAMED("softmax_loss", 2, softmax_loss(x[0], x[1], {.label_smoothing = static_cast<double>(k)})),
    NAMED("svm_loss", 2, svm_loss(x[0], x[1])), NAMED("svm_loss", 2, svm_loss(x[0], x[1], {.form = Hinge::crammer_singer})),
    NAMED("svm_loss", 2, svm_loss(x[0], x[1], {.form = Hinge::one_versus_all})),
    NAMED("binary_loss", 2, binary_loss(x[0], x[1])), NAMED("binary_loss", 3, binary_loss(x[0], x[1], {.positive_weight = x[2].var})),
    NAMED("binary_loss", 3, binary_loss(x[0], x[1], {.weights = x[2].var})),
    NAMED("squared_error", 2, squared_error(x[0], x[1])), NAMED("absolute_error", 2, absolute_error(x[0], x[1])),
    NAMED("huber_loss", 2, huber_loss(x[0], x[1], static_cast<double>(k))),
    NAMED("kl_divergence", 2, kl_divergence(x[0], x[1])), NAMED("kl_divergence", 2, kl_divergence(x[0], x[1], {.log_targets = true})),
    NAMED("l1", 1, l1(x[0])), NAMED("l2", 1, l2(x[0])), NAMED("elastic_net", 1, elastic_net(x[0], static_cast<double>(k))),
};
const std::vector<NamedFunction> data_table = {
    NAMED("random_flip", 1, xg::data::random_flip(x[0], static_cast<double>(k) / 2, random(), true)),
    NAMED("random_crop", 1, xg::data::random_crop(x[0], k, random(), true)),
    NAMED("color_jitter", 1, xg::data::color_jitter(x[0], {.brightness = static_cast<double>(k), .contrast = 0.5}, random(), true)),
};
const std::vector<NamedFunction> metrics = {
    NAMED("accuracy", 2, accuracy(x[0], x[1])), NAMED("top_k_accuracy", 2, top_k_accuracy(x[0], x[1], k)),
    NAMED("confusion_matrix", 2, confusion_matrix(x[0], x[1], 3)),
};
// clang-format on

/// Layers, whose parameters are on a tape of their own.
struct Layers {
    xg::Tape tape;
    Linear linear{tape, 3, 2};
    Convolution1d convolution_1d{tape, 3, 2, 2};
    Convolution convolution{tape, 3, 2, {2, 2}};
    Convolution3d convolution_3d{tape, 3, 2, {2, 2, 1}};
    BatchNorm batch_norm{tape, 3};
    LayerNorm layer_norm{tape, {3}};
    Embedding embedding{tape, 3, 2};
    MLP mlp{tape, {3, 4, 2}};
    Sequential sequential{[](xg::Var x) { return x; }};
    Dropout dropout{0.5, xg::Random(tape)};
};

} // namespace

BOOST_AUTO_TEST_SUITE(error_names)

BOOST_AUTO_TEST_CASE(of_every_loss) {
    for (const NamedFunction& function : table)
        check_names(function);
    check_all_named(std::filesystem::path(XGRAD_SOURCE_DIR) / "models/losses.hpp", table);
}

BOOST_AUTO_TEST_CASE(of_changes_to_images) {
    for (const NamedFunction& function : data_table)
        check_names(function);
    check_all_named(std::filesystem::path(XGRAD_SOURCE_DIR) / "models/data/augment.hpp", data_table);
}

BOOST_AUTO_TEST_CASE(of_every_metric) {
    for (const NamedFunction& function : metrics)
        check_names(function);
    check_all_named(std::filesystem::path(XGRAD_SOURCE_DIR) / "models/metrics.hpp", metrics);
}

BOOST_AUTO_TEST_CASE(of_layers) {
    Layers layers;
    const Candidates candidates;
    const auto check = [](const char* name, const std::string& text) {
        BOOST_TEST((text == "no error" || (text.starts_with(std::string(name) + ": ") && text.find(", at error_names.cpp:") != text.npos)), text);
    };
    for (const xg::Operand& x : candidates.at(xg::Location::current())) {
        check("Linear", error_of([&] { (void)layers.linear(x); }));
        check("Convolution1d", error_of([&] { (void)layers.convolution_1d(x); }));
        check("Convolution", error_of([&] { (void)layers.convolution(x); }));
        check("Convolution3d", error_of([&] { (void)layers.convolution_3d(x); }));
        check("BatchNorm", error_of([&] { (void)layers.batch_norm(x); }));
        check("LayerNorm", error_of([&] { (void)layers.layer_norm(x); }));
        check("Embedding", error_of([&] { (void)layers.embedding(x); }));
        check("MLP", error_of([&] { (void)layers.mlp(x); }));
        check("Sequential", error_of([&] { (void)layers.sequential(x); }));
        check("Dropout", error_of([&] { (void)layers.dropout(x); }));
        check("Flatten", error_of([&] { (void)Flatten{}(x); }));
        check("MaxPool1d", error_of([&] { (void)MaxPool1d{2}(x); }));
        check("MaxPool", error_of([&] { (void)MaxPool{2}(x); }));
        check("MaxPool3d", error_of([&] { (void)MaxPool3d{2}(x); }));
        check("AvgPool1d", error_of([&] { (void)AvgPool1d{2}(x); }));
        check("AvgPool", error_of([&] { (void)AvgPool{2}(x); }));
        check("AvgPool3d", error_of([&] { (void)AvgPool3d{2}(x); }));
    }
    BOOST_TEST(error_of([&] { Linear(layers.tape, 3, 2, {.dtype = DType::int64}); }).starts_with("Linear: "));
    BOOST_TEST(error_of([&] { Convolution(layers.tape, 3, 2, {0, 2}); }).starts_with("Convolution: "));
    BOOST_TEST(error_of([&] { BatchNorm(layers.tape, 3, {.dtype = DType::int64}); }).starts_with("BatchNorm: "));
    BOOST_TEST(error_of([&] { LayerNorm(layers.tape, {3}, {.dtype = DType::uint8}); }).starts_with("LayerNorm: "));
    BOOST_TEST(error_of([&] { Embedding(layers.tape, 3, 2, {.dtype = DType::int64}); }).starts_with("Embedding: "));
    BOOST_TEST(error_of([&] { MLP(layers.tape, {3}); }).starts_with("MLP: "));
    BOOST_TEST(error_of([&] { parameter(layers.tape, {3}, constant(NAN)); }).starts_with("parameter: "));
    auto made_in_a_trace = layers.tape.function([&](xg::Var x) { return Linear(layers.tape, 3, 2)(x); });
    BOOST_TEST(error_of([&] { made_in_a_trace(xt::xarray<float>{{1, 2, 3}}); }).starts_with("Linear: the function of error_names.cpp:"));
}

BOOST_AUTO_TEST_SUITE_END()
