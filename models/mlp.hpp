#pragma once

#include <optional>
#include <string>
#include <vector>

#include <xgrad/models/blocks.hpp>
#include <xgrad/models/linear.hpp>
#include <xgrad/models/sequential.hpp>
#include <xgrad/ops/elementary.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

struct MLPOptions {
    Layer activation = relu;             // after each layer but the last
    std::optional<Dropout> dropout = {}; // after each activation
    Initializer weights = he_normal();   // of every layer
    Initializer bias = zeros();          // none(): no biases
    std::uint64_t seed = 0;              // of which each layer takes another
    DType dtype = DType::float32;
    std::string name = "mlp";
};

/// A multilayer perceptron: Linear layers of the given widths, those of the input and of the output among them, with an
/// activation between two,
///
///     y = f(... f(f(x W_0 + b_0) W_1 + b_1) ...) W_n + b_n
///
/// The last layer is linear, so that y are scores. x is (..., first width). Parameters are called "mlp.0.weights",
/// "mlp.0.bias", "mlp.1.weights" ...
class MLP {
  public:
    MLP(Tape& tape, const std::vector<std::size_t>& widths, MLPOptions options = {},
        Location where = Location::current());
    [[nodiscard]] Var operator()(Operand x, bool training = true) const;
    [[nodiscard]] const std::vector<Linear>& layers() const { return layers_; }

  private:
    std::vector<Linear> layers_;
    Layer activation_;
    std::optional<Dropout> dropout_;
};

} // namespace xgrad::models
#pragma GCC visibility pop
