// The questions that the slides ask about the hinge loss, each answered by computing it.

#include <cstdio>
#include <numeric>

#include "lecture.hpp"

using namespace lecture;

namespace {

xg::Var hinge(xg::Var s, models::SvmOptions options = {}) {
    options.reduction = models::Reduction::none;
    return models::svm_loss(s, s.tape().constant(labels()), options);
}

/// max(0, s_j - s_label + 1) for each image and all classes, the right one included.
xg::Var terms(xg::Var s) { return relu(s - expand_dims(pick(s, s.tape().constant(labels())), 1) + 1); }

/// What f makes of the slides' scores: a loss for each image.
template <class F>
void print(const std::string& what, F f) {
    xg::Tape tape;
    const xt::xarray<double> losses = f(tape.constant(scores())).template value<double>();
    fmt::print("  {:<36}{:>9.2f}{:>9.2f}{:>9.2f}{:>9.2f}\n", what, losses(0), losses(1), losses(2),
               std::accumulate(losses.begin(), losses.end(), 0.0) / 3);
}

/// The loss of five examples when all weights are zero.
double first_loss(std::size_t classes) {
    xg::Tape tape;
    const xg::Var x = xg::ones(tape, {5, 4}, xg::DType::float64), w = xg::zeros(tape, {4, classes}, xg::DType::float64);
    return models::svm_loss(matmul(x, w), tape.constant({0, 1, 1, 0, 1})).scalar<double>();
}

} // namespace

int main() {
    fmt::print("  {:<36}{:>9}{:>9}{:>9}{:>9}\n", "hinge losses of the image of a", classes[0], classes[1], classes[2],
               "mean");
    print("as on the slides", [](xg::Var s) { return hinge(s); });

    fmt::print("\nWhat if the scores of the car change a bit? Its loss stays 0, it is past the margin by more.\n");
    print("right score - 0.4, the others + 0.4",
          [](xg::Var s) { return hinge(s + 0.4 * (1 - 2 * one_hot(s.tape().constant(labels()), 3, s.dtype()))); });

    fmt::print("\nWhat are the least and the greatest loss? 0 and infinity.\n");
    for (const double factor : {10, 100, 1000})
        print(fmt::format("scores times {}", factor), [=](xg::Var s) { return hinge(factor * s); });

    fmt::print("\nWhat is the loss when W is 0, as it nearly is at the start? The number of classes less 1.\n");
    for (const std::size_t count : {3, 10, 100})
        fmt::print("  {:<36}{:>36.2f}\n", fmt::format("{} classes", count), first_loss(count));

    fmt::print("\nWhat if the sum is over all classes, the right one included? Every loss is greater by 1.\n");
    print("sum over all classes", [](xg::Var s) { return sum(terms(s), {1}); });

    fmt::print(
        "\nWhat if it is a mean over the wrong classes? Every loss is divided by their number: the same W is best.\n");
    print("mean over the wrong classes", [](xg::Var s) { return (sum(terms(s), {1}) - 1) / 2; });

    fmt::print(
        "\nWhat if the terms are squared? Another loss: a large term counts for more than several small ones.\n");
    print("squared terms", [](xg::Var s) { return hinge(s, {.squared = true}); });

    fmt::print("\nIs a W whose loss is 0 the only one? No: 2 W doubles the scores, and the loss of the car stays 0.\n");
    print("scores times 2", [](xg::Var s) { return hinge(2 * s); });
}
