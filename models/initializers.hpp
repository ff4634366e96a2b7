#pragma once
// With which numbers parameters start.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <xgrad/core/tape.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

/// How many inputs each output of a layer is computed from, and how many outputs each input goes into; at least 1.
struct Fans {
    double inputs = 1, outputs = 1;
};

/// Of weights by their shape: (inputs, outputs) as Linear has them; of three axes and more (outputs, inputs / groups,
/// window...) as Convolution has them, each of them times the elements of a window, so that inputs are inputs / groups
/// times the window (torch.nn.init). Of other shapes 1 and 1: one number goes into one.
[[nodiscard]] Fans fans_of(const Shape& weights);

/// The random number of one element, in one of two distributions. It depends on the seed and the element's index alone,
/// and is the same on every machine.
class Draw {
  public:
    Draw(std::uint64_t seed, std::uint64_t index);
    /// Evenly distributed from low to high.
    [[nodiscard]] double uniform(double low, double high) const;
    /// Normally distributed (Box and Muller), of mean 0 and standard deviation 1.
    [[nodiscard]] double normal() const;

  private:
    std::uint64_t first_, second_; // random bits
};

/// Gives each element its first number. One of your own is a lambda:
///
///     [](Fans fans, Draw draw) { return std::sqrt(3 / fans.outputs) * draw.normal(); }
using Initializer = std::function<double(Fans, Draw)>;

/// No array at all: in the place of the initializer of a bias or of a shift.
[[nodiscard]] Initializer none();
/// 0 everywhere.
[[nodiscard]] Initializer zeros();
/// One number everywhere.
[[nodiscard]] Initializer constant(double number);
/// Evenly distributed from low to high.
[[nodiscard]] Initializer uniform(double low, double high);
/// Normally distributed around 0.
[[nodiscard]] Initializer normal(double standard_deviation);

/// Evenly distributed within +-gain sqrt(6 / (fan_in + fan_out)): the variance is gain^2 2 / (fan_in + fan_out). For
/// tanh and its like.  Glorot and Bengio 2010; torch's xavier_uniform_, jax's glorot_uniform
[[nodiscard]] Initializer xavier_uniform(double gain = 1);
/// Normally distributed with the same variance.
[[nodiscard]] Initializer xavier_normal(double gain = 1);
/// Evenly distributed within +-sqrt(6 / fan_in): the variance is 2 / fan_in. For relu.  He et al. 2015; torch's
/// kaiming_uniform_ with nonlinearity="relu", jax's he_uniform
[[nodiscard]] Initializer he_uniform();
/// Normally distributed with the same variance.
[[nodiscard]] Initializer he_normal();
/// Normally distributed with the variance 1 / fan_in.  LeCun et al. 1998; jax's lecun_normal, but for its truncation
[[nodiscard]] Initializer lecun_normal();
/// Evenly distributed within +-1 / sqrt(fan_in): with what torch.nn.Linear and torch.nn.Conv2d start, weights and bias.
[[nodiscard]] Initializer fan_in_uniform();

struct ParameterOptions {
    std::optional<Fans> fans = {};  // fans_of(shape) if none are given
    std::uint64_t seed = 0;         // one seed gives the same numbers each time, also to parameters of other shapes
    std::uint64_t first_index = 0;  // of the draws: where several arrays share a seed, they take different ones
    DType dtype = DType::float32;   // or float64
    std::string name = "parameter"; // as that of Tape::parameter
};

/// A parameter of the tape that starts as the initializer says, for layers of your own. An initializer that gives NaN,
/// infinity or what float32 does not hold is an error, and so is none().
Var parameter(Tape& tape, const Shape& shape, const Initializer& initializer, const ParameterOptions& options = {},
              Location where = Location::current());

} // namespace xgrad::models
#pragma GCC visibility pop
