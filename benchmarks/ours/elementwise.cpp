// E, F, I: work without products.

#include "ours.hpp"

namespace bench::ours {
namespace {

class SoftmaxLoss {
  public:
    explicit SoftmaxLoss(const Work& work)
        : scores_(uniform(work.size * scores::classes, 3, 4)), labels_(random_labels(work.size, scores::classes)),
          loss_(tape_.function([](xg::Var s, xg::Var y) {
              const xg::Var loss = mean(log(sum(exp(s), 1)) - pick(s, y));
              return xg::Step{.outputs = {loss, gradient(loss, s)}};
          })) {}

    xg::Results call() {
        return loss_(array(scores_, {labels_.size(), scores::classes}), array(labels_, {labels_.size()}));
    }

  private:
    Floats scores_;
    Array<std::int64_t> labels_;
    xg::Tape tape_;
    xg::Function loss_;
};

class Chain {
  public:
    explicit Chain(const Work& work)
        : x_(uniform(work.size, 4, 2)), sum_(tape_.function([](xg::Var x) {
              const xg::Var y = sum(tanh(chain::a * x + chain::b) * exp(-(x * x)) + log(1 + x * x));
              return xg::Step{.outputs = {y, gradient(y, x)}};
          })) {}

    xg::Results call() { return sum_(array(x_, {x_.size()})); }

  private:
    Floats x_;
    xg::Tape tape_;
    xg::Function sum_;
};

class Adam {
  public:
    explicit Adam(const Work& work)
        : g_(uniform(work.size, 6)), p_(tape_.parameter(array(uniform(work.size, 5), {work.size}), "p")),
          update_(tape_.function([this](xg::Var g) {
              const xg::optim::Adam rule{
                  .learning_rate = adam::rate, .beta1 = adam::beta1, .beta2 = adam::beta2, .epsilon = adam::epsilon};
              return xg::Step{.updates = rule.minimize(sum(p_ * g))}; // its gradient is g
          })) {}

    void step() { update_(array(g_, {g_.size()})); }
    Outcome outcome() {
        const xt::xarray<float> before = p_.value<float>();
        step();
        step();
        return {0, change(before.storage(), p_.value<float>().storage())};
    }

  private:
    Floats g_;
    xg::Tape tape_;
    xg::Var p_;
    xg::Function update_;
};

} // namespace

std::unique_ptr<Contender> softmax_loss(const Work& work) { return make<Gradient<SoftmaxLoss>>(work); }
std::unique_ptr<Contender> chain(const Work& work) { return make<Gradient<Chain>>(work); }
std::unique_ptr<Contender> adam(const Work& work) { return make<Adam>(work); }

} // namespace bench::ours
