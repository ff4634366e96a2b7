#pragma once
// The same work as a user of xgrad writes it, with nothing but the public API.

#include <xgrad/xgrad.hpp>

#include "../contender.hpp"
#include "../data.hpp"

namespace bench::ours {

namespace xg = xgrad;

std::unique_ptr<Contender> softmax_classifier(const Work& work);    // A, B
std::unique_ptr<Contender> svm(const Work& work);                   // C
std::unique_ptr<Contender> mlp(const Work& work);                   // D
std::unique_ptr<Contender> softmax_loss(const Work& work);          // E
std::unique_ptr<Contender> chain(const Work& work);                 // F
std::unique_ptr<Contender> tiny_ops(const Work& work);              // G
std::unique_ptr<Contender> rosenbrock(const Work& work);            // H
std::unique_ptr<Contender> adam(const Work& work);                  // I
std::unique_ptr<Contender> convnet(const Work& work);               // J
std::unique_ptr<Contender> deep_mlp(const Work& work);              // K
std::unique_ptr<Contender> recurrence(const Work& work);            // L
std::unique_ptr<Contender> network_jacobian(const Work& work);      // V
std::unique_ptr<Contender> least_squares_problem(const Work& work); // W

/// Cost against size: every point is some work that can be repeated.
struct Scaling {
    std::string what;
    std::vector<std::size_t> sizes;
    Maker make;
};
std::vector<Scaling> scalings(bool quick);

/// An xtensor array over memory that the benchmark shares out.
template <class T>
auto array(const Array<T>& data, std::vector<std::size_t> shape) {
    return xt::adapt(data.data(), data.size(), xt::no_ownership(), std::move(shape));
}

/// A layer that starts with the weights all contenders start with.
inline xg::models::Linear linear(xg::Tape& tape, std::size_t inputs, std::size_t outputs, std::uint64_t seed) {
    xg::models::Linear layer(tape, inputs, outputs,
                             {.weights = xg::models::zeros(), .name = "layer" + std::to_string(seed)});
    tape.assign(layer.weights(), array(initial_weights(inputs, outputs, seed), {inputs, outputs}));
    return layer;
}

/// P has `Results call()`, which gives a loss and its gradient.
template <class P>
class Gradient : public P {
  public:
    using P::P;
    void step() { P::call(); }
    Outcome outcome() {
        const xg::Results results = P::call();
        Outcome outcome{results.template scalar<double>(), {}};
        for (std::size_t i = 1; i < results.size(); ++i)
            for (const double g : results.template array<double>(i))
                outcome.gradient.push_back(g);
        return outcome;
    }
};

} // namespace bench::ours
