// A, B, C: a linear classifier.

#include "ours.hpp"

namespace bench::ours {
namespace {

using namespace bench::linear;

/// Images as numbers, or as bytes.
template <class Pixel>
struct Images {
    explicit Images(std::size_t n) : examples(Examples::get(n, inputs, classes)) {}
    const Floats& pixels() const { return examples->features; }
    const Array<std::int64_t>& labels() const { return examples->labels; }
    std::shared_ptr<const Examples> examples;
};
template <>
struct Images<std::uint8_t> {
    explicit Images(std::size_t n) : bytes(bench::pixels(n * inputs)), digits(random_labels(n, classes)) {}
    const Array<std::uint8_t>& pixels() const { return bytes; }
    const Array<std::int64_t>& labels() const { return digits; }
    Array<std::uint8_t> bytes;
    Array<std::int64_t> digits;
};

template <auto loss_of, class Pixel = float>
class Classifier {
  public:
    explicit Classifier(const Work& work)
        : data_(work.size), images_(array(data_.pixels(), {work.size, inputs})),
          labels_(array(data_.labels(), {work.size})), classify_(ours::linear(tape_, inputs, classes, 2)),
          train_(tape_.function([this](xg::Var x, xg::Var y) {
              if (x.dtype() == xg::DType::uint8) x = cast(x, xg::DType::float32) * pixel_scale;
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

    Images<Pixel> data_;
    decltype(array(Array<Pixel>(), {})) images_;
    decltype(array(Array<std::int64_t>(), {})) labels_;
    xg::Tape tape_;
    xg::models::Linear classify_;
    xg::Function train_;
    double loss_ = 0;
};

} // namespace

std::unique_ptr<Contender> softmax_classifier(const Work& work) {
    if (work.variant == "8-bit") return make<Classifier<xg::models::softmax_loss, std::uint8_t>>(work);
    return make<Classifier<xg::models::softmax_loss>>(work);
}
std::unique_ptr<Contender> svm(const Work& work) { return make<Classifier<xg::models::svm_loss>>(work); }

} // namespace bench::ours
