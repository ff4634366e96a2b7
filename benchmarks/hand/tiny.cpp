// G and H: work so small that what surrounds the arithmetic is all the cost.

#include <algorithm>
#include <array>

#include "../tiny.hpp"
#include "hand.hpp"

namespace bench::hand {
namespace {

/// y = y w + x, over and over; then sum(y).
class TinyOps {
  public:
    explicit TinyOps(const Work& work) : ys_(work.size / 2 + 1), w_(tiny::weights()), x_(tiny::start()) {}

    void step() {
        ys_[0] = x_;
        for (std::size_t i = 1; i < ys_.size(); ++i)
            for (std::size_t j = 0; j < 4; ++j)
                ys_[i][j] = ys_[i - 1][j] * w_[j] + x_[j];
        loss_ = 0;
        for (const float y : ys_.back())
            loss_ += y;
        std::array<float, 4> g{1, 1, 1, 1};
        gradient_ = {};
        for (std::size_t i = ys_.size(); --i > 0;)
            for (std::size_t j = 0; j < 4; ++j) {
                gradient_[j] += g[j] * ys_[i - 1][j];
                g[j] *= w_[j];
            }
    }
    Outcome outcome() {
        step();
        return {loss_, {gradient_.begin(), gradient_.end()}};
    }

  private:
    std::vector<std::array<float, 4>> ys_;
    std::array<float, 4> w_, x_, gradient_{};
    float loss_ = 0;
};

class Rosenbrock {
  public:
    explicit Rosenbrock(const Work& work) : x_(tiny::point(work.size)), gradient_(work.size) {}

    void step() {
        loss_ = 0;
        std::fill(gradient_.begin(), gradient_.end(), 0.0);
        for (std::size_t i = 0; i + 1 < x_.size(); ++i) {
            const double a = x_[i + 1] - x_[i] * x_[i], b = 1 - x_[i];
            loss_ += 100 * a * a + b * b;
            gradient_[i] -= 400 * a * x_[i] + 2 * b;
            gradient_[i + 1] += 200 * a;
        }
        asm volatile("" : : "r"(gradient_.data()) : "memory"); // somebody may look at it
    }
    Outcome outcome() {
        step();
        return {loss_, gradient_};
    }

  private:
    std::vector<double> x_, gradient_;
    double loss_ = 0;
};

} // namespace

std::unique_ptr<Contender> tiny_ops(const Work& work) { return make<TinyOps>(work); }
std::unique_ptr<Contender> rosenbrock(const Work& work) { return make<Rosenbrock>(work); }

} // namespace bench::hand
