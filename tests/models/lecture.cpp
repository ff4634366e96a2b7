// The numbers of CS231n's third lecture: three images, three classes.

#include <cmath>
#include <tuple>

#include "../support.hpp"

using namespace test;
using xg::Var;
namespace models = xg::models;

namespace {

using Labels = xt::xarray<std::int64_t>;

template <class T>
xt::xarray<T> lecture_scores() { // cat, car, frog; the images show a cat, a car, a frog
    return {{T(3.2), T(5.1), T(-1.7)}, {T(1.3), T(4.9), T(2.0)}, {T(2.2), T(2.5), T(-3.1)}};
}

template <class T>
double hinge(const xt::xarray<T>& scores, const Labels& labels, models::SvmOptions options = {}) {
    xg::Tape tape;
    return models::svm_loss(tape.constant(scores), tape.constant(labels), options).template scalar<T>();
}

template <class T>
double cross_entropy(const xt::xarray<T>& scores, const Labels& labels) {
    xg::Tape tape;
    return models::softmax_loss(tape.constant(scores), tape.constant(labels)).template scalar<T>();
}

template <class T>
xt::xarray<T> one_row(const xt::xarray<T>& scores, std::size_t i) {
    return {{scores(i, 0), scores(i, 1), scores(i, 2)}};
}

using Reals = std::tuple<float, double>;

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-12;

bool near(double a, double b, double rtol) { return std::abs(a - b) <= rtol * std::max(1.0, std::abs(b)); }

} // namespace

BOOST_AUTO_TEST_SUITE(lecture)

