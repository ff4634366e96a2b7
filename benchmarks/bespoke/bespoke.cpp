#include "bespoke.hpp"

#include "../elementwise.hpp"
#include "kernels.hpp"

namespace bench::bespoke {

#if !defined(XGRAD_BENCH_AVX512)

Makers makers() { return {}; }

#else

namespace {

using namespace linear;

/// All of a step in one pass over the images: forward, loss and adjoint for a few rows at a time, while they are in the
/// cache.
template <auto loss_rows>
class Classifier {
  public:
    explicit Classifier(const Work& work)
        : examples_(Examples::get(work.size, inputs, classes)), n_(work.size),
          weights_(in_tiles(initial_weights(inputs, classes, 2))), bias_(lanes), parts_(team->size()) {
        for (Part& part : parts_)
            part.gradient.resize(weights_.size()), part.scores.resize(block * lanes), part.bias.resize(lanes);
    }

    void step() {
        team->split(n_, block,
                    [this](std::size_t first, std::size_t last, std::size_t t) { learn(first, last, parts_[t]); });
        for (std::size_t t = 1; t < parts_.size(); ++t)
            for (std::size_t i = 0; i < weights_.size(); ++i)
                parts_[0].gradient[i] += parts_[t].gradient[i];
        loss_ = l2 * kernels::descend(weights_.data(), parts_[0].gradient.data(), weights_.size(), rate, l2);
        for (Part& part : parts_) {
            loss_ += part.loss / static_cast<double>(n_);
            for (std::size_t c = 0; c < classes; ++c)
                bias_[c] -= rate * part.bias[c];
        }
    }

    Outcome outcome() {
        const Floats before = weights_;
        step();
        const Floats gradient = in_rows(before), after = in_rows(weights_);
        return {loss_, change(gradient, after, rate)};
    }

  private:
    static constexpr std::size_t block = 32;
    struct Part {
        Floats gradient, scores, bias;
        double loss = 0;
    };

    void learn(std::size_t first, std::size_t last, Part& part) {
        part.loss = 0;
        std::fill(part.bias.begin(), part.bias.end(), 0.0f);
        for (std::size_t i = first; i < last; i += block) {
            const std::size_t rows = std::min(block, last - i);
            const float* x = examples_->features.data() + i * inputs;
            const float* next = i + rows < last ? x + rows * inputs : x;
            kernels::scores(x, rows, inputs, weights_.data(), bias_.data(), next, part.scores.data());
            part.loss += loss_rows(part.scores.data(), &examples_->labels[i], rows, 1 / static_cast<float>(n_));
            for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t c = 0; c < classes; ++c)
                    part.bias[c] += part.scores[r * lanes + c];
            kernels::accumulate(x, rows, inputs, part.scores.data(), next, i == first, part.gradient.data());
        }
    }

    static std::size_t place(std::size_t f, std::size_t c) { return (f / lanes * classes + c) * lanes + f % lanes; }
    static Floats in_tiles(const Floats& rows) {
        Floats tiles(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            tiles[place(i / classes, i % classes)] = rows[i];
        return tiles;
    }
    static Floats in_rows(const Floats& tiles) {
        Floats rows(tiles.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i] = tiles[place(i / classes, i % classes)];
        return rows;
    }

    std::shared_ptr<const Examples> examples_;
    std::size_t n_;
    Floats weights_, bias_;
    std::vector<Part> parts_;
    double loss_ = 0;
};

double softmax_loss(const float* scores, const std::int64_t* labels, std::size_t rows, float scale, float* gradient) {
    alignas(64) float scratch[(scores::classes + lanes - 1) / lanes * lanes];
    return kernels::softmax_loss(scores, labels, rows, scores::classes, scale, gradient, scratch);
}

float chain_block(const float* x, std::size_t n, float* gradient, bool large) {
    return kernels::chain(x, n, chain::a, chain::b, gradient, large);
}

class Adam {
  public:
    explicit Adam(const Work& work)
        : p_(uniform(work.size, 5)), g_(uniform(work.size, 6)), m_(work.size), v_(work.size) {}

    void step() {
        ++steps_;
        const kernels::AdamNumbers numbers{
            .beta1 = adam::beta1,
            .beta2 = adam::beta2,
            .epsilon = adam::epsilon,
            .step = static_cast<float>(adam::rate / (1 - std::pow(adam::beta1, steps_))),
            .root = static_cast<float>(1 / std::sqrt(1 - std::pow(adam::beta2, steps_)))};
        team->split(p_.size(), 1024, [&](std::size_t first, std::size_t last, std::size_t) {
            kernels::adam(&p_[first], &g_[first], &m_[first], &v_[first], last - first, numbers);
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

bool available() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

} // namespace

Makers makers() {
    if (!available()) return {};
    using Softmax = Classifier<kernels::softmax_rows>;
    using Svm = Classifier<kernels::svm_rows>;
    return {{"A", make<Softmax>},
            {"B", make<Softmax>},
            {"C", make<Svm>},
            {"E", make<SoftmaxLoss<softmax_loss>>},
            {"F", make<Chain<chain_block>>},
            {"I", make<Adam>}};
}

#endif

} // namespace bench::bespoke
