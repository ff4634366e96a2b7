// J: a small convolutional network.

#include "ours.hpp"

namespace bench::ours {
namespace {

using namespace bench::convnet;

class Convnet {
  public:
    explicit Convnet(const Work& work)
        : examples_(Examples::get(work.size, extent * extent, classes)),
          images_(array(examples_->features, {work.size, 1, extent, extent})),
          labels_(array(examples_->labels, {work.size})), first_(convolution(1, channels[0], 2)),
          second_(convolution(channels[0], channels[1], 3)), classify_(ours::linear(tape_, features, classes, 4)),
          train_(tape_.function([this](xg::Var x, xg::Var y) {
              x = max_pool2d(relu(first_(x)), 2);
              x = max_pool2d(relu(second_(x)), 2);
              const xg::Var loss = xg::models::softmax_loss(classify_(reshape(x, {-1, features})), y);
              return xg::Step{.outputs = {loss}, .updates = xg::optim::SGD{.learning_rate = rate}.minimize(loss)};
          })) {}

    void step() { loss_ = train_(images_, labels_).scalar<float>(); }

    Outcome outcome() {
        const xt::xarray<float> before = first_.weights().value<float>();
        step();
        return {loss_, change(before.storage(), first_.weights().value<float>().storage(), rate)};
    }

  private:
    xg::models::Convolution convolution(std::size_t inputs, std::size_t outputs, std::uint64_t seed) {
        xg::models::Convolution layer(tape_, inputs, outputs, window, {.name = "layer" + std::to_string(seed)});
        tape_.assign(layer.weights(), array(initial_weights(inputs * window * window, outputs, seed),
                                            {outputs, inputs, window, window}));
        return layer;
    }

    std::shared_ptr<const Examples> examples_;
    decltype(array(Floats(), {})) images_;
    decltype(array(Array<std::int64_t>(), {})) labels_;
    xg::Tape tape_;
    xg::models::Convolution first_, second_;
    xg::models::Linear classify_;
    xg::Function train_;
    double loss_ = 0;
};

} // namespace

std::unique_ptr<Contender> convnet(const Work& work) { return make<Convnet>(work); }

} // namespace bench::ours