BOOST_AUTO_TEST_CASE_TEMPLATE(hinge_losses, T, Reals) {
    const auto scores = lecture_scores<T>();
    const double wanted[] = {2.9, 0, 12.9};
    for (std::size_t i = 0; i < 3; ++i)
        BOOST_TEST(near(hinge(one_row(scores, i), {static_cast<std::int64_t>(i)}), wanted[i], tolerance<T>));
    BOOST_TEST(near(hinge(scores, {0, 1, 2}), 15.8 / 3, tolerance<T>));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(squared_hinge_losses, T, Reals) {
    const auto scores = lecture_scores<T>();
    const double wanted[] = {2.9 * 2.9, 0, 6.3 * 6.3 + 6.6 * 6.6};
    for (std::size_t i = 0; i < 3; ++i)
        BOOST_TEST(near(hinge(one_row(scores, i), {static_cast<std::int64_t>(i)}, {.squared = true}), wanted[i], tolerance<T>));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_right_class_would_add_one, T, Reals) {
    xg::Tape tape;
    const Var scores = tape.constant(lecture_scores<T>()), labels = tape.constant(Labels{0, 1, 2});
    const Var with_right = mean(sum(relu(scores - expand_dims(pick(scores, labels), 1) + 1), {1}));
    BOOST_TEST(near((with_right - models::svm_loss(scores, labels)).template scalar<T>(), 1, tolerance<T>));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(losses_before_training, T, Reals) {
    for (const std::size_t classes : {2, 3, 10, 100}) {
        const auto zeros = filled<T>({5, classes}, T(0));
        const Labels labels{0, 1, 0, 1, 1};
        BOOST_TEST(near(hinge(zeros, labels), static_cast<double>(classes) - 1, tolerance<T>));
        BOOST_TEST(near(cross_entropy(zeros, labels), std::log(static_cast<double>(classes)), tolerance<T>));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_of_the_first_image, T, Reals) {
    xg::Tape tape;
    const auto p = softmax(tape.constant(one_row(lecture_scores<T>(), 0))).template value<T>();
    const double total = std::exp(3.2) + std::exp(5.1) + std::exp(-1.7);
    BOOST_TEST(near(p(0, 0), std::exp(3.2) / total, tolerance<T>));
    BOOST_TEST(fmt::format("{:.2f} {:.2f} {:.2f}", p(0, 0), p(0, 1), p(0, 2)) == "0.13 0.87 0.00");
    const double loss = cross_entropy(one_row(lecture_scores<T>(), 0), {0});
    BOOST_TEST(near(loss, std::log(total) - 3.2, tolerance<T>));
    BOOST_TEST(fmt::format("{:.2f}", loss) == "2.04");
}

BOOST_AUTO_TEST_CASE(doubling_the_weights_leaves_a_zero_loss_zero) {
    xg::Tape tape;
    const Var x = tape.constant(xt::xarray<double>{{1, 0}, {0, 1}}), labels = tape.constant(Labels{0, 1});
    const Var w = tape.parameter(xt::xarray<double>{{2, 0}, {0, 3}});
    BOOST_TEST(models::svm_loss(matmul(x, w), labels).scalar<double>() == 0);
    BOOST_TEST(models::svm_loss(matmul(x, 2 * w), labels).scalar<double>() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(scores_far_out, T, Reals) {
    xg::Tape tape;
    const Var s = tape.parameter(xt::xarray<T>{{T(1000), T(-1000), T(0)}, {T(-1000), T(1000), T(1000)}});
    const Var labels = tape.constant(Labels{1, 2});
    for (const Var& loss : {models::softmax_loss(s, labels), models::svm_loss(s, labels), models::svm_loss(s, labels, {.squared = true})}) {
        BOOST_TEST(std::isfinite(loss.template scalar<T>()));
        for (const T g : gradient(loss, s).template value<T>()) BOOST_TEST(std::isfinite(g));
    }
    BOOST_TEST(near(models::softmax_loss(s, labels).template scalar<T>(), (2000 + std::log(2.0)) / 2, tolerance<T>));
}

BOOST_AUTO_TEST_CASE(regularizers) {
    xg::Tape tape;
    const Var w = tape.parameter(xt::xarray<double>{{1, -2}, {3, 0}});
    BOOST_TEST(models::l2(w).scalar<double>() == 14);
    BOOST_TEST(models::l1(w).scalar<double>() == 6);
    BOOST_TEST(models::elastic_net(w, 0.5).scalar<double>() == 13);
    BOOST_TEST(same(gradient(models::l2(w), w).value<double>(), xt::xarray<double>{{2, -4}, {6, 0}}));
    BOOST_TEST(same(gradient(models::l1(w), w).value<double>(), xt::xarray<double>{{1, -1}, {1, 0}}));
}

BOOST_AUTO_TEST_CASE(gradients_of_the_losses) {
    Random random(3);
    const auto scores = random_array<double>({6, 4}, random);
    const Labels labels{0, 1, 2, 3, 1, 0};
    for (const bool squared : {false, true}) {
        const auto report = xg::gradcheck(
            [&](Var s) { return models::svm_loss(s, s.tape().constant(labels), {.squared = squared}); }, {scores});
        BOOST_TEST(report.ok, report.str());
    }
    const auto report =
        xg::gradcheck([&](Var s) { return models::softmax_loss(s, s.tape().constant(labels)); }, {scores});
    BOOST_TEST(report.ok, report.str());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(linear)

BOOST_AUTO_TEST_CASE(maps_rows) {
    xg::Tape tape;
    const models::Linear layer(tape, 3, 2, {.dtype = xg::DType::float64});
    BOOST_TEST(tape.name(layer.weights()) == "linear.weights");
    tape.assign(layer.weights(), xt::xarray<double>{{1, 2}, {3, 4}, {5, 6}});
    tape.assign(layer.bias(), xt::xarray<double>{10, 20});
    const Var x = tape.constant(xt::xarray<double>{{1, 0, 0}, {1, 1, 1}});
    BOOST_TEST(same(layer(x).value<double>(), xt::xarray<double>{{11, 22}, {19, 32}}));
}

BOOST_AUTO_TEST_CASE(starts_from_its_seed) {
    xg::Tape tape;
    const models::Linear a(tape, 50, 40, {.seed = 1}), b(tape, 50, 40, {.seed = 1}), c(tape, 50, 40, {.seed = 2});
    const models::Linear z(tape, 50, 40, {.weights = models::zeros()});
    BOOST_TEST(same(a.weights().value<float>(), b.weights().value<float>()));
    BOOST_TEST(!same(a.weights().value<float>(), c.weights().value<float>()));
    BOOST_TEST(same(z.weights().value<float>(), filled<float>({50, 40}, 0)));
    BOOST_TEST(tape.name(b.weights()) == "linear.weights_1");
    const double variance = mean(square(a.weights())).scalar<float>();
    BOOST_TEST(std::abs(variance * 50 - 1) < 0.15); // 1 / inputs
}

BOOST_AUTO_TEST_SUITE_END()
