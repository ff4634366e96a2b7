#pragma once
// The frame of the references for E and F; what is done to a row or a block is theirs.

#include "data.hpp"
#include "team.hpp"

namespace bench {

/// The sum of what `part(first, last)` gives for all parts of n.
template <class F>
double sum_of_parts(std::size_t n, std::size_t unit, F part) {
    std::vector<double> sums(team->size());
    team->split(n, unit, [&](std::size_t first, std::size_t last, std::size_t t) { sums[t] = part(first, last); });
    double sum = 0;
    for (const double s : sums)
        sum += s;
    return sum;
}

/// E. loss(scores, labels, rows, scale, gradient) gives the sum of the losses of rows, and scale times its derivative.
template <auto loss>
class SoftmaxLoss {
  public:
    explicit SoftmaxLoss(const Work& work)
        : n_(work.size), scores_(uniform(n_ * scores::classes, 3, 4)), labels_(random_labels(n_, scores::classes)),
          gradient_(scores_.size()) {}

    void step() {
        const float scale = 1 / static_cast<float>(n_);
        loss_ = scale * sum_of_parts(n_, 1, [&](std::size_t first, std::size_t last) {
                    const std::size_t at = first * scores::classes;
                    return loss(&scores_[at], &labels_[first], last - first, scale, &gradient_[at]);
                });
    }
    Outcome outcome() {
        step();
        return {loss_, {gradient_.begin(), gradient_.end()}};
    }

  private:
    std::size_t n_;
    Floats scores_;
    Array<std::int64_t> labels_;
    Floats gradient_;
    double loss_ = 0;
};

/// F: sum(tanh(a x + b) exp(-x^2) + log(1 + x^2)) and its derivative. block(x, n, gradient, large) gives the sum of n
/// elements; large: of more than a cache holds.
template <auto block>
class Chain {
  public:
    explicit Chain(const Work& work) : x_(uniform(work.size, 4, 2)), gradient_(work.size) {}

    void step() {
        constexpr std::size_t unit = 4096;
        sum_ = sum_of_parts(x_.size(), unit, [&](std::size_t first, std::size_t last) {
            double sum = 0;
            for (std::size_t i = first; i < last; i += unit)
                sum += block(&x_[i], std::min(unit, last - i), &gradient_[i], x_.size() > 1000000);
            return sum;
        });
    }
    Outcome outcome() {
        step();
        return {sum_, {gradient_.begin(), gradient_.end()}};
    }

  private:
    Floats x_, gradient_;
    double sum_ = 0;
};

} // namespace bench
