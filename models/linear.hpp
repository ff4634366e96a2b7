#pragma once

#include <string>

#include <xgrad/core/tape.hpp>
#include <xgrad/models/initializers.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

struct LinearOptions {
    Initializer weights = lecun_normal();
    Initializer bias = zeros(); // none(): no bias
    std::uint64_t seed = 0;
    DType dtype = DType::float32;
    std::string name = "linear";
};

/// A linear map with bias: y = x W + b, x (..., inputs), W (inputs, outputs), b (outputs). Parameters are called
/// "linear.weights" and "linear.bias".
class Linear {
  public:
    Linear(Tape& tape, std::size_t inputs, std::size_t outputs, LinearOptions options = {},
           Location where = Location::current());
    [[nodiscard]] Var operator()(Operand x) const;
    [[nodiscard]] Var weights() const { return weights_; }
    [[nodiscard]] Var bias() const { return bias_; } // Var{} if there is none

  private:
    Var weights_, bias_;
};

} // namespace xgrad::models
#pragma GCC visibility pop
