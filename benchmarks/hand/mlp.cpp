// D and K: multi-layer perceptrons with ReLU and a softmax loss. D takes Adam, K plain descent.

#include "hand.hpp"
#include "loops.hpp"

namespace bench::hand {
namespace {

/// y = x W + b; W lies inputs x outputs.
struct Layer {
    std::size_t inputs, outputs;
    Floats weights, bias, weights_gradient, bias_gradient, out, adjoint;

    Layer(std::size_t inputs, std::size_t outputs, std::size_t rows, std::uint64_t seed)
        : inputs(inputs), outputs(outputs), weights(initial_weights(inputs, outputs, seed)), bias(outputs),
          weights_gradient(inputs * outputs), bias_gradient(outputs), out(rows * outputs), adjoint(rows * outputs) {}

    void forward(const float* x, bool relu, std::size_t first, std::size_t last) {
        multiply({x + first * inputs, inputs}, {weights.data(), outputs}, &out[first * outputs], outputs, last - first,
                 outputs, inputs);
        for (std::size_t i = first; i < last; ++i)
            for (std::size_t j = 0; j < outputs; ++j) {
                const float y = out[i * outputs + j] + bias[j];
                out[i * outputs + j] = relu ? std::max(y, 0.0f) : y;
            }
    }

    /// The adjoint of x, which is what a ReLU gave.
    void backward(const float* x, float* x_adjoint, std::size_t first, std::size_t last) const {
        multiply({&adjoint[first * outputs], outputs}, {weights.data(), outputs, turned}, x_adjoint + first * inputs,
                 inputs, last - first, inputs, outputs);
        for (std::size_t i = first * inputs; i < last * inputs; ++i)
            x_adjoint[i] = x[i] > 0 ? x_adjoint[i] : 0;
    }

    /// Rows first .. last of the gradient of the weights, from all examples.
    void accumulate(const float* x, std::size_t rows, std::size_t first, std::size_t last) {
        multiply({x + first, inputs, turned}, {adjoint.data(), outputs}, &weights_gradient[first * outputs], outputs,
                 last - first, outputs, rows);
    }
    void accumulate_bias(std::size_t rows) {
        std::fill(bias_gradient.begin(), bias_gradient.end(), 0.0f);
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < outputs; ++j)
                bias_gradient[j] += adjoint[i * outputs + j];
    }
};

class Network {
  public:
    /// Small layers are not worth a second thread.
    Network(std::size_t rows, const std::vector<std::size_t>& widths, bool parallel)
        : parallel_(parallel), rows_(rows), examples_(Examples::get(rows, widths.front(), widths.back())),
          losses_(team->size()) {
        for (std::size_t i = 0; i + 1 < widths.size(); ++i)
            layers_.emplace_back(widths[i], widths[i + 1], rows, 2 + i);
    }

  protected:
    /// Forward and backward; `update` is given each layer with the rows of its weights whose gradient is there.
    template <class F>
    void learn(F update) {
        split(rows_, 1, [this](std::size_t first, std::size_t last, std::size_t t) {
            for (std::size_t i = 0; i < layers_.size(); ++i)
                layers_[i].forward(input(i), i + 1 < layers_.size(), first, last);
            losses_[t] = loss(first, last);
            for (std::size_t i = layers_.size(); --i > 0;)
                layers_[i].backward(input(i), layers_[i - 1].adjoint.data(), first, last);
        });
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            layers_[i].accumulate_bias(rows_);
            split(layers_[i].inputs, 16, [&, i](std::size_t first, std::size_t last, std::size_t) {
                layers_[i].accumulate(input(i), rows_, first, last);
                update(i, first, last);
            });
        }
        loss_ = 0;
        for (const double loss : losses_)
            loss_ += loss / static_cast<double>(rows_);
    }

    bool parallel_;
    std::size_t rows_;
    std::shared_ptr<const Examples> examples_;
    std::vector<Layer> layers_;
    std::vector<double> losses_;
    double loss_ = 0;

  private:
    template <class F>
    void split(std::size_t n, std::size_t unit, F work) const {
        if (parallel_)
            team->split(n, unit, work);
        else
            work(0, n, 0);
    }

    const float* input(std::size_t i) const { return i ? layers_[i - 1].out.data() : examples_->features.data(); }

    double loss(std::size_t first, std::size_t last) {
        Layer& top = layers_.back();
        double total = 0;
        for (std::size_t i = first; i < last; ++i)
            total += softmax_row(&top.out[i * top.outputs], examples_->labels[i], top.outputs,
                                 1 / static_cast<float>(rows_), &top.adjoint[i * top.outputs]);
        return total;
    }
};

class Mlp : Network {
  public:
    explicit Mlp(const Work& work) : Network(work.size, {mlp::inputs, mlp::hidden, mlp::classes}, true) {
        for (const Layer& layer : layers_)
            slots_.emplace_back(layer);
    }

    void step() {
        const AdamStep adam(mlp::rate, mlp::beta1, mlp::beta2, mlp::epsilon, ++steps_);
        learn([&](std::size_t i, std::size_t first, std::size_t last) {
            Layer& layer = layers_[i];
            const std::size_t at = first * layer.outputs;
            adam(&layer.weights[at], &layer.weights_gradient[at], &slots_[i].m[at], &slots_[i].v[at],
                 (last - first) * layer.outputs);
            if (first == 0)
                adam(layer.bias.data(), layer.bias_gradient.data(), slots_[i].bias_m.data(), slots_[i].bias_v.data(),
                     layer.outputs);
        });
    }

    Outcome outcome() {
        step();
        const Floats& m = slots_[0].m;
        return {loss_, change(m, Floats(m.size()), 1 - mlp::beta1)};
    }

  private:
    struct Slots {
        explicit Slots(const Layer& l)
            : m(l.weights.size()), v(l.weights.size()), bias_m(l.outputs), bias_v(l.outputs) {}
        Floats m, v, bias_m, bias_v;
    };
    std::vector<Slots> slots_;
    double steps_ = 0;
};

class DeepMlp : Network {
  public:
    explicit DeepMlp(const Work& work)
        : Network(work.size, std::vector<std::size_t>(deep::layers + 1, deep::width), false) {}

    void step() {
        learn([&](std::size_t i, std::size_t first, std::size_t last) {
            Layer& layer = layers_[i];
            for (std::size_t j = first * layer.outputs; j < last * layer.outputs; ++j)
                layer.weights[j] -= deep::rate * layer.weights_gradient[j];
            if (first != 0) return;
            for (std::size_t j = 0; j < layer.outputs; ++j)
                layer.bias[j] -= deep::rate * layer.bias_gradient[j];
        });
    }

    Outcome outcome() {
        const Floats before = layers_[0].weights;
        step();
        return {loss_, change(before, layers_[0].weights, deep::rate)};
    }
};

} // namespace

std::unique_ptr<Contender> mlp(const Work& work) { return make<Mlp>(work); }
std::unique_ptr<Contender> deep_mlp(const Work& work) { return make<DeepMlp>(work); }

} // namespace bench::hand
