// The hinge losses of three images, worked out as on the slides, and a slip that one version of the slides has.

#include <cstdio>
#include <vector>

#include "lecture.hpp"

using namespace lecture;

namespace {

/// The terms max(0, s_j - s_label + margin) of each image and class, those of the right classes left at 0, and their
/// sums over the classes.
struct HingeLosses {
    xt::xarray<double> terms, losses;
    double mean;
};

/// With a margin for each image.
HingeLosses hinge(const std::vector<double>& margins) {
    xg::Tape tape;
    const xg::Var s = tape.constant(scores()), label = tape.constant(labels());
    const xg::Var differences = s - expand_dims(pick(s, label), 1);
    const xg::Var terms = (1 - one_hot(label, 3, s.dtype())) *
                          relu(differences + expand_dims(tape.constant(margins), 1));
    const xg::Var losses = sum(terms, {1});
    return {terms.value<double>(), losses.value<double>(), mean(losses).scalar<double>()};
}

void print_row(const char* name, const auto& numbers) {
    fmt::print("{:<14}{:>8.1f}{:>8.1f}{:>8.1f}\n", name, numbers(0), numbers(1), numbers(2));
}

} // namespace

int main() {
    const HingeLosses right = hinge({1, 1, 1});
    const xt::xarray<double> s = scores();
    fmt::print("{:<14}{:>8}{:>8}{:>8}\n", "image of a", classes[0], classes[1], classes[2]);
    for (std::size_t j = 0; j < 3; ++j)
        print_row(classes[j], [&](std::size_t i) { return s(i, j); });
    print_row("hinge loss", right.losses);

    xg::Tape tape;
    const xg::Var loss = models::svm_loss(tape.constant(s), tape.constant(labels()));
    fmt::print("mean {:.2f}; by svm_loss {:.2f}\n\n", right.mean, loss.scalar<double>());

    const HingeLosses slip = hinge({1, 1, 0});
    const auto print_frog = [&](const char* margin, const HingeLosses& h) {
        fmt::print(
            "frog: max(0, {:.1f} - ({:.1f}){}) + max(0, {:.1f} - ({:.1f}){}) = {:.1f} + {:.1f} = {:.1f}, mean {:.2f}\n",
            s(2, 0), s(2, 2), margin, s(2, 1), s(2, 2), margin, h.terms(2, 0), h.terms(2, 1), h.losses(2), h.mean);
    };
    print_frog(" + 1", right);
    print_frog("", slip);
    fmt::print("The second line is a slip of some slides, which leave out the margin.\n");
}
