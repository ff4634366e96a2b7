// E, F, I: work that has no products; the loops are all there is.

#include "hand.hpp"
#include "loops.hpp"

namespace bench::hand {
namespace {

class SoftmaxLoss {
  public:
    explicit SoftmaxLoss(const Work& work)
        : n_(work.size), scores_(uniform(n_ * scores::classes, 3, 4)), labels_(random_labels(n_, scores::classes)),
          gradient_(scores_.size()), losses_(team->size()) {}

    void step() {
        team->split(n_, 1, [this](std::size_t first, std::size_t last, std::size_t t) {
            double loss = 0;
            for (std::size_t i = first; i < last; ++i)
                loss += softmax_row(&scores_[i * scores::classes], labels_[i], scores::classes,
                                    1 / static_cast<float>(n_), &gradient_[i * scores::classes]);
            losses_[t] = loss;
        });
        loss_ = 0;
        for (const double loss : losses_)
            loss_ += loss / static_cast<double>(n_);
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
    std::vector<double> losses_;
    double loss_ = 0;
};

/// sum(tanh(a x + b) exp(-x^2) + log(1 + x^2)) and its derivative
class Chain {
  public:
    explicit Chain(const Work& work) : x_(uniform(work.size, 4, 2)), gradient_(work.size), sums_(team->size()) {}

    void step() {
        team->split(x_.size(), 1024, [this](std::size_t first, std::size_t last, std::size_t t) {
            double sum = 0;
            for (std::size_t i = first; i < last; i += 1024)
                sum += block(i, std::min(last, i + 1024));
            sums_[t] = sum;
        });
        sum_ = 0;
        for (const double sum : sums_)
            sum_ += sum;
    }
    Outcome outcome() {
        step();
        return {sum_, {gradient_.begin(), gradient_.end()}};
    }

  private:
    float block(std::size_t first, std::size_t last) {
        float sum = 0;
        for (std::size_t i = first; i < last; ++i) {
            const float x = x_[i], square = x * x;
            const float t = std::tanh(chain::a * x + chain::b), e = std::exp(-square), u = 1 + square;
            sum += t * e + std::log(u);
            gradient_[i] = e * (chain::a * (1 - t * t) - 2 * x * t) + 2 * x / u;
        }
        return sum;
    }

    Floats x_, gradient_;
    std::vector<double> sums_;
    double sum_ = 0;
};

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

std::unique_ptr<Contender> softmax_loss(const Work& work) { return make<SoftmaxLoss>(work); }
std::unique_ptr<Contender> chain(const Work& work) { return make<Chain>(work); }
std::unique_ptr<Contender> adam(const Work& work) { return make<Adam>(work); }

} // namespace bench::hand
