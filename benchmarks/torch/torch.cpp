// The same work with libtorch's C++ front end, as its users write it. A process of its own: see ../serve.hpp.

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <torch/torch.h>

#include "../data.hpp"
#include "../serve.hpp"
#include "../tiny.hpp"

namespace {

using namespace bench;
namespace F = torch::nn::functional;

torch::Tensor tensor(const Floats& data, torch::IntArrayRef shape) {
    return torch::from_blob(const_cast<float*>(data.data()), shape).clone();
}

torch::Tensor labels_tensor(const Array<std::int64_t>& labels) {
    return torch::from_blob(const_cast<std::int64_t*>(labels.data()), {static_cast<std::int64_t>(labels.size())},
                            torch::kInt64)
        .clone();
}

std::vector<double> doubles(const torch::Tensor& x) {
    const torch::Tensor y = x.detach().to(torch::kFloat64).contiguous();
    return {y.data_ptr<double>(), y.data_ptr<double>() + y.numel()};
}

/// A layer that starts with the weights all contenders start with.
torch::nn::Linear linear_layer(std::size_t inputs, std::size_t outputs, std::uint64_t seed) {
    torch::nn::Linear layer(static_cast<std::int64_t>(inputs), static_cast<std::int64_t>(outputs));
    const torch::NoGradGuard guard;
    layer->weight.copy_(tensor(initial_weights(inputs, outputs, seed),
                               {static_cast<std::int64_t>(inputs), static_cast<std::int64_t>(outputs)})
                            .t());
    layer->bias.zero_();
    return layer;
}

class Classifier {
  public:
    explicit Classifier(const Work& work)
        : examples_(Examples::get(work.size, linear::inputs, linear::classes)), svm_(work.id == "C"),
          images_(torch::from_blob(const_cast<float*>(examples_->features.data()),
                                   {static_cast<std::int64_t>(work.size), linear::inputs})),
          labels_(labels_tensor(examples_->labels)), classify_(linear_layer(linear::inputs, linear::classes, 2)),
          rule_(classify_->parameters(), torch::optim::SGDOptions(linear::rate)) {}

    void step() {
        rule_.zero_grad();
        const torch::Tensor scores = classify_(images_);
        // Torch's hinge loss divides by the number of classes, too.
        const torch::Tensor data = svm_ ? static_cast<double>(linear::classes) * F::multi_margin_loss(scores, labels_)
                                        : F::cross_entropy(scores, labels_);
        const torch::Tensor loss = data + linear::l2 * classify_->weight.square().sum();
        loss.backward();
        rule_.step();
        loss_ = loss.item<double>();
    }
    Outcome outcome() {
        step();
        return {loss_, doubles(classify_->weight.grad().t())};
    }

  private:
    std::shared_ptr<const Examples> examples_;
    bool svm_;
    torch::Tensor images_, labels_;
    torch::nn::Linear classify_;
    torch::optim::SGD rule_;
    double loss_ = 0;
};

class Convnet {
  public:
    explicit Convnet(const Work& work)
        : layers_(convolution(1, convnet::channels[0], 2), torch::nn::ReLU(), torch::nn::MaxPool2d(2),
                  convolution(convnet::channels[0], convnet::channels[1], 3), torch::nn::ReLU(),
                  torch::nn::MaxPool2d(2), torch::nn::Flatten(), linear_layer(convnet::features, convnet::classes, 4)),
          rule_(layers_->parameters(), torch::optim::SGDOptions(convnet::rate)) {
        const auto examples = Examples::get(work.size, convnet::extent * convnet::extent, convnet::classes);
        images_ = tensor(examples->features,
                         {static_cast<std::int64_t>(work.size), 1, convnet::extent, convnet::extent});
        labels_ = labels_tensor(examples->labels);
    }

    void step() {
        rule_.zero_grad();
        const torch::Tensor loss = F::cross_entropy(layers_->forward(images_), labels_);
        loss.backward();
        rule_.step();
        loss_ = loss.item<double>();
    }
    Outcome outcome() {
        step();
        return {loss_, doubles(layers_[0]->as<torch::nn::Conv2d>()->weight.grad())};
    }

  private:
    static torch::nn::Conv2d convolution(std::size_t inputs, std::size_t outputs, std::uint64_t seed) {
        const auto in = static_cast<std::int64_t>(inputs), out = static_cast<std::int64_t>(outputs);
        constexpr auto window = static_cast<std::int64_t>(convnet::window);
        torch::nn::Conv2d layer(torch::nn::Conv2dOptions(in, out, window));
        const torch::NoGradGuard guard;
        layer->weight.copy_(tensor(initial_weights(inputs * convnet::window * convnet::window, outputs, seed),
                                   {out, in, window, window}));
        layer->bias.zero_();
        return layer;
    }

    torch::nn::Sequential layers_;
    torch::optim::SGD rule_;
    torch::Tensor images_, labels_;
    double loss_ = 0;
};

/// D and K.
class Network {
  public:
    explicit Network(const Work& work) {
        const bool deep = work.id == "K";
        const std::vector<std::size_t> widths = deep ? std::vector<std::size_t>(deep::layers + 1, deep::width)
                                                     : std::vector<std::size_t>{mlp::inputs, mlp::hidden, mlp::classes};
        for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
            if (i) layers_->push_back(torch::nn::ReLU());
            layers_->push_back(linear_layer(widths[i], widths[i + 1], 2 + i));
        }
        const auto examples = Examples::get(work.size, widths.front(), widths.back());
        images_ = tensor(examples->features,
                         {static_cast<std::int64_t>(work.size), static_cast<std::int64_t>(widths.front())});
        labels_ = labels_tensor(examples->labels);
        if (deep)
            rule_ = std::make_unique<torch::optim::SGD>(layers_->parameters(), torch::optim::SGDOptions(deep::rate));
        else
            rule_ = std::make_unique<torch::optim::Adam>(
                layers_->parameters(),
                torch::optim::AdamOptions(mlp::rate).betas({mlp::beta1, mlp::beta2}).eps(mlp::epsilon));
    }

