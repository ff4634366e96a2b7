// A, B, C: a linear classifier. The weights lie class by class, which is the order OpenBLAS is fastest with.

#include "hand.hpp"
#include "loops.hpp"

namespace bench::hand {
namespace {

using namespace linear;

template <auto loss_row>
class Classifier {
  public:
    explicit Classifier(const Work& work)
        : examples_(Examples::get(work.size, inputs, classes)), n_(work.size),
          weights_(transposed(initial_weights(inputs, classes, 2), inputs, classes)), bias_(classes),
          scores_(n_ * classes), parts_(team->size()) {
        for (Part& part : parts_)
            part.weights.resize(inputs * classes), part.bias.resize(classes);
    }

    void step() {
        team->split(n_, 1,
                    [this](std::size_t first, std::size_t last, std::size_t t) { learn(first, last, parts_[t]); });
        team->split(inputs, 16,
                    [this](std::size_t first, std::size_t last, std::size_t t) { update(first, last, parts_[t]); });
        double loss = 0;
        for (const Part& part : parts_) {
            loss += part.loss / static_cast<double>(n_) + l2 * part.squares;
            for (std::size_t c = 0; c < classes; ++c)
                bias_[c] -= rate * part.bias[c];
        }
        loss_ = loss;
    }

    Outcome outcome() {
        const Floats before = weights_;
        step();
        return {loss_, change(transposed(before, classes, inputs), transposed(weights_, classes, inputs), rate)};
    }

  private:
    struct Part {
        Floats weights, bias;
        double loss = 0, squares = 0;
    };

    void learn(std::size_t first, std::size_t last, Part& part) {
        const float* x = examples_->features.data() + first * inputs;
        float* scores = scores_.data() + first * classes;
        multiply({x, inputs}, {weights_.data(), inputs, turned}, scores, classes, last - first, classes, inputs);
        std::fill(part.bias.begin(), part.bias.end(), 0.0f);
        part.loss = 0;
        for (std::size_t i = first; i < last; ++i) {
            float* row = scores_.data() + i * classes;
            for (std::size_t c = 0; c < classes; ++c)
                row[c] += bias_[c];
            part.loss += loss_row(row, examples_->labels[i], classes, 1 / static_cast<float>(n_), row);
            for (std::size_t c = 0; c < classes; ++c)
                part.bias[c] += row[c];
        }
        multiply({scores, classes, turned}, {x, inputs}, part.weights.data(), inputs, classes, inputs, last - first);
    }

    void update(std::size_t first, std::size_t last, Part& part) {
        float squares = 0;
        for (std::size_t c = 0; c < classes; ++c)
            for (std::size_t i = c * inputs + first; i < c * inputs + last; ++i) {
                float g = 0;
                for (const Part& other : parts_)
                    g += other.weights[i];
                squares += weights_[i] * weights_[i];
                weights_[i] -= rate * (g + 2 * l2 * weights_[i]);
            }
        part.squares = squares;
    }

    std::shared_ptr<const Examples> examples_;
    std::size_t n_;
    Floats weights_, bias_, scores_;
    std::vector<Part> parts_;
    double loss_ = 0;
};

} // namespace

std::unique_ptr<Contender> softmax_classifier(const Work& work) { return make<Classifier<softmax_row>>(work); }
std::unique_ptr<Contender> svm(const Work& work) { return make<Classifier<svm_row>>(work); }

} // namespace bench::hand
