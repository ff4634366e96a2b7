// L: the gradient through a recurrence, forwards and backwards in two loops.

#include <algorithm>

#include "../recurrence.hpp"
#include "hand.hpp"

namespace bench::hand {
namespace {

class Recurrence {
  public:
    explicit Recurrence(const Work& work)
        : steps_(work.size), own_inputs_(work.variant == "array"), start_(recurrence::start()),
          factors_(recurrence::factors()), inputs_(recurrence::inputs(own_inputs_ ? steps_ : 1)),
          h_((steps_ + 1) * states), gradient_((2 + (own_inputs_ ? steps_ : 1)) * states) {}

    void step() {
        std::copy(start_.begin(), start_.end(), h_.begin());
        for (std::size_t t = 0; t < steps_; ++t)
            forwards(&h_[t * states], &h_[(t + 1) * states], x(t));
        std::fill(gradient_.begin(), gradient_.end(), 0.0);
        double* const g = gradient_.data();
        loss_ = 0;
        for (std::size_t i = 0; i < states; ++i) {
            const double h = h_[steps_ * states + i];
            loss_ += h * h;
            g[i] = 2 * h;
        }
        for (std::size_t t = steps_; t-- > 0;)
            backwards(&h_[t * states], x(t), g, g + states, g + (2 + (own_inputs_ ? t : 0)) * states);
        asm volatile("" : : "r"(gradient_.data()) : "memory"); // somebody may look at it
    }
    Outcome outcome() {
        step();
        return {loss_, gradient_};
    }

  private:
    static constexpr std::size_t states = recurrence::states;
    const double* x(std::size_t t) const { return &inputs_[(own_inputs_ ? t : 0) * states]; }

    void forwards(const double* h, double* next, const double* x) const {
        for (std::size_t i = 0; i < states; ++i) {
            const double t = std::tanh(factors_[i] * h[i] + x[i]);
            next[i] = h[i] + 0.1 * (t - h[i]) * (1 + 0.5 * t) - 0.01 * h[i] * h[i];
        }
    }
    /// g is the adjoint of the state after the step, and becomes that of the state before it.
    void backwards(const double* h, const double* x, double* g, double* of_factors, double* of_inputs) const {
        for (std::size_t i = 0; i < states; ++i) {
            const double t = std::tanh(factors_[i] * h[i] + x[i]);
            const double of_difference = 0.1 * g[i] * (1 + 0.5 * t), of_t = of_difference + 0.05 * g[i] * (t - h[i]);
            const double of_sum = of_t * (1 - t * t);
            g[i] = g[i] * (1 - 0.02 * h[i]) - of_difference + factors_[i] * of_sum;
            of_factors[i] += h[i] * of_sum;
            of_inputs[i] += of_sum;
        }
    }

    std::size_t steps_;
    bool own_inputs_;
    std::vector<double> start_, factors_, inputs_, h_, gradient_;
    double loss_ = 0;
};

} // namespace

std::unique_ptr<Contender> recurrence(const Work& work) { return make<Recurrence>(work); }

} // namespace bench::hand