    void step() {
        rule_->zero_grad();
        const torch::Tensor loss = F::cross_entropy(layers_->forward(images_), labels_);
        loss.backward();
        rule_->step();
        loss_ = loss.item<double>();
    }
    Outcome outcome() {
        step();
        return {loss_, doubles(layers_[0]->as<torch::nn::Linear>()->weight.grad().t())};
    }

  private:
    torch::nn::Sequential layers_;
    torch::Tensor images_, labels_;
    std::unique_ptr<torch::optim::Optimizer> rule_;
    double loss_ = 0;
};

/// A loss of one tensor, and its gradient.
class Gradient {
  public:
    void step() {
        x_.mutable_grad().reset();
        value_ = loss();
        value_.backward();
    }
    Outcome outcome() {
        step();
        return {value_.item<double>(), doubles(x_.grad())};
    }

  protected:
    virtual ~Gradient() = default;
    virtual torch::Tensor loss() const = 0;
    torch::Tensor x_;

  private:
    torch::Tensor value_;
};

class SoftmaxLoss : public Gradient {
  public:
    explicit SoftmaxLoss(const Work& work) : fused_(work.variant == "fused") {
        x_ = tensor(uniform(work.size * scores::classes, 3, 4),
                    {static_cast<std::int64_t>(work.size), scores::classes});
        x_.requires_grad_();
        labels_ = labels_tensor(random_labels(work.size, scores::classes));
    }

  private:
    torch::Tensor loss() const override {
        if (fused_) return F::cross_entropy(x_, labels_);
        const torch::Tensor shifted = x_ - x_.amax(1, true);
        return (shifted.exp().sum(1).log() - shifted.gather(1, labels_.unsqueeze(1)).squeeze(1)).mean();
    }
    bool fused_;
    torch::Tensor labels_;
};

class Chain : public Gradient {
  public:
    explicit Chain(const Work& work) {
        x_ = tensor(uniform(work.size, 4, 2), {static_cast<std::int64_t>(work.size)}).requires_grad_();
    }

  private:
    torch::Tensor loss() const override {
        return (torch::tanh(chain::a * x_ + chain::b) * torch::exp(-x_.square()) + torch::log(1 + x_.square())).sum();
    }
};

class TinyOps : public Gradient {
  public:
    explicit TinyOps(const Work& work) : size_(work.size) {
        const auto w = tiny::weights(), x = tiny::start();
        x_ = torch::tensor({w[0], w[1], w[2], w[3]}).requires_grad_();
        start_ = torch::tensor({x[0], x[1], x[2], x[3]});
    }

  private:
    torch::Tensor loss() const override {
        torch::Tensor y = start_;
        for (std::size_t i = 0; i < size_ / 2; ++i)
            y = y * x_ + start_;
        return y.sum();
    }
    std::size_t size_;
    torch::Tensor start_;
};

class Rosenbrock : public Gradient {
  public:
    explicit Rosenbrock(const Work& work) : scalars_(work.variant == "scalars") {
        x_ = torch::tensor(tiny::point(work.size), torch::kFloat64).requires_grad_();
    }

  private:
    static torch::Tensor term(const torch::Tensor& x, const torch::Tensor& next) {
        return 100 * (next - x.square()).square() + (1 - x).square();
    }
    torch::Tensor loss() const override {
        if (!scalars_) return term(x_.slice(0, 0, -1), x_.slice(0, 1)).sum();
        const std::vector<torch::Tensor> x = x_.unbind();
        torch::Tensor y = term(x[0], x[1]);
        for (std::size_t i = 1; i + 1 < x.size(); ++i)
            y = y + term(x[i], x[i + 1]);
        return y;
    }
    bool scalars_;
};

class Adam {
  public:
    explicit Adam(const Work& work)
        : p_(tensor(uniform(work.size, 5), {static_cast<std::int64_t>(work.size)}).requires_grad_()),
          rule_({p_}, torch::optim::AdamOptions(adam::rate).betas({adam::beta1, adam::beta2}).eps(adam::epsilon)) {
        p_.mutable_grad() = tensor(uniform(work.size, 6), {static_cast<std::int64_t>(work.size)});
    }
    void step() { rule_.step(); }
    Outcome outcome() {
        const torch::Tensor before = p_.detach().clone();
        step();
        step();
        return {0, doubles(before - p_)};
    }

  private:
    torch::Tensor p_;
    torch::optim::Adam rule_;
};

} // namespace

int main() {
#if defined(__GLIBC__)
    // Memory that was given back stays with the process; else most of the time would go into page faults.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
#endif
    const char* threads = std::getenv("OMP_NUM_THREADS");
    torch::set_num_threads(threads ? std::atoi(threads) : 1);
    serve({{"A", make<Classifier>},
           {"B", make<Classifier>},
           {"C", make<Classifier>},
           {"D", make<Network>},
           {"E", make<SoftmaxLoss>},
           {"F", make<Chain>},
           {"G", make<TinyOps>},
           {"H", make<Rosenbrock>},
           {"I", make<Adam>},
           {"J", make<Convnet>},
           {"K", make<Network>}});
}
