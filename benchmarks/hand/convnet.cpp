// J: a small convolutional network. Windows are spread out as columns (im2col), so that a convolution is a product.

#include "hand.hpp"
#include "loops.hpp"

namespace bench::hand {
namespace {

using namespace convnet;

/// Valid convolution, ReLU, and the largest of each 2 x 2. All arrays hold one image after the other.
struct Block {
    std::size_t channels, extent, outputs;
    std::size_t out = extent - window + 1, pooled = out / 2, rows = channels * window * window;
    Floats weights, bias, columns, scores, result, adjoint;
    std::vector<std::uint32_t> places; // of the largest, in the scores of the image

    Block(std::size_t channels, std::size_t extent, std::size_t outputs, std::size_t n, std::uint64_t seed)
        : channels(channels), extent(extent), outputs(outputs), weights(initial_weights(rows, outputs, seed)),
          bias(outputs), columns(n * rows * out * out), scores(n * outputs * out * out), result(n * width()),
          adjoint(n * width()), places(n * width()) {}

    std::size_t width() const { return outputs * pooled * pooled; }
    float* columns_of(std::size_t i) { return &columns[i * rows * out * out]; }
    float* scores_of(std::size_t i) { return &scores[i * outputs * out * out]; }

    /// f(part of a row of columns, the pixels that it shows), for all rows and lines.
    template <class Pixel, class F>
    void for_lines(Pixel* image, float* to, F f) const {
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t u = 0; u < window; ++u)
                for (std::size_t v = 0; v < window; ++v)
                    for (std::size_t y = 0; y < out; ++y, to += out)
                        f(to, image + (c * extent + y + u) * extent + v);
    }

    void forward(const float* image, std::size_t i) {
        for_lines(image, columns_of(i), [this](float* to, const float* from) { std::copy(from, from + out, to); });
        multiply({weights.data(), rows}, {columns_of(i), out * out}, scores_of(i), out * out, outputs, out * out, rows);
        const float* s = scores_of(i);
        std::size_t at = i * width();
        for (std::size_t k = 0; k < outputs; ++k)
            for (std::size_t y = 0; y < pooled; ++y)
                for (std::size_t x = 0; x < pooled; ++x, ++at) {
                    const std::size_t corner = (k * out + 2 * y) * out + 2 * x;
                    std::size_t best = corner;
                    for (const std::size_t other : {corner + 1, corner + out, corner + out + 1})
                        best = s[other] > s[best] ? other : best;
                    places[at] = static_cast<std::uint32_t>(best);
                    result[at] = std::max(s[best] + bias[k], 0.0f);
                }
    }

    /// Adds to the gradient of the weights; if asked, gives the adjoint of the image. Destroys scores and columns.
    void backward(std::size_t i, Floats& weights_gradient, Floats& bias_gradient, float* image_adjoint) {
        float* g = scores_of(i);
        std::fill(g, g + outputs * out * out, 0.0f);
        std::size_t at = i * width();
        for (std::size_t k = 0; k < outputs; ++k)
            for (std::size_t j = 0; j < pooled * pooled; ++j, ++at)
                if (result[at] > 0) {
                    g[places[at]] = adjoint[at];
                    bias_gradient[k] += adjoint[at];
                }
        multiply({g, out * out}, {columns_of(i), out * out, turned}, weights_gradient.data(), rows, outputs, rows,
                 out * out, 1);
        if (!image_adjoint) return;
        multiply({weights.data(), rows, turned}, {g, out * out}, columns_of(i), out * out, rows, out * out, outputs);
        std::fill(image_adjoint, image_adjoint + channels * extent * extent, 0.0f);
        for_lines(image_adjoint, columns_of(i), [this](const float* from, float* to) {
            for (std::size_t x = 0; x < out; ++x)
                to[x] += from[x];
        });
    }
};

class Convnet {
  public:
    explicit Convnet(const Work& work)
        : n_(work.size), examples_(Examples::get(n_, extent * extent, classes)), first_(1, extent, channels[0], n_, 2),
          second_(channels[0], first_.pooled, channels[1], n_, 3), weights_(initial_weights(features, classes, 4)),
          bias_(classes), scores_(n_ * classes), parts_(team->size(), Part(*this)) {}

    void step() {
        team->split(n_, 1,
                    [this](std::size_t first, std::size_t last, std::size_t t) { learn(first, last, parts_[t]); });
        loss_ = 0;
        for (Part& part : parts_) {
            loss_ += part.loss / static_cast<double>(n_);
            Floats* parameters[] = {&first_.weights, &first_.bias, &second_.weights, &second_.bias, &weights_, &bias_};
            for (std::size_t p = 0; p < std::size(parameters); ++p)
                for (std::size_t i = 0; i < parameters[p]->size(); ++i)
                    (*parameters[p])[i] -= rate * part.gradients[p][i];
        }
    }

    Outcome outcome() {
        const Floats before = first_.weights;
        step();
        return {loss_, change(before, first_.weights, rate)};
    }

  private:
    struct Part {
        explicit Part(const Convnet& net)
            : gradients{Floats(net.first_.weights.size()),  Floats(net.first_.bias.size()),
                        Floats(net.second_.weights.size()), Floats(net.second_.bias.size()),
                        Floats(net.weights_.size()),        Floats(net.bias_.size())} {}
        std::vector<Floats> gradients;
        double loss = 0;
    };

    void learn(std::size_t first, std::size_t last, Part& part) {
        part.loss = 0;
        for (Floats& gradient : part.gradients)
            std::fill(gradient.begin(), gradient.end(), 0.0f);
        for (std::size_t i = first; i < last; ++i) {
            first_.forward(&examples_->features[i * extent * extent], i);
            second_.forward(&first_.result[i * first_.width()], i);
        }
        const float* x = &second_.result[first * features];
        float* scores = &scores_[first * classes];
        multiply({x, features}, {weights_.data(), classes}, scores, classes, last - first, classes, features);
        for (std::size_t i = first; i < last; ++i) {
            float* row = &scores_[i * classes];
            for (std::size_t c = 0; c < classes; ++c)
                row[c] += bias_[c];
            part.loss += softmax_row(row, examples_->labels[i], classes, 1 / static_cast<float>(n_), row);
            for (std::size_t c = 0; c < classes; ++c)
                part.gradients[5][c] += row[c];
        }
        multiply({x, features, turned}, {scores, classes}, part.gradients[4].data(), classes, features, classes,
                 last - first);
        multiply({scores, classes}, {weights_.data(), classes, turned}, &second_.adjoint[first * features], features,
                 last - first, features, classes);
        for (std::size_t i = first; i < last; ++i) {
            second_.backward(i, part.gradients[2], part.gradients[3], &first_.adjoint[i * first_.width()]);
            first_.backward(i, part.gradients[0], part.gradients[1], nullptr);
        }
    }

    std::size_t n_;
    std::shared_ptr<const Examples> examples_;
    Block first_, second_;
    Floats weights_, bias_, scores_;
    std::vector<Part> parts_;
    double loss_ = 0;
};

} // namespace

std::unique_ptr<Contender> convnet(const Work& work) { return make<Convnet>(work); }

} // namespace bench::hand
