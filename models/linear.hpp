#pragma once

#include <string>

#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

struct LinearOptions {
    std::uint64_t seed = 0;
    bool zero = false; // start from zero weights
    double scale = 0;  // standard deviation of the initial weights; 0: sqrt(1 / inputs)
    DType dtype = DType::float32;
    std::string name = "linear";
};

/// A linear map with bias: y = x W + b, x (N, inputs), W (inputs, outputs), b (outputs). The weights start normally
/// distributed, the bias at zero. Parameters are called "linear.weights" and "linear.bias".
class Linear {
  public:
    Linear(Tape& tape, std::size_t inputs, std::size_t outputs, LinearOptions options = {},
           Location where = Location::current());
    [[nodiscard]] Var operator()(Operand x) const;
    [[nodiscard]] Var weights() const { return weights_; }
    [[nodiscard]] Var bias() const { return bias_; }

  private:
    Var weights_, bias_;
};

} // namespace xgrad::models
#pragma GCC visibility pop
