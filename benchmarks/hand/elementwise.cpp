// E, F, I: work that has no products; the loops are all there is.

#include "../elementwise.hpp"
#include "hand.hpp"
#include "loops.hpp"

namespace bench::hand {
namespace {

double softmax_losses(const float* scores, const std::int64_t* labels, std::size_t rows, float scale, float* gradient) {
    constexpr std::size_t classes = scores::classes;
    double loss = 0;
    for (std::size_t i = 0; i < rows; ++i)
        loss += softmax_row(scores + i * classes, labels[i], classes, scale, gradient + i * classes);
    return loss;
}

float chain_block(const float* xs, std::size_t n, float* gradient, bool /*large*/) {
    float sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const float x = xs[i], square = x * x;
        const float t = std::tanh(chain::a * x + chain::b), e = std::exp(-square), u = 1 + square;
        sum += t * e + std::log(u);
        gradient[i] = e * (chain::a * (1 - t * t) - 2 * x * t) + 2 * x / u;
    }
    return sum;
}

class Adam {
  public:
    explicit Adam(const Work& work)
        : p_(uniform(work.size, 5)), g_(uniform(work.size, 6)), m_(work.size), v_(work.size) {}

    void step() {
        const AdamStep adam(adam::rate, adam::beta1, adam::beta2, adam::epsilon, ++steps_);
        team->split(p_.size(), 1024, [&](std::size_t first, std::size_t last, std::size_t) {
            adam(&p_[first], &g_[first], &m_[first], &v_[first], last - first);
        });
    }
    Outcome outcome() {
        const Floats before = p_;
        step();
        step();
        return {0, change(before, p_)};
    }

  private:
    Floats p_, g_, m_, v_;
    double steps_ = 0;
};

} // namespace

std::unique_ptr<Contender> softmax_loss(const Work& work) { return make<SoftmaxLoss<softmax_losses>>(work); }
std::unique_ptr<Contender> chain(const Work& work) { return make<Chain<chain_block>>(work); }
std::unique_ptr<Contender> adam(const Work& work) { return make<Adam>(work); }

} // namespace bench::hand
