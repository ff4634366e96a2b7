// D and K: multi-layer perceptrons.

#include "network.hpp"

namespace bench::ours {
namespace {

class Mlp : public Network {
  public:
    explicit Mlp(const Work& work)
        : Network(work.size, {mlp::inputs, mlp::hidden, mlp::classes},
                  xg::optim::Adam{
                      .learning_rate = mlp::rate, .beta1 = mlp::beta1, .beta2 = mlp::beta2, .epsilon = mlp::epsilon}) {}

    Outcome outcome() {
        step();
        const xg::Var m = tape_.slot("adam.m/layer2.weights", xg::DType::float32, {mlp::inputs, mlp::hidden});
        const xt::xarray<float> value = m.value<float>();
        return {loss_, change(value.storage(), Floats(value.size()), 1 - mlp::beta1)};
    }
};

class DeepMlp : public Network {
  public:
    explicit DeepMlp(const Work& work)
        : Network(work.size, std::vector<std::size_t>(deep::layers + 1, deep::width),
                  xg::optim::SGD{.learning_rate = deep::rate}) {}

    Outcome outcome() {
        const xt::xarray<float> before = weights();
        step();
        return {loss_, change(before.storage(), weights().storage(), deep::rate)};
    }

  private:
    xt::xarray<float> weights() const { return layers_[0].weights().value<float>(); }
};

} // namespace

std::unique_ptr<Contender> mlp(const Work& work) { return make<Mlp>(work); }
std::unique_ptr<Contender> deep_mlp(const Work& work) { return make<DeepMlp>(work); }

} // namespace bench::ours
