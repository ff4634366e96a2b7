// A, B, C: a linear classifier.

#include "ours.hpp"

namespace bench::ours {
namespace {

using namespace bench::linear;

template <auto loss_of>
class Classifier {
  public:
    explicit Classifier(const Work& work)
        : examples_(Examples::get(work.size, inputs, classes)),
          images_(array(examples_->features, {work.size, inputs})), labels_(array(examples_->labels, {work.size})),
          classify_(ours::linear(tape_, inputs, classes, 2)), train_(tape_.function([this](xg::Var x, xg::Var y) {
              const xg::Var loss = loss_of(classify_(x), y, {}) + l2 * xg::models::l2(classify_.weights());
              return xg::Step{.outputs = {loss}, .updates = xg::optim::SGD{.learning_rate = rate}.minimize(loss)};
          })) {}

    void step() { loss_ = train_(images_, labels_).template scalar<float>(); }

    Outcome outcome() {
        const xt::xarray<float> before = weights();
        step();
        return {loss_, change(before.storage(), weights().storage(), rate)};
    }

  private:
    xt::xarray<float> weights() const { return classify_.weights().template value<float>(); }

    std::shared_ptr<const Examples> examples_;
    decltype(array(Floats(), {})) images_;
    decltype(array(Array<std::int64_t>(), {})) labels_;
    xg::Tape tape_;
    xg::models::Linear classify_;
    xg::Function train_;
    double loss_ = 0;
};

} // namespace

std::unique_ptr<Contender> softmax_classifier(const Work& work) {
    return make<Classifier<xg::models::softmax_loss>>(work);
}
std::unique_ptr<Contender> svm(const Work& work) { return make<Classifier<xg::models::svm_loss>>(work); }

} // namespace bench::ours
